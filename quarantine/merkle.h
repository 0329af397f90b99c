/*
 * The Merkle tree of RFC 6962, section 2.1 (SHA-256), grown leaf by leaf. Only
 * the roots of the perfect subtrees on the right edge are kept, so that the
 * whole tree is a small value: copying the struct is taking a savepoint.
 */
#ifndef SEKISHO_QUARANTINE_MERKLE_H
#define SEKISHO_QUARANTINE_MERKLE_H

#include "base/buffer.h"

enum { HASH_SIZE = 32, MERKLE_LEVELS = 48 };

struct merkle {
	uint64_t size; /* leaves */
	/* node[i]: root of the subtree of 2^i leaves; valid where bit i of
	 * size is set */
	uint8_t node[MERKLE_LEVELS][HASH_SIZE];
};

/* SHA-256(0x00 || record). */
void merkle_leaf_hash(struct view record, uint8_t ret_hash[HASH_SIZE]);

/* SHA-256(0x01 || left || right). */
void merkle_node_hash(const uint8_t left[HASH_SIZE],
		      const uint8_t right[HASH_SIZE],
		      uint8_t ret_hash[HASH_SIZE]);

/* Adds a leaf by its hash. -ERR_LIMIT_MEMBERS: the tree is full. */
int merkle_add(struct merkle *tree, const uint8_t leaf[HASH_SIZE]) MUST_CHECK;

/* The root; of an empty tree SHA-256 of nothing. */
void merkle_root(const struct merkle *tree, uint8_t ret_root[HASH_SIZE]);

/* The tree as bytes (size, then the valid nodes from the lowest), and back.
 * -ERR_MALFORMED when the bytes are not such a tree. */
void merkle_write(struct buffer *buffer, const struct merkle *tree);
int merkle_read(struct view bytes, struct merkle *ret_tree) MUST_CHECK;

/* SHA-256 of plain bytes, for chains and commitments. */
void hash_bytes(struct view bytes, uint8_t ret_hash[HASH_SIZE]);

/* 64 lower case digits and a NUL. */
void hash_to_hex(const uint8_t hash[HASH_SIZE],
		 char ret_text[2 * HASH_SIZE + 1]);

#endif
