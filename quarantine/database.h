/*
 * SQLite as the vault uses it: write-ahead log, synchronous=FULL, one writer,
 * constraints in the schema. Statements are prepared once and bound and read
 * through a query with a sticky error.
 */
#ifndef SEKISHO_QUARANTINE_DATABASE_H
#define SEKISHO_QUARANTINE_DATABASE_H

#include "base/view.h"
#include "quarantine/problem.h"

#include <sqlite3.h>

enum {
	DATABASE_STATEMENTS_MAX = 768,
	DATABASE_VERSION = 14, /* of the schema: PRAGMA user_version */
};

struct tally;
struct tenant;

struct database {
	sqlite3 *handle;
	struct tenant *tenant; /* whose rows are seen (tenant.h) */
	struct tally *rows; /* where changes are counted (tally.h), or NULL */
	size_t statement_count;
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} statements[DATABASE_STATEMENTS_MAX];
};

/* Opens for writing; makes the schema in a new file and carries an older one
 * over. -ERR_CONFIG: not ours, of a newer version, or damaged. */
int database_open(const char *path, struct database *ret_database,
		  struct problem *problem) MUST_CHECK;

/* Opens an existing one for reading only; the first also one of a version
 * before, which is left as it is (0: an empty file). */
int database_open_older(const char *path, struct database *ret_database,
			int *ret_version, struct problem *problem) MUST_CHECK;
int database_open_readonly(const char *path, struct database *ret_database,
			   struct problem *problem) MUST_CHECK;
void database_close(struct database *database);

/* Whether the tables, indexes and triggers are those of this version, and
 * SQLite finds the pages in order. -ERR_MALFORMED with what is not. */
int database_check(struct database *database,
		   struct problem *problem) MUST_CHECK;

/* Runs SQL without parameters or results. */
int database_run(struct database *database, const char *sql) MUST_CHECK;

/* The negative error that the last failure stands for. */
int database_error(const struct database *database);

/*
 * One use of a statement. `sql` must be a string literal: its address is the
 * key of the cache. Bound texts and bytes must live until query_end().
 */
struct query {
	struct database *database;
	sqlite3_stmt *statement; /* NULL after a failure */
	int bound;
	int error; /* sticky */
};

struct query query_make(struct database *database, const char *sql);
void query_end(struct query *query);
#define QUERY_CLEANUP __attribute__((cleanup(query_end)))

/* Binds the next parameter. */
void query_text(struct query *query, const char *text);
void query_integer(struct query *query, int64_t value);
void query_size(struct query *query, uint64_t value); /* > INT64_MAX: fails */
void query_bytes(struct query *query, struct view bytes);
void query_null(struct query *query);

/* 1: there is a row; 0: there is none any more; negative: error. */
int query_step(struct query *query) MUST_CHECK;

/* For statements without results: 0 or an error. */
int query_run(struct query *query) MUST_CHECK;

/* Columns of the present row, from 0. Texts and bytes are valid until the next
 * step; NULL reads as "" and empty. */
const char *query_column_text(const struct query *query, int column);
int64_t query_column_integer(const struct query *query, int column);
struct view query_column_bytes(const struct query *query, int column);
bool query_column_null(const struct query *query, int column);

#endif
