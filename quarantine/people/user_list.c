/* Users as they are shown, and those who have not come for long (AUTH-8). */
#include "quarantine/people/people.h"

#include "base/bytes.h"

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int64_t dormant_since(const struct store *store, int64_t now_ms)
{
	return now_ms - store->options.people.dormant_days * day_ms;
}

static json_t *time_value(int64_t time_ms)
{
	char text[TIME_TEXT_SIZE + 1];

	if (time_ms == 0)
		return json_null();
	time_write(time_ms, text);
	return json_string(text);
}

static json_t *role_values(unsigned roles)
{
	json_t *list = json_array();

	for (unsigned role = 1; role < 1u << ROLE_COUNT; role <<= 1)
		if ((roles & role) != 0)
			(void)json_array_append_new(
			    list, json_string(role_name(role)));
	return list;
}

/* Everybody counts from the day the account was made. */
#define LIST_COLUMNS                                                           \
	"SELECT user.number, user.version, user.login, user.name, user.mail,"  \
	" o.name, user.source, user.state, user.reason, user.locked_ms,"       \
	" user.login_ms, user.created_ms,"                                     \
	" (SELECT count(*) FROM credential c WHERE c.user = user.number"       \
	"  AND c.kind = 'password' AND c.state = 'temporary'),"                \
	" (SELECT count(*) FROM credential c WHERE c.user = user.number"       \
	"  AND c.kind = 'totp' AND c.state = 'active'),"                       \
	" (SELECT count(*) FROM credential c WHERE c.user = user.number"       \
	"  AND c.kind = 'fido2' AND c.state = 'active'),"                      \
	" (SELECT coalesce(sum(DISTINCT CASE role WHEN 'staff' THEN 1"         \
	"  WHEN 'reviewer' THEN 2 WHEN 'approver' THEN 4"                      \
	"  WHEN 'administrator' THEN 8 WHEN 'auditor' THEN 16 END), 0)"        \
	"  FROM role_grant g WHERE g.user = user.number"                       \
	"  AND g.ended_ms IS NULL)"                                            \
	" FROM user JOIN org_unit o ON o.number = user.unit"

static int write_row(struct store *store, const struct query *query,
		     int64_t now_ms, json_t *object)
{
	int64_t locked_ms = query_column_integer(query, 9);
	int64_t login_ms = query_column_integer(query, 10);
	int64_t created_ms = query_column_integer(query, 11);
	bool active = strcmp(query_column_text(query, 7), "active") == 0;
	int64_t last_ms = login_ms > created_ms ? login_ms : created_ms;
	json_t *value = json_pack(
	    "{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o,"
	    " s:b, s:b, s:i, s:b, s:o}",
	    "number", (json_int_t)query_column_integer(query, 0), "version",
	    (json_int_t)query_column_integer(query, 1), "login",
	    query_column_text(query, 2), "name", query_column_text(query, 3),
	    "mail", query_column_text(query, 4), "unit",
	    query_column_text(query, 5), "source", query_column_text(query, 6),
	    "state", query_column_text(query, 7), "reason",
	    query_column_text(query, 8), "locked_until",
	    time_value(locked_ms > now_ms ? locked_ms : 0), "last_login",
	    time_value(login_ms), "created", time_value(created_ms),
	    "temporary_password", query_column_integer(query, 12) != 0, "totp",
	    query_column_integer(query, 13) != 0, "keys",
	    (int)query_column_integer(query, 14), "dormant",
	    active && last_ms < dormant_since(store, now_ms), "roles",
	    role_values((unsigned)query_column_integer(query, 15)));
	int result = value == NULL ? -1 : json_object_update(object, value);

	json_decref(value);
	return result == 0 ? 0 : -ERR_MEMORY;
}

int user_write(struct store *store, int64_t number, int64_t now_ms,
	       json_t *object)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, LIST_COLUMNS " WHERE user.number = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_NOT_FOUND : result;
	return write_row(store, &query, now_ms, object);
}

int users_list_write(struct store *store, const struct user_filter *filter,
		     json_t *list)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       LIST_COLUMNS " WHERE user.number > ? AND (? = 0 OR"
				    " (user.state = 'active' AND max("
				    "user.login_ms, user.created_ms) < ?))"
				    " ORDER BY user.number");

	query_integer(&query, filter->after);
	query_integer(&query, filter->dormant);
	query_integer(&query, dormant_since(store, filter->now_ms));
	while ((int64_t)json_array_size(list) < filter->limit &&
	       query_step(&query) == 1) {
		json_t *object;
		int error;

		if (filter->session != NULL &&
		    !session_sees(filter->session,
				  ROLE_ADMINISTRATOR | ROLE_AUDITOR,
				  query_column_text(&query, 5)))
			continue;
		object = json_object();
		error = write_row(store, &query, filter->now_ms, object);
		if (json_array_append_new(list, object) != 0 && error == 0)
			error = -ERR_MEMORY;
		if (error != 0)
			return error;
	}
	return query.error;
}

/* One of them, 0 when there is none after `after`. */
static int next_dormant(struct store *store, int64_t after, int64_t now_ms,
			int64_t *ret_number)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT number FROM user WHERE number > ? AND"
		       " state = 'active' AND max(login_ms, created_ms) < ?"
		       " ORDER BY number LIMIT 1");
	int result;

	query_integer(&query, after);
	query_integer(&query, dormant_since(store, now_ms));
	result = query_step(&query);
	*ret_number = result == 1 ? query_column_integer(&query, 0) : 0;
	return result < 0 ? result : 0;
}

int users_dormant_due(struct store *store, int64_t now_ms, bool *ret_due)
{
	int64_t number = 0;
	int error = 0;

	*ret_due = false;
	if (store->options.people.dormant_disable == 1)
		error = next_dormant(store, 0, now_ms, &number);
	*ret_due = number != 0;
	return error;
}

int users_disable_dormant(struct store *store, int64_t now_ms,
			  size_t *ret_count)
{
	const struct doer doer = {
	    .role = "system", .source = "", .now_ms = now_ms};
	int64_t number = 0;

	*ret_count = 0;
	for (;;) {
		struct audit_state before;
		int error = next_dormant(store, number, now_ms, &number);

		if (error != 0 || number == 0)
			return error;
		error = store_change_begin(store, &before);
		if (error != 0)
			return error;
		error = store_change_end(
		    store, &before,
		    user_set_active(store, &doer, number, false, "dormant"));
		if (error == 0)
			(*ret_count)++;
		else if (error != -ERR_TWO_ADMINISTRATORS)
			return error;
	}
}

int administrators_count(struct store *store, int64_t *ret_count)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT count(DISTINCT g.user) FROM role_grant g JOIN user u"
	    " ON u.number = g.user JOIN org_unit o ON o.number = g.unit"
	    " WHERE g.role = 'administrator' AND g.ended_ms IS NULL"
	    " AND u.state = 'active' AND o.parent IS NULL");
	int result = query_step(&query);

	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_count = query_column_integer(&query, 0);
	return 0;
}
