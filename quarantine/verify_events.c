/* Rows that each tell of one record, and of no object's version: files that
 * were handed in, logins and their failures. Both ways. */
#include "quarantine/verify.h"

#include "quarantine/record.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/banned.h"

/* The record is written after its row was thought of. */
enum { SAME_MOMENT_MS = 60 * 1000 };

static void report(struct verify *verify, const struct query *query,
		   const char *object)
{
	verify_report(verify, VERIFY_STATE_EVENT,
		      &(struct place){.file = "database",
				      .seq = query_column_integer(query, 1),
				      .detail = object});
}

/* --- files --- */

/* Columns: year, seq, line, payload, id, tenant, department, name, bytes, time,
 * whose it is, whose record it is. */
static const char uploads_sql[] =
    "SELECT u.year, u.seq, coalesce(e.line, ''), coalesce(p.payload, ''),"
    " u.id, u.tenant, u.department, u.name, u.bytes, u.time_ms,"
    " coalesce(user.login, 'client:' || -u.user),"
    " coalesce(s.tenant, 'default') FROM upload u"
    " LEFT JOIN audit_entry e ON e.year = u.year AND e.seq = u.seq"
    " LEFT JOIN audit_payload p ON p.year = u.year AND p.seq = u.seq"
    " LEFT JOIN audit_scope s ON s.year = u.year AND s.seq = u.seq"
    " LEFT JOIN user ON user.number = u.user"
    " WHERE u.year NOT IN (SELECT tree FROM log_destroyed)";

static bool payload_is(struct view text, const char *name, int64_t bytes)
{
	json_t *payload =
	    json_loadb((const char *)text.data, text.size, 0, NULL);
	const char *said = json_string_value(json_object_get(payload, "name"));
	bool same =
	    said != NULL && strcmp(said, name) == 0 &&
	    json_integer_value(json_object_get(payload, "bytes")) == bytes;

	json_decref(payload);
	return same;
}

static bool upload_fits(const struct query *query)
{
	struct record record;
	char object[RECORD_TEXT_MAX + 1];

	(void)snprintf(object, sizeof(object), "upload:%s",
		       query_column_text(query, 4));
	return record_read(query_column_bytes(query, 2), &record) == 0 &&
	       strcmp(record.action, "file.hand_in") == 0 &&
	       strcmp(record.object, object) == 0 &&
	       strcmp(record.unit, query_column_text(query, 6)) == 0 &&
	       strcmp(record.actor, query_column_text(query, 10)) == 0 &&
	       strcmp(query_column_text(query, 5),
		      query_column_text(query, 11)) == 0 &&
	       llabs(record.time_ms - query_column_integer(query, 9)) <
		   SAME_MOMENT_MS &&
	       payload_is(query_column_bytes(query, 3),
			  query_column_text(query, 7),
			  query_column_integer(query, 8));
}

static int check_uploads(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(database, uploads_sql);
	int result;

	while ((result = query_step(&query)) == 1)
		if (!upload_fits(&query))
			report(verify, &query, query_column_text(&query, 4));
	return result;
}

/* --- logins --- */

/* Columns: year, seq, line, payload, user, tenant, time, kind, reason, source,
 * session, the user's tenant. */
static const char logins_sql[] =
    "SELECT l.year, l.seq, coalesce(e.line, ''), coalesce(p.payload, ''),"
    " l.user, l.tenant, l.time_ms, l.kind, l.reason, l.source,"
    " coalesce(l.session, 0), coalesce(u.tenant, '') FROM login_event l"
    " LEFT JOIN audit_entry e ON e.year = l.year AND e.seq = l.seq"
    " LEFT JOIN audit_payload p ON p.year = l.year AND p.seq = l.seq"
    " LEFT JOIN user u ON u.number = l.user"
    " WHERE l.year NOT IN (SELECT tree FROM log_destroyed)";

