#include "quarantine/oversight/destruction.h"

#include "base/bytes.h"
#include "base/log.h"
#include "quarantine/review/proof.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

const char log_destroyed_sql[] =
    "SELECT tree, tenant, size, root, time_ms, version, year, seq"
    " FROM log_destroyed WHERE tree = CAST(? AS INTEGER)";

static int64_t number_of(struct query *query)
{
	int result = query_step(query);

	return result < 0    ? result
	       : result == 0 ? 0
			     : query_column_integer(query, 0);
}

static int oldest_year(struct store *store)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT coalesce(min(year), 0) FROM audit_entry"
			      " WHERE year NOT IN"
			      "  (SELECT tree FROM log_destroyed)");

	return (int)number_of(&query);
}

/* --- what stops it --- */

static int find_kept(struct store *store, int year, enum log_kept *ret_kept)
{
	QUERY_CLEANUP struct query incident =
	    query_make(&store->database,
		       "SELECT count(*) FROM incident WHERE state = 'open'");
	QUERY_CLEANUP struct query hold = query_make(
	    &store->database, "SELECT count(*) FROM legal_hold WHERE item IN"
			      " (SELECT item FROM transition WHERE year = ?)");
	QUERY_CLEANUP struct query unfinished = query_make(
	    &store->database,
	    "SELECT count(*) FROM item WHERE state IN ('held',"
	    " 'awaiting_password', 'requested', 'approved', 'releasing',"
	    " 'reprocessing', 'destroy_due') AND number IN"
	    " (SELECT item FROM transition WHERE year = ?)");
	int64_t counts[3];

	query_integer(&hold, year);
	query_integer(&unfinished, year);
	counts[0] = number_of(&incident);
	counts[1] = number_of(&hold);
	counts[2] = number_of(&unfinished);
	*ret_kept = LOG_NOT_KEPT;
	for (int i = 2; i >= 0; i--) {
		if (counts[i] < 0)
			return (int)counts[i];
		if (counts[i] > 0)
			*ret_kept = (enum log_kept)(LOG_KEPT_INCIDENT + i);
	}
	return 0;
}

int log_destroy_due(struct store *store, int64_t now_ms, uint32_t keep_years,
		    int *ret_year, enum log_kept *ret_kept)
{
	int year = oldest_year(store);

	*ret_year = 0;
	*ret_kept = LOG_NOT_KEPT;
	if (year < 0)
		return year;
	/* By the log's own year, too: a clock that runs ahead destroys
	 * nothing before the log itself has come so far. */
	if (keep_years == 0 || year == 0 ||
	    year + (int)keep_years >= fiscal_year(now_ms) ||
	    year + (int)keep_years >= store->audit.state.year)
		return 0;
	*ret_year = year;
	return find_kept(store, year, ret_kept);
}

/* --- doing it --- */

static int read_tree(struct store *store, int year, struct merkle *ret_tree)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT leaf FROM audit_entry"
					 " WHERE year = ? ORDER BY seq");
	int result;

	*ret_tree = (struct merkle){0};
	query_integer(&query, year);
	while ((result = query_step(&query)) == 1) {
		struct view leaf = query_column_bytes(&query, 0);
		int error = leaf.size == HASH_SIZE
				? merkle_add(ret_tree, leaf.data)
				: -ERR_MALFORMED;

		if (error != 0)
			return error;
	}
	return result;
}

/* Only a year that was signed to its end: what is destroyed can be named. */
static int check_signed(struct store *store, int year,
			const struct merkle *tree, const uint8_t *root)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT note FROM audit_checkpoint"
			      " WHERE year = ? ORDER BY number DESC LIMIT 1");
	struct checkpoint checkpoint;
	struct cursor cursor;
	struct view text;
	int result;

	query_integer(&query, year);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_MALFORMED;
	cursor = cursor_at(query_column_bytes(&query, 0), 0);
	if (note_next(&cursor, &store->signer, &checkpoint, &text) != 0 ||
	    checkpoint.year != year || checkpoint.size != tree->size ||
	    !view_equal(view_of(checkpoint.root, HASH_SIZE),
			view_of(root, HASH_SIZE)))
		return -ERR_MALFORMED;
	return 0;
}

