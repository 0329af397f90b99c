/*
 * The manifest of a backup, or of evidence (oversight/bundle.h): text lines,
 * signed like a checkpoint.
 *
 *   sekisho backup 1           or: sekisho evidence 1
 *   NODE TIME YEAR RECORDS
 *   SHA256 BYTES PATH          one a file
 *   missing PATH               an original destroyed while it was made
 *
 *   — NODE BASE64(key id || signature)
 */
#ifndef SEKISHO_QUARANTINE_MANIFEST_H
#define SEKISHO_QUARANTINE_MANIFEST_H

#include "quarantine/note.h"

enum {
	MANIFEST_BYTES_MAX = 1024 * 1024 * 1024,
	MANIFEST_PATH_MAX = 255,
};

struct manifest_head {
	char node[NODE_NAME_MAX + 1];
	int64_t time_ms;
	int year;
	uint64_t records;
	bool evidence; /* else a backup */
};

struct manifest_entry {
	bool missing;
	uint8_t sha256[HASH_SIZE];
	uint64_t bytes;
	char path[MANIFEST_PATH_MAX + 1];
};

void manifest_begin(struct buffer *buffer, const struct manifest_head *head);
void manifest_add(struct buffer *buffer, const struct manifest_entry *entry);
void manifest_sign(struct buffer *buffer, const struct signer *signer);

/* The node that the manifest says it is of; not checked. */
bool manifest_node(struct view text, char ret_node[NODE_NAME_MAX + 1]);

/* Checks the signature and leaves `ret_lines` at the first file.
 * -ERR_MALFORMED, -ERR_NOT_FOUND (another key's), -ERR_STALE (altered). */
int manifest_open(struct view text, const struct signer *signer,
		  struct manifest_head *ret_head,
		  struct cursor *ret_lines) MUST_CHECK;

/* The same of evidence: neither is taken for the other. */
int manifest_open_evidence(struct view text, const struct signer *signer,
			   struct manifest_head *ret_head,
			   struct cursor *ret_lines) MUST_CHECK;

/* 1: there is one; 0: there is none any more; -ERR_MALFORMED. Paths stay below
 * the backup's folder. */
int manifest_next(struct cursor *lines,
		  struct manifest_entry *ret_entry) MUST_CHECK;

#endif
