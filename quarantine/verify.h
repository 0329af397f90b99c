/*
 * Verifying the audit log from its exported files and the public key alone,
 * and the database against it. Nothing here trusts what wrote the files.
 */
#ifndef SEKISHO_QUARANTINE_VERIFY_H
#define SEKISHO_QUARANTINE_VERIFY_H

#include "quarantine/database.h"
#include "quarantine/record.h"

#include <stdio.h>

enum gravity { GRAVITY_NOTICE, GRAVITY_INCOMPLETE, GRAVITY_ALTERED };

enum verify_finding {
#define VERIFY(symbol, gravity, ja, en) VERIFY_##symbol,
#include "quarantine/verify.def"
#undef VERIFY
	VERIFY_COUNT
};

enum { VERIFY_PATH_MAX = 4096, VERIFY_DESTROYED_MAX = 64 };

/* A year that a record says was destroyed, and which tree it was. */
struct verify_destroyed_year {
	int year;
	uint64_t size;
	uint8_t root[HASH_SIZE];
};

/* Where findings go and how they count. */
struct verify {
	struct signer signer; /* public part only */
	const char *folder;   /* of the log's files */
	int from_year; /* years before were destroyed lawfully; 0: none */
	enum language language;
	FILE *out; /* one line per finding; NULL: none */
	uint64_t found[VERIFY_COUNT];
	/* --- read from the records before they are verified; whoever forges
	 * one is found by them --- */
	size_t destroyed_count;
	struct verify_destroyed_year destroyed[VERIFY_DESTROYED_MAX];
	/* --- of what was verified --- */
	int first_year;
	int last_year;
	uint64_t records;
	uint64_t checkpoints;
	uint64_t witnessed; /* records of the last year under a witness */
};

/* Where a finding is. file NULL, line 0, seq -1: does not apply. */
struct place {
	const char *file;
	uint64_t line;
	int64_t seq;
	const char *detail; /* item id or the like; NULL: none */
};

void verify_report(struct verify *verify, enum verify_finding finding,
		   const struct place *place);

/* One year's records, mapped; lines without their newlines. */
struct verify_year {
	int year;
	char path[VERIFY_PATH_MAX];
	struct view file;
	uint64_t count; /* of lines */
	uint64_t *ends; /* offset behind each line's newline */
	struct merkle tree;
	uint8_t last_hash[HASH_SIZE];
};

void verify_year_free(struct verify_year *year);
struct view verify_year_line(const struct verify_year *year, uint64_t index);

/*
 * Verifies every year that is there. Findings are reported, not returned; an
 * error means that it could not be done at all.
 */
int verify_files(struct verify *verify) MUST_CHECK;

/* Holds the database against the files of every year it has records of, and
 * back. */
int verify_state(struct verify *verify, struct database *database) MUST_CHECK;

/* Part of it: every row of every table against the seal (seal.h). */
int verify_rows(struct verify *verify, struct database *database) MUST_CHECK;

/* Another: accounts, departments and clients against their records. */
int verify_people(struct verify *verify, struct database *database) MUST_CHECK;

/* Another: files that were handed in, logins, the first department. */
int verify_events(struct verify *verify, struct database *database) MUST_CHECK;

/* Holds the log against a copy that left the machine: a file of syslog messages
 * as sekisho-courier sends them, or of records. */
int verify_compare(struct verify *verify, const char *path) MUST_CHECK;

/* Holds audit/witness-YEAR, checkpoints that a witness countersigned, against
 * the log. */
int verify_witness(struct verify *verify,
		   const struct signer *witness) MUST_CHECK;
int verify_witness_open(const struct verify *verify, int year,
			char ret_path[VERIFY_PATH_MAX],
			struct view *ret_file) MUST_CHECK;

/* Part of verify_files(): what the records say was destroyed, and its signed
 * checkpoints, where they are still there, against that. */
int verify_find_destroyed(struct verify *verify) MUST_CHECK;
int verify_destroyed_notes(struct verify *verify) MUST_CHECK;

/* NULL when no record says so. */
const struct verify_destroyed_year *
verify_destroyed_find(const struct verify *verify, int year);

/* Maps one year's records; -ERR_NOT_FOUND. */
int verify_year_open(struct verify *verify, int year,
		     struct verify_year *ret_year) MUST_CHECK;

/* Maps a year's checkpoints; -ERR_NOT_FOUND. The caller unmaps. */
int verify_notes_open(const struct verify *verify, int year,
		      char ret_path[VERIFY_PATH_MAX],
		      struct view *ret_file) MUST_CHECK;

/* The first year at or after `year` that has a file of records; 0: none. */
int verify_next_year(const struct verify *verify, int year);

enum gravity verify_gravity(enum verify_finding finding);

/* The gravest of what was found. */
enum gravity verify_result(const struct verify *verify);

#endif
