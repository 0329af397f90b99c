/* Destroyed years of the database: row, record, leaves and checkpoint of each
 * agree, nothing of it is left, and no record of a destruction is without. */
#include "quarantine/oversight/destruction.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

static void report(struct verify *verify, int year)
{
	char object[32];

	(void)snprintf(object, sizeof(object), "log:%d", year);
	verify_report(
	    verify, VERIFY_YEAR_DESTRUCTION,
	    &(struct place){.file = "database", .seq = -1, .detail = object});
}

/* The record may be of a year that is destroyed itself. */
static bool record_fits(struct database *database, const struct query *row,
			struct view line, bool gone)
{
	struct record record;
	uint8_t hash[HASH_SIZE];
	char object[32];

	if (gone && line.size == 0)
		return true;
	(void)snprintf(object, sizeof(object), "log:%d",
		       (int)query_column_integer(row, 0));
	return record_read(line, &record) == 0 &&
	       strcmp(record.action, "log.destroy") == 0 &&
	       strcmp(record.object, object) == 0 &&
	       (int64_t)record.version == query_column_integer(row, 1) &&
	       record.has_before && record.has_after &&
	       view_equal(view_of(record.before, HASH_SIZE),
			  query_column_bytes(row, 2)) &&
	       proof_hash(database, log_destroyed_sql, object + 4, hash) == 0 &&
	       view_equal(view_of(record.after, HASH_SIZE),
			  view_of(hash, HASH_SIZE));
}

/* A line that is still to be erased is what it was, and all behind it is there,
 * too: erasing begins with the first. */
static bool line_fits(struct view line, struct view leaf, bool *left)
{
	uint8_t hash[HASH_SIZE];

	if (line.size == 0)
		return !*left;
	*left = true;
	merkle_leaf_hash(line, hash);
	return view_equal(leaf, view_of(hash, HASH_SIZE));
}

/* The leaves are all there and lead to the root; the lines are gone, or about
 * to. */
static int leaves_fit(struct database *database, const struct query *row,
		      bool *ret_fit)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT leaf, line FROM audit_entry"
				 " WHERE year = ? ORDER BY seq");
	struct merkle tree = {0};
	uint8_t root[HASH_SIZE];
	bool left = false;
	int result;

	*ret_fit = true;
	query_integer(&query, query_column_integer(row, 0));
	while ((result = query_step(&query)) == 1) {
		struct view leaf = query_column_bytes(&query, 0);

		if (leaf.size != HASH_SIZE ||
		    !line_fits(query_column_bytes(&query, 1), leaf, &left) ||
		    merkle_add(&tree, leaf.data) != 0)
			*ret_fit = false;
	}
	merkle_root(&tree, root);
	*ret_fit =
	    *ret_fit && (int64_t)tree.size == query_column_integer(row, 1) &&
	    view_equal(view_of(root, HASH_SIZE), query_column_bytes(row, 2));
	return result;
}

static int check_rows(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT d.tree, size, root, coalesce(line, ''),"
	    " EXISTS (SELECT 1 FROM log_destroyed o"
	    "  WHERE o.tree = d.year), d.tenant = 'default',"
	    " (SELECT count(*) FROM audit_payload p"
	    "  WHERE p.year = d.tree AND p.seq < coalesce((SELECT min(seq)"
	    "   FROM audit_entry l WHERE l.year = d.tree"
	    "   AND l.line <> ''), 9223372036854775807))"
	    " FROM log_destroyed d LEFT JOIN audit_entry e"
	    " ON e.year = d.year AND e.seq = d.seq ORDER BY d.tree");
	int result;

	while ((result = query_step(&query)) == 1) {
		bool fits = false;
		int error = leaves_fit(database, &query, &fits);

		if (error != 0)
			return error;
		if (!fits ||
		    !record_fits(database, &query,
				 query_column_bytes(&query, 3),
				 query_column_integer(&query, 4) != 0) ||
		    query_column_integer(&query, 5) != 1 ||
		    query_column_integer(&query, 6) != 0)
			report(verify, (int)query_column_integer(&query, 0));
	}
	return result;
}

/* Lines that are gone without a row, and records of a destruction without. */
static int check_lost(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT DISTINCT year FROM audit_entry WHERE line = ''"
	    " AND year NOT IN (SELECT tree FROM log_destroyed)"
	    " UNION SELECT CAST(substr(json_extract(line, '$.object'), 5)"
	    "  AS INTEGER) FROM audit_entry e WHERE"
	    "  instr(line, '\"action\":\"log.destroy\"') > 0 AND NOT EXISTS"
	    "  (SELECT 1 FROM log_destroyed d WHERE d.year = e.year"
	    "   AND d.seq = e.seq)");
	int result;

	while ((result = query_step(&query)) == 1)
		report(verify, (int)query_column_integer(&query, 0));
	return result;
}

int verify_destroyed(struct verify *verify, struct database *database)
{
	int error = check_rows(verify, database);

	return error == 0 ? check_lost(verify, database) : error;
}
