/*
 * The audit log: records in the database, in the transaction of what they
 * record; after the commit the same lines in audit/log-YEAR.jsonl, and signed
 * checkpoints in audit/checkpoints-YEAR. The files are made whole from the
 * database whenever they are behind; a file that holds anything else than the
 * database is refused.
 */
#ifndef SEKISHO_QUARANTINE_AUDIT_H
#define SEKISHO_QUARANTINE_AUDIT_H

#include "quarantine/database.h"
#include "quarantine/record.h"
#include "quarantine/tally.h"

/* A plain value: copying it is taking a savepoint. */
struct audit_state {
	int year; /* 0: no record yet */
	int64_t last_ms;
	uint64_t end_offset; /* of the last record in the year's file */
	uint64_t checkpoint_number;
	uint64_t checkpoint_size;
	uint64_t checkpoint_end; /* in the file of checkpoints */
	uint8_t previous[HASH_SIZE];
	struct merkle tree;
	struct tally rows; /* of the whole database; see seal.h */
};

struct audit {
	struct database *database;   /* the caller's */
	const struct signer *signer; /* the caller's */
	const char *folder;          /* where the files go; a literal */
	struct audit_state state;
	struct audit_file {
		int year; /* 0: none open */
		int records;
		int checkpoints;
		uint64_t record_count;     /* in the file */
		uint64_t checkpoint_count; /* in the file */
	} file;
};

/*
 * Finds the log's state in the database, holds the files against it and brings
 * them up to date. -ERR_MALFORMED: database or files were altered.
 */
int audit_open(struct database *database, const struct signer *signer,
	       const char *folder, struct audit *ret_audit,
	       struct problem *problem) MUST_CHECK;
void audit_close(struct audit *audit);

/* Writes the files of every year in the database into `folder`, for a copy of
 * the database. The number of records goes to `ret_records`. */
int audit_write_files(struct database *database, const struct signer *signer,
		      const char *folder, uint64_t *ret_records,
		      struct problem *problem) MUST_CHECK;

/*
 * Adds a record inside the caller's transaction. The caller fills in what
 * happened; year, seq, time (if 0), node and previous are set here. With
 * `payload` (JSON text) it is stored beside the record and committed to.
 */
int audit_append(struct audit *audit, struct record *record,
		 const char *payload) MUST_CHECK;

/* Signs the tree as it is, inside the caller's transaction, if it grew. */
int audit_checkpoint(struct audit *audit) MUST_CHECK;

/* Writes to the files what was committed since; `sync` also to the disk. */
int audit_export(struct audit *audit, bool sync) MUST_CHECK;

/* What a record's payload field holds. */
void audit_commitment(struct view salt, const char *payload,
		      uint8_t ret_hash[HASH_SIZE]);

/* Milliseconds since 1970. */
int64_t clock_now_ms(void);

#endif
