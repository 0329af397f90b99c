/*
 * The evidence of an incident as one tar file (OPS-3): what was recorded from a
 * day before it was opened until it was closed (or now) - the log's records
 * with the whole tree's leaves and the signed checkpoints, which prove them;
 * items, requests, stops, exceptions, policies, accounts, self-check - and the
 * settings in force. Every file is in a manifest that is signed with the log's
 * key. No content of an item is in it.
 *
 *   MANIFEST              manifest.h, "sekisho evidence 1"
 *   README.txt            what this is
 *   NAME.jsonl            bundle.def
 *   leaves-YEAR           32 bytes a record of the year, from the first
 *   checkpoints-YEAR      as in the log's folder
 *   settings.json         given by the caller
 *
 * Reads through a connection of its own, for another thread than the vault's.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_BUNDLE_H
#define SEKISHO_QUARANTINE_OVERSIGHT_BUNDLE_H

#include "base/signer.h"
#include "quarantine/merkle.h"
#include "quarantine/note.h"

enum {
	BUNDLE_FILE_MAX = 256 * 1024 * 1024,
	BUNDLE_FILES_MAX = 64,
	BUNDLE_HOURS_BEFORE = 24,
	BUNDLE_ID_SIZE = 32,
};

struct bundle {
	const char *path; /* of the database */
	char tenant[64];  /* whose rows are in it; "": all */
	struct signer signer;
	char incident[BUNDLE_ID_SIZE + 1];
	int64_t from_ms;
	int64_t to_ms; /* excluded */
	int64_t now_ms;
	char *settings; /* JSON text */
};

/* Writes the tar file. What the manifest's hash is, and how many records of the
 * log there are, is for the record of it. */
int bundle_write(const struct bundle *bundle, int fd,
		 uint8_t ret_manifest[HASH_SIZE],
		 uint64_t *ret_records) MUST_CHECK;

/* --- read by whoever has the public key: bundle_check.c --- */

enum bundle_state {
	BUNDLE_WHOLE,
	BUNDLE_ALTERED,
	BUNDLE_INCOMPLETE, /* a file is missing, or it is no bundle */
};

struct bundle_result {
	enum bundle_state state;
	const char *why; /* a literal, "" when whole */
	char file[256];  /* where; "" */
	uint64_t files;
	uint64_t records;
	uint64_t unsigned_records; /* newer than the last checkpoint */
};

/* Holds manifest, files, records, leaves and checkpoints against each other.
 * An error: it cannot be read at all. */
int bundle_check(const char *path, const struct signer *signer,
		 struct bundle_result *ret_result) MUST_CHECK;

#endif
