/* The database against the log's files, and back. */
#include "quarantine/verify.h"

#include "base/handle.h"
#include "quarantine/audit.h"
#include "quarantine/evidence.h"
#include "quarantine/oversight/destruction.h"
#include "quarantine/policy/change.h"
#include "quarantine/review/proof.h"

#include <inttypes.h>

#include "base/banned.h"

enum { ITEM_DETAIL = 96, PAYLOAD_TEXT_MAX = 64 * 1024 };

static bool equal_hash(struct view bytes, const uint8_t hash[HASH_SIZE])
{
	return view_equal(bytes, view_of(hash, HASH_SIZE));
}

static void report_row(struct verify *verify, enum verify_finding finding,
		       int year, int64_t seq, const char *what)
{
	char file[32];
	struct place place = {.file = file, .seq = seq, .detail = what};

	(void)snprintf(file, sizeof(file), "database: %d", year);
	verify_report(verify, finding, &place);
}

static void report_item(struct verify *verify, enum verify_finding finding,
			const char *item_id)
{
	struct place place = {.file = "database", .seq = -1, .detail = item_id};

	verify_report(verify, finding, &place);
}

/* --- records --- */

/* A year's rows of audit_entry against the lines of its file. */
static int compare_year(struct verify *verify, struct database *database,
			const struct verify_year *year)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT seq, end_offset, line, leaf FROM audit_entry"
		      " WHERE year = ? ORDER BY seq");
	uint64_t next = 0;
	int result;

	query_integer(&query, year->year);
	while ((result = query_step(&query)) == 1) {
		uint64_t seq = (uint64_t)query_column_integer(&query, 0);
		struct view line = query_column_bytes(&query, 2);
		uint8_t leaf[HASH_SIZE];

		for (; next < seq && next < year->count; next++)
			report_row(verify, VERIFY_STATE_LINE_MISSING,
				   year->year, (int64_t)next, NULL);
		if (seq >= year->count) {
			report_row(verify, VERIFY_STATE_LINE_EXTRA, year->year,
				   (int64_t)seq, NULL);
			continue;
		}
		merkle_leaf_hash(line, leaf);
		if (!view_equal(line, verify_year_line(year, seq)) ||
		    !equal_hash(query_column_bytes(&query, 3), leaf) ||
		    (uint64_t)query_column_integer(&query, 1) !=
			year->ends[seq])
			report_row(verify, VERIFY_STATE_LINE, year->year,
				   (int64_t)seq, NULL);
		next = seq + 1;
	}
	for (; result == 0 && next < year->count; next++)
		report_row(verify, VERIFY_STATE_LINE_MISSING, year->year,
			   (int64_t)next, NULL);
	return result;
}

/* Every column of a checkpoint follows from its note. */
static bool checkpoint_fits(struct verify *verify, const struct query *query,
			    int year, struct view file, uint64_t start)
{
	struct view note = query_column_bytes(query, 3);
	struct cursor cursor = cursor_at(note, 0);
	struct checkpoint checkpoint;
	struct merkle tree;
	struct view text;
	uint8_t root[HASH_SIZE];

	if (note_next(&cursor, &verify->signer, &checkpoint, &text) != 0 ||
	    merkle_read(query_column_bytes(query, 4), &tree) != 0 ||
	    !view_equal(note, view_slice(file, (size_t)start, note.size)))
		return false;
	merkle_root(&tree, root);
	return checkpoint.year == year &&
	       checkpoint.number == (uint64_t)query_column_integer(query, 0) &&
	       checkpoint.size == (uint64_t)query_column_integer(query, 1) &&
	       checkpoint.size == tree.size &&
	       equal_hash(view_of(root, HASH_SIZE), checkpoint.root) &&
	       (uint64_t)query_column_integer(query, 2) ==
		   start + note.size + 1;
}

static int compare_checkpoints(struct verify *verify, struct database *database,
			       int year, struct view file)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT number, size, end_offset, note, tree"
		      " FROM audit_checkpoint WHERE year = ? ORDER BY number");
	uint64_t start = 0;
	int result;

	query_integer(&query, year);
	while ((result = query_step(&query)) == 1) {
		if (!checkpoint_fits(verify, &query, year, file, start))
			report_row(verify, VERIFY_STATE_NOTE, year, -1, NULL);
		start += query_column_bytes(&query, 3).size + 1;
	}
	if (result == 0 && start != file.size)
		report_row(verify, VERIFY_STATE_NOTE, year, -1, NULL);
	return result;
}

/* Its lines are gone; verify_destroyed() holds what is left. */
static int is_destroyed(struct database *database, int year)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT 1 FROM log_destroyed WHERE tree = ?");

	query_integer(&query, year);
	return query_step(&query);
}

