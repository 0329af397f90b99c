/*
 * Proofs over the Merkle tree of RFC 6962, 2.1.1 and 2.1.2: that a record is
 * in the tree of a checkpoint, and that a later tree continues an earlier one.
 * Who checks them needs a few hashes and not the log.
 */
#ifndef SEKISHO_QUARANTINE_MERKLE_PROOF_H
#define SEKISHO_QUARANTINE_MERKLE_PROOF_H

#include "quarantine/merkle.h"

enum { MERKLE_PROOF_MAX = 2 * MERKLE_LEVELS };

struct merkle_proof {
	size_t count;
	uint8_t hashes[MERKLE_PROOF_MAX][HASH_SIZE];
};

/* All leaves by their hashes, `size` of them; index < size. */
int merkle_proof_inclusion(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
			   uint64_t index,
			   struct merkle_proof *ret_proof) MUST_CHECK;

/* 0 < first <= size. */
int merkle_proof_growth(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
			uint64_t first,
			struct merkle_proof *ret_proof) MUST_CHECK;

/* Whether the proof leads from the leaf to the root. */
bool merkle_proof_includes(const struct merkle_proof *proof, uint64_t size,
			   uint64_t index, const uint8_t leaf[HASH_SIZE],
			   const uint8_t root[HASH_SIZE]);

/* Whether the tree of `size` with `root` continues the one of `first`. */
bool merkle_proof_continues(const struct merkle_proof *proof, uint64_t size,
			    uint64_t first, const uint8_t first_root[HASH_SIZE],
			    const uint8_t root[HASH_SIZE]);

/* The root of `size` leaves. */
void merkle_proof_root(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
		       uint8_t ret_root[HASH_SIZE]);

#endif
