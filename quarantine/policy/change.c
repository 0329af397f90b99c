#include "quarantine/policy/change.h"

#include "base/bytes.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

enum { PAYLOAD_MAX = 4 * SETTINGS_DETAIL_MAX };

/* -1: what it was changed from; there may be none. */
static int last_hash(struct store *store, const char *subject,
		     uint8_t ret_hash[HASH_SIZE], bool *ret_found)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT after_sha256 FROM config_change WHERE subject = ?"
	    " AND outcome = 'taken' ORDER BY number DESC LIMIT 1");
	int result;

	query_text(&query, subject);
	result = query_step(&query);
	*ret_found = result == 1;
	if (result == 1 &&
	    !bytes_copy(ret_hash, HASH_SIZE, query_column_bytes(&query, 0)))
		return -ERR_MALFORMED;
	return result < 0 ? result : 0;
}

static void write_payload(struct buffer *payload, const char *policy,
			  const char *detail)
{
	buffer_text(payload, "{\"policy\":");
	json_write_string(payload, policy);
	buffer_text(payload, ",\"detail\":");
	json_write_string(payload, detail);
	buffer_text(payload, "}");
	buffer_u8(payload, '\0');
}

static int insert(struct store *store, const struct settings_change *change,
		  const struct record *record, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "INSERT INTO config_change (tenant, subject, outcome,"
		       " reason, actor, time_ms, before_sha256, after_sha256,"
		       " policy, detail, year, seq) VALUES ('default', ?1, ?2,"
		       " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
	int64_t seq;
	int year;
	int error = proof_place(store, change->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, change->subject);
	query_text(&query, record->outcome);
	query_text(&query, change->reason);
	query_text(&query, change->actor);
	query_integer(&query, change->now_ms);
	if (record->has_before)
		query_bytes(&query, view_of(record->before, HASH_SIZE));
	else
		query_null(&query);
	query_bytes(&query, view_of(change->after, HASH_SIZE));
	query_text(&query, change->policy);
	query_text(&query, change->detail);
	query_integer(&query, year);
	query_integer(&query, seq);
	error = query_run(&query);
	*ret_number = sqlite3_last_insert_rowid(store->database.handle);
	return error;
}

int change_note(struct store *store, const struct settings_change *change)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(PAYLOAD_MAX);
	bool by_version = strcmp(change->reason, "version") == 0;
	struct record record = {.time_ms = change->now_ms, .has_after = true};
	int64_t number = 0;
	int error = last_hash(store, change->subject, record.before,
			      &record.has_before);

	if (error != 0)
		return error;
	if (!change->refused && record.has_before &&
	    view_equal(view_of(record.before, HASH_SIZE),
		       view_of(change->after, HASH_SIZE)))
		return 0;
	(void)!bytes_copy(record.after, HASH_SIZE,
			  view_of(change->after, HASH_SIZE));
	(void)text_copy(record.actor, sizeof(record.actor), change->actor);
	(void)text_copy(record.role, sizeof(record.role),
			by_version ? "approver" : "operator");
	(void)text_copy(record.action, sizeof(record.action),
			change->refused ? "config.refuse" : "config.change");
	(void)snprintf(record.object, sizeof(record.object), "config:%s",
		       change->subject);
	(void)text_copy(record.reason, sizeof(record.reason), change->reason);
	(void)text_copy(record.outcome, sizeof(record.outcome),
			change->refused ? "refused" : "taken");
	error = insert(store, change, &record, &number);
	record.version = (uint64_t)number;
	write_payload(&payload, change->policy, change->detail);
	if (error == 0)
		error = buffer_error(&payload);
	return error == 0 ? audit_append(&store->audit, &record,
					 (const char *)payload.data)
			  : error;
}

/* --- held against the log --- */

static bool same_bytes(const struct query *query, int column, bool there,
		       const uint8_t hash[HASH_SIZE])
{
	if (query_column_null(query, column) || !there)
		return query_column_null(query, column) && !there;
	return view_equal(query_column_bytes(query, column),
			  view_of(hash, HASH_SIZE));
}

static bool fits(const struct query *query, const struct record *record)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(PAYLOAD_MAX);
	char object[64];

	(void)snprintf(object, sizeof(object), "config:%s",
		       query_column_text(query, 1));
	write_payload(&payload, query_column_text(query, 8),
		      query_column_text(query, 9));
	return buffer_error(&payload) == 0 &&
	       strcmp(record->object, object) == 0 &&
	       (int64_t)record->version == query_column_integer(query, 0) &&
	       strcmp(record->outcome, query_column_text(query, 2)) == 0 &&
	       strcmp(record->reason, query_column_text(query, 3)) == 0 &&
	       strcmp(record->actor, query_column_text(query, 4)) == 0 &&
	       record->time_ms == query_column_integer(query, 5) &&
	       same_bytes(query, 6, record->has_before, record->before) &&
	       same_bytes(query, 7, record->has_after, record->after) &&
	       strcmp(query_column_text(query, 11),
		      (const char *)payload.data) == 0;
}

static int check_rows(struct database *database, change_report *report,
		      void *context)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT c.number, subject, outcome, reason, actor, time_ms,"
	    " before_sha256, after_sha256, policy, detail,"
	    " coalesce(e.line, ''), coalesce(p.payload, ''), c.tenant"
	    " FROM config_change c"
	    " LEFT JOIN audit_entry e ON e.year = c.year AND e.seq = c.seq"
	    " LEFT JOIN audit_payload p ON p.year = c.year AND p.seq = c.seq"
	    " WHERE c.year NOT IN (SELECT tree FROM log_destroyed)");
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record;
		char object[64];

		if (record_read(query_column_bytes(&query, 10), &record) == 0 &&
		    fits(&query, &record) &&
		    strcmp(query_column_text(&query, 12), "default") == 0)
			continue;
		(void)snprintf(object, sizeof(object), "config:%lld",
			       (long long)query_column_integer(&query, 0));
		report(context, object);
	}
	return result;
}

/* Records whose row is gone. */
static int check_records(struct database *database, change_report *report,
			 void *context)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT line FROM audit_entry e WHERE"
		      " instr(line, '\"object\":\"config:') > 0"
		      " AND NOT EXISTS (SELECT 1 FROM config_change c"
		      "  WHERE c.year = e.year AND c.seq = e.seq)");
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record;

		if (record_read(query_column_bytes(&query, 0), &record) == 0 &&
		    strncmp(record.object, "config:", 7) == 0)
			report(context, record.object);
	}
	return result;
}

int change_check(struct database *database, change_report *report,
		 void *context)
{
	int error = check_rows(database, report, context);

	return error == 0 ? check_records(database, report, context) : error;
}