static int compare_files(struct verify *verify, struct database *database,
			 int number)
{
	struct verify_year year;
	char path[VERIFY_PATH_MAX];
	struct view notes = {NULL, 0};
	int destroyed = is_destroyed(database, number);
	int error;

	if (destroyed != 0)
		return destroyed < 0 ? destroyed : 0;
	error = verify_year_open(verify, number, &year);
	if (error == -ERR_NOT_FOUND) {
		report_row(verify, VERIFY_FILE_MISSING, number, -1, NULL);
		return 0;
	}
	if (error != 0)
		return error;
	error = compare_year(verify, database, &year);
	verify_year_free(&year);
	if (error == 0)
		error = verify_notes_open(verify, number, path, &notes);
	if (error == -ERR_NOT_FOUND)
		error = 0;
	if (error == 0)
		error = compare_checkpoints(verify, database, number, notes);
	handle_unmap(&notes);
	return error;
}

/* Years of the database, and those that only have a file. */
static int compare_years(struct verify *verify, struct database *database)
{
	int year = verify->from_year;

	for (;;) {
		QUERY_CLEANUP struct query query =
		    query_make(database, "SELECT coalesce(min(year), 0) FROM"
					 " (SELECT year FROM audit_entry UNION"
					 "  SELECT year FROM audit_checkpoint)"
					 " WHERE year >= ?");
		int file = verify_next_year(verify, year);
		int row;
		int error;

		query_integer(&query, year);
		error = query_step(&query);
		if (error < 0)
			return error;
		row = (int)query_column_integer(&query, 0);
		query_end(&query);
		if (row == 0 && file == 0)
			return 0;
		year = row == 0 || (file != 0 && file < row) ? file : row;
		error = compare_files(verify, database, year);
		if (error != 0)
			return error;
		year++;
	}
}

/* --- transitions and payloads: each record against its rows --- */

static bool transition_fits(const struct query *query,
			    const struct record *record)
{
	char object[ITEM_DETAIL];

	(void)snprintf(object, sizeof(object), "item:%s",
		       query_column_text(query, 8));
	return strcmp(record->object, object) == 0 &&
	       (int64_t)record->version == query_column_integer(query, 2) &&
	       strcmp(record->outcome, query_column_text(query, 4)) == 0 &&
	       record->time_ms == query_column_integer(query, 5) &&
	       strcmp(record->actor, query_column_text(query, 6)) == 0 &&
	       strcmp(record->reason, query_column_text(query, 7)) == 0;
}

/*
 * Every transition with its record and the transition before it. Columns: year,
 * seq, version, from, to, time, actor, reason, item id, line, last state of the
 * item before, `after` of the record before, tenants that fit, whether the
 * record before was destroyed with its year.
 */
static const char transitions_sql[] =
    "SELECT t.year, t.seq, t.state_version, t.from_state, t.to_state,"
    " t.time_ms, t.actor, t.reason, coalesce(item.id, ''),"
    " coalesce(e.line, ''), coalesce(b.to_state, 'none'),"
    " coalesce(be.line, ''), t.tenant IS item.tenant,"
    " EXISTS (SELECT 1 FROM log_destroyed d WHERE d.tree = b.year)"
    " FROM transition t LEFT JOIN item ON item.number = t.item"
    " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = t.seq"
    " LEFT JOIN transition b ON b.item = t.item"
    "  AND b.state_version = t.state_version - 1"
    " LEFT JOIN audit_entry be ON be.year = b.year AND be.seq = b.seq"
    " WHERE t.year NOT IN (SELECT tree FROM log_destroyed)"
    " ORDER BY t.year, t.seq";

static bool follows(const struct query *query, const struct record *record)
{
	struct record before;
	struct view line = query_column_bytes(query, 11);
	bool first = query_column_integer(query, 2) == 1;

	if (strcmp(query_column_text(query, 3), query_column_text(query, 10)) !=
		0 ||
	    query_column_integer(query, 12) != 1)
		return false;
	if (!first && line.size == 0 && query_column_integer(query, 13) == 1)
		return record->has_before;
	if (first || line.size == 0)
		return first && line.size == 0 && !record->has_before;
	return record->has_before && record_read(line, &before) == 0 &&
	       equal_hash(view_of(before.after, HASH_SIZE), record->before);
}

static int check_transitions(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, transitions_sql);
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record;

		if (record_read(query_column_bytes(&query, 9), &record) != 0 ||
		    !transition_fits(&query, &record) ||
		    !follows(&query, &record))
			report_row(verify, VERIFY_STATE_TRANSITION,
				   (int)query_column_integer(&query, 0),
				   query_column_integer(&query, 1),
				   query_column_text(&query, 8));
	}
	return result;
}