static bool session_is(struct view text, int64_t session)
{
	json_t *payload =
	    json_loadb((const char *)text.data, text.size, 0, NULL);
	const json_t *said = json_object_get(payload, "session");
	bool same =
	    json_is_integer(said) && json_integer_value(said) == session;

	json_decref(payload);
	return same;
}

static bool login_fits(const struct query *query)
{
	struct record record;
	char object[RECORD_TEXT_MAX + 1];
	char action[RECORD_TEXT_MAX + 1];

	(void)snprintf(object, sizeof(object), "user:%" PRId64,
		       query_column_integer(query, 4));
	(void)snprintf(action, sizeof(action), "session.%s",
		       query_column_text(query, 7));
	return record_read(query_column_bytes(query, 2), &record) == 0 &&
	       strcmp(record.object, object) == 0 &&
	       strcmp(record.action, action) == 0 &&
	       strcmp(record.reason, query_column_text(query, 8)) == 0 &&
	       strcmp(record.source, query_column_text(query, 9)) == 0 &&
	       record.time_ms == query_column_integer(query, 6) &&
	       strcmp(query_column_text(query, 5),
		      query_column_text(query, 11)) == 0 &&
	       session_is(query_column_bytes(query, 3),
			  query_column_integer(query, 10));
}

static int check_logins(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(database, logins_sql);
	char object[RECORD_TEXT_MAX + 1];
	int result;

	while ((result = query_step(&query)) == 1) {
		(void)snprintf(object, sizeof(object), "user:%" PRId64,
			       query_column_integer(&query, 4));
		if (!login_fits(&query))
			report(verify, &query, object);
	}
	return result;
}

/* --- the reverse, and what has no record --- */

/* Each record of these kinds has one row, whose number tells the order. */
static const char lost_sql[] =
    "SELECT e.year, e.seq, e.line FROM audit_entry e WHERE"
    " (instr(e.line, '\"action\":\"file.hand_in\"') > 0 AND"
    "  (SELECT count(*) FROM upload u WHERE u.year = e.year"
    "   AND u.seq = e.seq) <> 1)"
    " OR ((instr(e.line, '\"action\":\"session.login\"') > 0"
    "   OR instr(e.line, '\"action\":\"session.logout\"') > 0"
    "   OR instr(e.line, '\"action\":\"session.failed\"') > 0)"
    "  AND instr(e.line, '\"object\":\"user:') > 0"
    "  AND (SELECT count(*) FROM login_event l WHERE l.year = e.year"
    "   AND l.seq = e.seq) <> 1)"
    " UNION ALL SELECT l.year, l.seq, '' FROM login_event l"
    " JOIN login_event m ON m.number = (SELECT min(number) FROM login_event"
    "  WHERE number > l.number) WHERE (m.year, m.seq) <= (l.year, l.seq)";

static int check_lost(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(database, lost_sql);
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record = {0};

		if (record_read(query_column_bytes(&query, 2), &record) != 0)
			record.object[0] = '\0';
		report(verify, &query, record.object);
	}
	return result;
}

/* The root that every database begins with is the only department without a
 * record. */
static int check_root(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT count(*) = 1 AND sum(number = 1 AND parent IS NULL AND"
	    " tenant = 'default' AND name = '' AND state = 'active'"
	    " AND object IS NULL) = 1 FROM org_unit WHERE version = 0");
	int result = query_step(&query);

	if (result < 0)
		return result;
	if (result == 0 || query_column_integer(&query, 0) != 1)
		verify_report(verify, VERIFY_STATE_VERSION,
			      &(struct place){.file = "database",
					      .seq = -1,
					      .detail = "unit:1"});
	return 0;
}

int verify_events(struct verify *verify, struct database *database)
{
	int error = check_uploads(verify, database);

	if (error == 0)
		error = check_logins(verify, database);
	if (error == 0)
		error = check_lost(verify, database);
	return error == 0 ? check_root(verify, database) : error;
}
