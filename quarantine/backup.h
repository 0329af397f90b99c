/*
 * A copy of the state folder that can be made while the vault is at work, and
 * the way back. A backup is a folder:
 *
 *   vault.db        a snapshot of the database
 *   audit/          the log as that snapshot has it, and the public keys
 *   blobs/xx/ID     the originals, encrypted as they are
 *   policy/         the policies that were approved on the console, if any
 *   keys.wrapped    only with a passphrase: the three keys, under Argon2id
 *   manifest        every file with size and SHA-256, signed with the audit key
 *
 * The current folder is the state folder. Who has a backup and neither keys nor
 * passphrase cannot read an original, but the names and the log.
 */
#ifndef SEKISHO_QUARANTINE_BACKUP_H
#define SEKISHO_QUARANTINE_BACKUP_H

#include "quarantine/store.h"

/* sekishod's file (docs/policy.md). */
#define BACKUP_POLICY "policy"
#define BACKUP_POLICIES BACKUP_POLICY "/policies.yaml"

enum { PASSPHRASE_MIN = 12, PASSPHRASE_MAX = 1024 };

struct backup_options {
	const char *folder;     /* of the backup */
	const char *passphrase; /* file with one line, mode 0600; "-": standard
				   input; NULL: none */
	struct store_options store; /* node "" when restoring: the backup's */
};

struct backup_result {
	uint64_t files;
	uint64_t bytes;
	uint64_t missing; /* originals destroyed while it was made */
	uint64_t records; /* of the log, at its end */
	uint8_t manifest[HASH_SIZE];
};

/* Makes a backup in a folder that is not there or empty. A failure leaves a
 * folder without a manifest, which nothing takes for a backup. */
int backup_make(const struct backup_options *options,
		struct backup_result *ret_result,
		struct problem *problem) MUST_CHECK;

/*
 * Brings a backup back into a state folder without a database. The keys come
 * from keys/, if they are there, else from the backup by the passphrase. Every
 * file is held against the manifest, and the state against its log, before it
 * becomes the vault's; the restoration is recorded. -ERR_MALFORMED: the backup
 * was altered or is incomplete; the state folder is then as before.
 */
int backup_restore(const struct backup_options *options,
		   struct backup_result *ret_result,
		   struct problem *problem) MUST_CHECK;

/* --- shared by making and restoring --- */

struct backup_keys {
	uint8_t vault[KEY_SIZE];
	uint8_t audit[KEY_SIZE];
	uint8_t certificate[KEY_SIZE];
};

/* The keys under a passphrase, and back (-ERR_PASSWORD_WRONG). */
int backup_wrap(const struct backup_keys *keys, const char *passphrase_file,
		struct buffer *text, struct problem *problem) MUST_CHECK;
int backup_unwrap(struct view text, const char *passphrase_file,
		  struct backup_keys *ret_keys,
		  struct problem *problem) MUST_CHECK;

/* Copies a file to a new one, synced; its size and SHA-256 are those of what
 * was written. -ERR_NOT_FOUND: it is not there. */
int backup_copy(const char *from, const char *to, uint64_t *ret_bytes,
		uint8_t ret_sha256[HASH_SIZE]) MUST_CHECK;

/* folder/name; -ERR_CONFIG when it is too long. */
int backup_path(const char *folder, const char *name, char *path,
		size_t size) MUST_CHECK;

#endif