static bool payload_fits(const struct query *query, const struct record *record)
{
	uint8_t hash[HASH_SIZE];
	bool present = !query_column_null(query, 3);
	const char *tenant = query_column_text(query, 7);

	if (!present || !record->has_payload)
		return present == record->has_payload;
	audit_commitment(query_column_bytes(query, 4),
			 query_column_text(query, 3), hash);
	return equal_hash(view_of(hash, HASH_SIZE), record->payload) &&
	       strcmp(query_column_text(query, 5), tenant) == 0;
}

/* What the record is about belongs to whom the record belongs to. */
static bool scope_fits(const struct query *query)
{
	const char *tenant = query_column_text(query, 7);

	return (query_column_null(query, 8) ||
		strcmp(query_column_text(query, 8), tenant) == 0) &&
	       (query_column_null(query, 9) ||
		strcmp(query_column_text(query, 9), tenant) == 0);
}

/* Every record against its payload and, if it is an item's, against its
 * transition. */
static int check_records(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT e.year, e.seq, e.line, p.payload, p.salt, p.tenant,"
	    " (SELECT count(*) FROM transition t WHERE t.year = e.year"
	    "  AND t.seq = e.seq), coalesce(s.tenant, 'default'),"
	    " (SELECT t.tenant FROM transition t WHERE t.year = e.year"
	    "  AND t.seq = e.seq),"
	    " (SELECT v.tenant FROM object_version v WHERE v.year = e.year"
	    "  AND v.seq = e.seq)"
	    " FROM audit_entry e LEFT JOIN audit_payload p"
	    " ON p.year = e.year AND p.seq = e.seq"
	    " LEFT JOIN audit_scope s ON s.year = e.year AND s.seq = e.seq"
	    " ORDER BY e.year, e.seq");
	int result;

	while ((result = query_step(&query)) == 1) {
		int year = (int)query_column_integer(&query, 0);
		int64_t seq = query_column_integer(&query, 1);
		struct record record;
		bool of_item;

		if (record_read(query_column_bytes(&query, 2), &record) != 0)
			continue; /* told by compare_year() */
		if (!payload_fits(&query, &record) || !scope_fits(&query))
			report_row(verify, VERIFY_STATE_PAYLOAD, year, seq,
				   NULL);
		of_item = strncmp(record.object, "item:", 5) == 0;
		if (query_column_integer(&query, 6) != (of_item ? 1 : 0))
			report_row(verify, VERIFY_STATE_NO_TRANSITION, year,
				   seq, record.object);
	}
	return result;
}

/* --- items --- */

/* Columns: number, id, name, line of the last record, payload of the last that
 * recorded it, report's content, report's hash and size, tenants that fit,
 * whether the last record is destroyed, or any. */
static const char items_sql[] =
    "SELECT item.number, item.id, item.name,"
    " coalesce((SELECT e.line FROM transition t JOIN audit_entry e"
    "  ON e.year = t.year AND e.seq = t.seq WHERE t.item = item.number"
    "  AND t.state_version = item.state_version), ''),"
    " coalesce((SELECT p.payload FROM transition t JOIN audit_entry e"
    "  ON e.year = t.year AND e.seq = t.seq"
    "  LEFT JOIN audit_payload p ON p.year = t.year AND p.seq = t.seq"
    "  WHERE t.item = item.number"
    "  AND instr(e.line, '\"action\":\"item.record\"') > 0"
    "  ORDER BY t.state_version DESC LIMIT 1), ''),"
    " a.content, a.sha256, a.bytes,"
    " (SELECT count(*) FROM transition t WHERE t.item = item.number)"
    "  = item.state_version,"
    " EXISTS (SELECT 1 FROM transition t JOIN log_destroyed d"
    "  ON d.tree = t.year WHERE t.item = item.number"
    "  AND t.state_version = item.state_version),"
    " EXISTS (SELECT 1 FROM transition t JOIN log_destroyed d"
    "  ON d.tree = t.year WHERE t.item = item.number)"
    " FROM item LEFT JOIN artifact a ON a.item = item.number"
    "  AND a.kind = 'report' ORDER BY item.number";

