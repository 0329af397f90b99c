/*
 * A sum over all rows of a database that does not depend on their order and
 * follows every change at the cost of the changed rows alone (LtHash: rows are
 * stretched to 1,024 lanes of 16 bits and added up; finding other rows with the
 * same sum is a hard lattice problem). Every table counts, whoever made it, but
 * the one that holds the sum (`seal`) and SQLite's own.
 *
 * A table that gets a new column has to be made anew: SQLite does not show old
 * rows of a lengthened table as a query shows them.
 */
#ifndef SEKISHO_QUARANTINE_TALLY_H
#define SEKISHO_QUARANTINE_TALLY_H

#include "quarantine/database.h"
#include "quarantine/merkle.h"

enum { TALLY_LANES = 1024, TALLY_SIZE = 2 * TALLY_LANES };

/* A plain value: copying it is taking a savepoint. */
struct tally {
	uint16_t lanes[TALLY_LANES];
	bool failed; /* a change could not be counted; sticky */
};

/*
 * Counts every change of the database from here on in `tally`, which must live
 * as long as the database is open. What a failed statement did is taken back
 * (query_step(), database_run()); what is rolled back later is not: whoever
 * rolls back puts the value of before in place.
 */
void tally_follow(struct database *database, struct tally *tally);

/* Counts all rows that are there. */
int tally_count(struct database *database, struct tally *ret_tally) MUST_CHECK;

bool tally_equal(const struct tally *a, const struct tally *b);

/* SHA-256 of the lanes. */
void tally_hash(const struct tally *tally, uint8_t ret_hash[HASH_SIZE]);

/* The lanes as TALLY_SIZE bytes, little-endian, and back. */
void tally_write(struct buffer *buffer, const struct tally *tally);
int tally_read(struct view bytes, struct tally *ret_tally) MUST_CHECK;

#endif
