/*
 * A proof as JSON: {"checkpoint": note, "hashes": [hex …]} and {"record": line,
 * "index": n} or {"since": size, "root": hex of that size}.
 */
#ifndef SEKISHO_QUARANTINE_AUDIT_TOOL_PROOF_TEXT_H
#define SEKISHO_QUARANTINE_AUDIT_TOOL_PROOF_TEXT_H

#include "quarantine/merkle_proof.h"
#include "quarantine/record.h"

#include <stdio.h>

struct proof_text {
	char note[NOTE_SIZE_MAX + 1];
	struct checkpoint checkpoint; /* set by proof_text_check() */
	int64_t index;                /* -1: a proof of growth */
	uint64_t since;
	uint8_t since_root[HASH_SIZE];
	uint8_t leaf[HASH_SIZE];
	struct merkle_proof proof;
};

/* Fills in the hashes; index or since is set. -ERR_NOT_FOUND: outside of the
 * tree. */
int proof_text_make(struct proof_text *text, const uint8_t (*leaves)[HASH_SIZE],
		    uint64_t size) MUST_CHECK;
int proof_text_print(const struct proof_text *text, const char *line,
		     FILE *out) MUST_CHECK;
int proof_text_read(const char *path, struct proof_text *ret_text) MUST_CHECK;

/* 0: the checkpoint is signed and the proof leads to it. */
int proof_text_check(struct proof_text *text,
		     const struct signer *signer) MUST_CHECK;

#endif