static int check_item(struct verify *verify, struct database *database,
		      const struct query *query)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(PAYLOAD_TEXT_MAX);
	const char *id = query_column_text(query, 1);
	int64_t number = query_column_integer(query, 0);
	struct view content = query_column_bytes(query, 5);
	struct record record;
	uint8_t hash[HASH_SIZE];
	int error = evidence_hash(database, number, hash);

	if (error != 0)
		return error;
	if (query_column_integer(query, 8) != 1 ||
	    (query_column_integer(query, 9) == 0 &&
	     (record_read(query_column_bytes(query, 3), &record) != 0 ||
	      !record.has_after ||
	      !equal_hash(view_of(hash, HASH_SIZE), record.after))))
		report_item(verify, VERIFY_STATE_ITEM, id);
	error = evidence_contents(database, number, hash);
	if (error != 0)
		return error;
	evidence_payload(&payload, query_column_text(query, 2), hash);
	/* The record that names them may have gone with its year. */
	if (buffer_error(&payload) != 0 ||
	    (!(query_column_integer(query, 10) == 1 &&
	       query_column_text(query, 4)[0] == '\0') &&
	     !view_equal(buffer_contents(&payload),
			 view_of_string(query_column_text(query, 4)))))
		report_item(verify, VERIFY_STATE_CONTENTS, id);
	hash_bytes(content, hash);
	if (!equal_hash(query_column_bytes(query, 6), hash) ||
	    query_column_integer(query, 7) != (int64_t)content.size)
		report_item(verify, VERIFY_STATE_REPORT, id);
	return 0;
}

static int check_items(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(database, items_sql);
	int result;

	while ((result = query_step(&query)) == 1) {
		int error = check_item(verify, database, &query);

		if (error != 0)
			return error;
	}
	return result;
}

/* Of every table that names rows of another. */
static int check_keys(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT DISTINCT \"table\""
				 " FROM pragma_foreign_key_check");
	int result;

	while ((result = query_step(&query)) == 1)
		report_item(verify, VERIFY_STATE_ORPHAN,
			    query_column_text(&query, 0));
	return result;
}

/* Rows of no item or record. Foreign keys forbid them, but whoever writes to
 * the file need not obey. */
static int check_orphans(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT 'part' FROM part WHERE item NOT IN"
		      "  (SELECT number FROM item)"
		      " UNION SELECT 'finding' FROM finding WHERE item NOT IN"
		      "  (SELECT number FROM item)"
		      " UNION SELECT 'artifact' FROM artifact WHERE item NOT IN"
		      "  (SELECT number FROM item)"
		      " UNION SELECT 'blob' FROM blob WHERE item NOT IN"
		      "  (SELECT number FROM item)"
		      " UNION SELECT 'delivery' FROM delivery WHERE item NOT IN"
		      "  (SELECT number FROM item)"
		      " UNION SELECT 'audit_payload' FROM audit_payload p WHERE"
		      "  NOT EXISTS (SELECT 1 FROM audit_entry e WHERE"
		      "  e.year = p.year AND e.seq = p.seq)"
		      " UNION SELECT 'audit_checkpoint' FROM audit_checkpoint"
		      "  WHERE year NOT IN (SELECT year FROM audit_entry)"
		      " UNION SELECT 'audit_scope' FROM audit_scope s WHERE"
		      "  NOT EXISTS (SELECT 1 FROM audit_entry e WHERE"
		      "  e.year = s.year AND e.seq = s.seq)");
	int result;

	while ((result = query_step(&query)) == 1)
		report_item(verify, VERIFY_STATE_ORPHAN,
			    query_column_text(&query, 0));
	return result < 0 ? result : check_keys(verify, database);
}

static void report_object(void *context, const char *object)
{
	report_item(context, VERIFY_STATE_ITEM, object);
}

static void report_setting(void *context, const char *object)
{
	report_item(context, VERIFY_STATE_SETTING, object);
}

int verify_state(struct verify *verify, struct database *database)
{
	struct problem problem = {0};
	int error = database_check(database, &problem);

	if (error != 0) {
		report_item(verify, VERIFY_STATE_UNREADABLE, problem.text);
		return 0;
	}
	error = verify_destroyed(verify, database);
	if (error == 0)
		error = compare_years(verify, database);
	if (error == 0)
		error = check_transitions(verify, database);
	if (error == 0)
		error = check_records(verify, database);
	if (error == 0)
		error = check_items(verify, database);
	if (error == 0)
		error = check_orphans(verify, database);
	if (error == 0)
		error = verify_people(verify, database);
	if (error == 0)
		error = verify_events(verify, database);
	if (error == 0)
		error = proof_check(database, report_object, verify);
	if (error == 0)
		error = change_check(database, report_setting, verify);
	if (error == 0)
		error = verify_rows(verify, database);
	if (error != 0)
		report_item(verify, VERIFY_STATE_UNREADABLE,
			    sqlite3_errmsg(database->handle));
	return 0;
}
