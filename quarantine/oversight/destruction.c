#include "quarantine/oversight/destruction.h"

#include "base/bytes.h"
#include "base/log.h"
#include "quarantine/review/proof.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	STEP_RECORDS = 2000, /* erased in one transaction */
	STEPS = 25,          /* before others have a turn */
};

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
	return error == 0 ? proof_append(store, &reviewer, &proof,
					 log_destroyed_sql, object + 4, NULL)
			  : error;
}

/* Says in a transaction of its own that the year is destroyed: from then on it
 * is, whatever of it is still to be erased. */
static int name_year(struct store *store, int year, int64_t now_ms)
{
	struct audit_state saved;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &saved);
	if (error == 0)
		error = store_change_end(store, &saved,
					 destroy(store, year, now_ms));
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}

/* --- erasing: from the first record on, so that what is left is the end --- */

/* A destroyed year of which something is left; 0: none. */
static int unfinished_year(struct store *store)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT tree FROM log_destroyed d WHERE (SELECT line FROM"
	    " audit_entry e WHERE e.year = d.tree ORDER BY seq DESC LIMIT 1)"
	    " <> '' ORDER BY tree LIMIT 1");

	return (int)number_of(&query);
}

static int is_erased(struct store *store, int year, int64_t seq, bool *ret)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT line = '' FROM audit_entry"
					 " WHERE year = ? AND seq = ?");
	int64_t found;

	query_integer(&query, year);
	query_integer(&query, seq);
	found = number_of(&query);
	*ret = found == 1;
	return found < 0 ? (int)found : 0;
}

/* The first that is left, by halving. */
static int first_left(struct store *store, int year, int64_t *ret_seq)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT max(seq) FROM audit_entry"
					 " WHERE year = ?");
	int64_t low = 0;
	int64_t high;
	int error = 0;

	query_integer(&query, year);
	high = number_of(&query);
	if (high < 0)
		return (int)high;
	while (error == 0 && low < high) {
		int64_t middle = low + (high - low) / 2;
		bool erased = false;

		error = is_erased(store, year, middle, &erased);
		if (erased)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_seq = low;
	return error;
}

static int empty(struct store *store, const char *sql, int year, int64_t from,
		 int64_t to)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);

	query_integer(&query, year);
	query_integer(&query, from);
	query_integer(&query, to);
	return query_run(&query);
}

static int erase(struct store *store, int year, size_t records)
{
	int64_t from = 0;
	int64_t to;
	int error = first_left(store, year, &from);

	to = from + (int64_t)records;
	if (error == 0)
		error = empty(store,
			      "UPDATE audit_entry SET line = ''"
			      " WHERE year = ? AND seq >= ? AND seq < ?",
			      year, from, to);
	return error == 0 ? empty(store,
				  "DELETE FROM audit_payload"
				  " WHERE year = ? AND seq >= ? AND seq < ?",
				  year, from, to)
			  : error;
}

/* The lines must not live on in the write-ahead log. */
static int erase_some(struct store *store, int year, size_t records)
{
	struct audit_state saved;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &saved);
	if (error == 0)
		error = store_change_end(store, &saved,
					 erase(store, year, records));
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	error = store_commit(store);
	return error == 0 && unfinished_year(store) != year
		   ? database_run(&store->database,
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

static void log_kept(int year, enum log_kept kept)
{
	static const char *const why[] = {
	    [LOG_KEPT_INCIDENT] = "incident",
	    [LOG_KEPT_HOLD] = "legal_hold",
	    [LOG_KEPT_UNFINISHED] = "unfinished",
	};

	if (kept != LOG_NOT_KEPT)
		log_line(LOG_LINE_WARNING, "log-kept year=%d reason=%s", year,
			 why[kept]);
}

int log_destroy_step(struct store *store, int64_t now_ms, size_t records,
		     bool *ret_named, bool *ret_more)
{
	enum log_kept kept = LOG_NOT_KEPT;
	int year = unfinished_year(store);
	int error;

	*ret_named = false;
	*ret_more = year > 0;
	if (year != 0)
		return year < 0 ? year : erase_some(store, year, records);
	error = log_destroy_due(store, now_ms, store->options.keep_log_years,
				&year, &kept);
	if (error != 0 || year == 0 || kept != LOG_NOT_KEPT) {
		log_kept(year, kept);
		return error;
	}
	error = name_year(store, year, now_ms);
	if (error != 0)
		return error;
	*ret_named = true;
	*ret_more = true;
	log_line(LOG_LINE_WARNING, "log-destroyed year=%d", year);
	return 0;
}

int log_destroy_run(struct store *store, int64_t now_ms, size_t *ret_years,
		    bool *ret_more)
{
	int error = 0;

	*ret_years = 0;
	*ret_more = true;
	for (int i = 0; i < STEPS && error == 0 && *ret_more; i++) {
		bool named = false;

		error = log_destroy_step(store, now_ms, STEP_RECORDS, &named,
					 ret_more);
		*ret_years += named;
	}
	return error == 0 ? log_destroy_sweep(store) : error;
}