static int insert(struct store *store, int year, uint64_t size,
		  const uint8_t *root, int64_t now_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "INSERT INTO log_destroyed VALUES"
					 " (?, 'default', ?, ?, ?, 1, ?, ?)");
	int64_t seq;
	int record_year;
	int error = proof_place(store, now_ms, &record_year, &seq);

	if (error != 0)
		return error;
	query_integer(&query, year);
	query_size(&query, size);
	query_bytes(&query, view_of(root, HASH_SIZE));
	query_integer(&query, now_ms);
	query_integer(&query, record_year);
	query_integer(&query, seq);
	return query_run(&query);
}

static int empty(struct store *store, const char *sql, int year)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);

	query_integer(&query, year);
	return query_run(&query);
}

static int destroy(struct store *store, int year, int64_t now_ms)
{
	static const struct session vault = {.login = "sekisho-vault"};
	const struct reviewer reviewer = {&vault, "", now_ms};
	char object[32];
	struct proof proof = {.action = "log.destroy",
			      .object = object,
			      .unit = "",
			      .reason = "retention",
			      .outcome = "destroyed",
			      .role = "system",
			      .has_before = true};
	struct merkle tree;
	int error = read_tree(store, year, &tree);

	if (error != 0)
		return error;
	(void)snprintf(object, sizeof(object), "log:%d", year);
	merkle_root(&tree, proof.before);
	proof.version = (int64_t)tree.size;
	error = check_signed(store, year, &tree, proof.before);
	if (error == 0)
		error = insert(store, year, tree.size, proof.before, now_ms);
	if (error == 0)
		error = proof_append(store, &reviewer, &proof,
				     log_destroyed_sql, object + 4, NULL);
	if (error == 0)
		error = empty(store,
			      "UPDATE audit_entry SET line = ''"
			      " WHERE year = ?",
			      year);
	return error == 0
		   ? empty(store, "DELETE FROM audit_payload WHERE year = ?",
			   year)
		   : error;
}

/* The lines must not live on in the write-ahead log. */
static int destroy_year(struct store *store, int year, int64_t now_ms)
{
	struct audit_state saved;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &saved);
	if (error == 0)
		error = store_change_end(store, &saved,
					 destroy(store, year, now_ms));
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	error = store_commit(store);
	return error == 0 ? database_run(&store->database,
					 "PRAGMA wal_checkpoint(TRUNCATE)")
			  : error;
}

int log_destroy_sweep(struct store *store)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT tree FROM log_destroyed ORDER BY tree");
	int result;

	while ((result = query_step(&query)) == 1) {
		char path[64];

		(void)snprintf(path, sizeof(path), STORE_AUDIT "/log-%d.jsonl",
			       (int)query_column_integer(&query, 0));
		if (unlink(path) != 0 && errno != ENOENT)
			return error_from_errno(errno);
	}
	return result;
}

int log_destroy_run(struct store *store, int64_t now_ms, size_t *ret_years)
{
	static const char *const why[] = {
	    [LOG_KEPT_INCIDENT] = "incident",
	    [LOG_KEPT_HOLD] = "legal_hold",
	    [LOG_KEPT_UNFINISHED] = "unfinished",
	};
	enum log_kept kept = LOG_NOT_KEPT;
	int year = 0;
	int error;

	*ret_years = 0;
	while ((error = log_destroy_due(store, now_ms,
					store->options.keep_log_years, &year,
					&kept)) == 0 &&
	       year != 0 && kept == LOG_NOT_KEPT) {
		error = destroy_year(store, year, now_ms);
		if (error != 0)
			return error;
		(*ret_years)++;
		log_line(LOG_LINE_WARNING, "log-destroyed year=%d", year);
	}
	if (error == 0 && kept != LOG_NOT_KEPT)
		log_line(LOG_LINE_WARNING, "log-kept year=%d reason=%s", year,
			 why[kept]);
	return error == 0 ? log_destroy_sweep(store) : error;
}
