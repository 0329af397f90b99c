/* Who stands behind a token, for every call; and what a user sees of his own
 * sessions. */
#include "quarantine/console/session.h"

#include "base/bytes.h"
#include "quarantine/people/login.h"

#include "base/banned.h"

enum { TOUCH_MS = 30 * 1000 };

/* The row of the session, not ended, not idle, of an active user. */
static int find(struct store *store, const uint8_t hash[HASH_SIZE],
		int64_t now_ms, struct session *session, int64_t *ret_used_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT s.number, s.user, u.login, u.name, u.tenant,"
	    " s.state <> 'active', s.used_ms FROM session s JOIN user u"
	    " ON u.number = s.user WHERE s.token = ? AND s.ended_ms IS NULL"
	    " AND s.expires_ms > ? AND s.used_ms > ? AND u.state = 'active'");
	int result;

	query_bytes(&query, view_of(hash, HASH_SIZE));
	query_integer(&query, now_ms);
	query_integer(&query,
		      now_ms - store->options.people.idle_seconds * 1000);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_UNAUTHENTICATED : result;
	session->number = query_column_integer(&query, 0);
	session->user = query_column_integer(&query, 1);
	(void)text_copy(session->login, sizeof(session->login),
			query_column_text(&query, 2));
	(void)text_copy(session->name, sizeof(session->name),
			query_column_text(&query, 3));
	(void)text_copy(session->tenant, sizeof(session->tenant),
			query_column_text(&query, 4));
	session->pending = query_column_integer(&query, 5) == 1;
	*ret_used_ms = query_column_integer(&query, 6);
	return 0;
}

static int read_grants(struct store *store, struct session *session)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT g.role, o.name FROM role_grant g JOIN org_unit o"
	    " ON o.number = g.unit WHERE g.user = ? AND g.ended_ms IS NULL"
	    " ORDER BY o.number, g.number");

	query_integer(&query, session->user);
	while (session->grant_count < SESSION_GRANTS_MAX &&
	       query_step(&query) == 1) {
		unsigned role = role_by_name(query_column_text(&query, 0));
		const char *unit = query_column_text(&query, 1);
		size_t count = session->grant_count;
		struct grant *grant = &session->grants[count];

		session->roles |= role;
		if (count > 0 && strcmp(grant[-1].unit, unit) == 0) {
			grant[-1].roles |= role;
			continue;
		}
		grant->roles = role;
		(void)text_copy(grant->unit, sizeof(grant->unit), unit);
		session->grant_count++;
	}
	return query.error;
}

/* To the half minute: not every call is a write. */
static int touch(struct store *store, int64_t number, int64_t used_ms,
		 int64_t now_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "UPDATE session SET used_ms = ? WHERE number = ?");
	int64_t idle_ms = store->options.people.idle_seconds * 1000;
	int64_t step_ms = idle_ms / 4 < TOUCH_MS ? idle_ms / 4 : TOUCH_MS;
	int error;

	if (now_ms < used_ms + step_ms)
		return 0;
	error = store_begin(store);
	query_integer(&query, now_ms);
	query_integer(&query, number);
	return error != 0 ? error : query_run(&query);
}

int session_find(struct store *store, const char *token, int64_t now_ms,
		 struct session *ret_session)
{
	uint8_t hash[HASH_SIZE];
	int64_t used_ms = 0;
	int error;

	*ret_session = (struct session){.database = &store->database};
	if (strlen(token) != TOKEN_TEXT_SIZE)
		return -ERR_UNAUTHENTICATED;
	hash_bytes(view_of_string(token), hash);
	error = find(store, hash, now_ms, ret_session, &used_ms);
	if (error == 0)
		error = touch(store, ret_session->number, used_ms, now_ms);
	return error != 0 ? error : read_grants(store, ret_session);
}

static json_t *time_value(const struct query *query, int column)
{
	char text[TIME_TEXT_SIZE + 1];

	if (query_column_integer(query, column) == 0)
		return json_null();
	time_write(query_column_integer(query, column), text);
	return json_string(text);
}

int sessions_write(struct store *store, int64_t user, int64_t current,
		   json_t *list)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT number, state, source, created_ms, used_ms,"
		       " expires_ms FROM session WHERE user = ?"
		       " AND ended_ms IS NULL ORDER BY number DESC");
	int result;

	query_integer(&query, user);
	while ((result = query_step(&query)) == 1) {
		int64_t number = query_column_integer(&query, 0);
		json_t *session = json_pack(
		    "{s:I, s:s, s:s, s:o, s:o, s:o, s:b}", "number",
		    (json_int_t)number, "state", query_column_text(&query, 1),
		    "source", query_column_text(&query, 2), "created",
		    time_value(&query, 3), "used", time_value(&query, 4),
		    "expires", time_value(&query, 5), "current",
		    number == current);

		if (json_array_append_new(list, session) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int events_write(struct store *store, int64_t user, int64_t before,
		 int64_t limit, json_t *list)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT number, time_ms, kind, reason, source, session"
		       " FROM login_event WHERE user = ? AND number < ?"
		       " ORDER BY number DESC LIMIT ?");
	int result;

	query_integer(&query, user);
	query_integer(&query, before == 0 ? INT64_MAX : before);
	query_integer(&query, limit);
	while ((result = query_step(&query)) == 1) {
		json_t *event = json_pack(
		    "{s:I, s:o, s:s, s:s, s:s, s:o}", "number",
		    (json_int_t)query_column_integer(&query, 0), "time",
		    time_value(&query, 1), "kind", query_column_text(&query, 2),
		    "reason", query_column_text(&query, 3), "source",
		    query_column_text(&query, 4), "session",
		    query_column_null(&query, 5)
			? json_null()
			: json_integer(
			      (json_int_t)query_column_integer(&query, 5)));

		if (json_array_append_new(list, event) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int last_write(struct store *store, int64_t user, int64_t session,
	       json_t *object)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "WITH earlier AS (SELECT * FROM login_event WHERE user = ?1"
	    "  AND number < coalesce((SELECT max(number) FROM login_event"
	    "   WHERE user = ?1 AND session = ?2 AND kind = 'login'),"
	    "   9223372036854775807)),"
	    " last AS (SELECT coalesce(max(number), 0) AS number FROM earlier"
	    "  WHERE kind = 'login')"
	    " SELECT coalesce((SELECT max(time_ms) FROM earlier"
	    "  WHERE kind = 'login'), 0),"
	    " coalesce((SELECT max(time_ms) FROM earlier"
	    "  WHERE kind = 'logout'), 0),"
	    " (SELECT count(*) FROM earlier, last WHERE kind = 'failed'"
	    "  AND earlier.number > last.number)");
	int result;

	query_integer(&query, user);
	query_integer(&query, session);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	if (json_object_set_new(object, "last_login", time_value(&query, 0)) !=
		0 ||
	    json_object_set_new(object, "last_logout", time_value(&query, 1)) !=
		0 ||
	    json_object_set_new(
		object, "failures_since",
		json_integer((json_int_t)query_column_integer(&query, 2))) != 0)
		return -ERR_MEMORY;
	return 0;
}
