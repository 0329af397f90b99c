/* Roles: who may do what, over which part of the tree of departments. */
#include "quarantine/people/people.h"

#include "base/bytes.h"

#include "base/banned.h"

static const char *const names[ROLE_COUNT] = {
    "staff", "reviewer", "approver", "administrator", "auditor",
};

const char *role_name(unsigned role)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (role == 1u << i)
			return names[i];
	return "";
}

unsigned role_by_name(const char *name)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (strcmp(name, names[i]) == 0)
			return 1u << i;
	return 0;
}

void roles_write(unsigned roles, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = ROLE_COUNT; i-- > 0;) {
		int length;

		if ((roles & 1u << i) == 0)
			continue;
		length = snprintf(text + used, size - used, "%s%s",
				  used == 0 ? "" : ",", names[i]);
		if (length < 0 || (size_t)length >= size - used)
			return;
		used += (size_t)length;
	}
}

static int refusal(struct store *store)
{
	const char *text = sqlite3_errmsg(store->database.handle);

	if (strstr(text, "acts and audits") != NULL ||
	    strstr(text, "CHECK") != NULL)
		return -ERR_ROLES_SEPARATE;
	if (strstr(text, "administrators") != NULL)
		return -ERR_TWO_ADMINISTRATORS;
	return strstr(text, "UNIQUE") != NULL ? -ERR_EXISTS : -ERR_STALE;
}

static int insert(struct subject_change *change, const struct doer *doer,
		  unsigned role, int64_t unit, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO role_grant (tenant, user, role, unit, granted_ms,"
	    " granted_by, ended_ms, ended_by, ended_reason)"
	    " VALUES ((SELECT tenant FROM user WHERE number = ?1), ?1,"
	    " ?, ?, ?, ?, NULL, NULL, '')");
	int error;

	query_integer(&query, change->number);
	query_text(&query, role_name(role));
	query_integer(&query, unit);
	query_integer(&query, doer->now_ms);
	if (doer->user != 0)
		query_integer(&query, doer->user);
	else
		query_null(&query);
	error = query_run(&query);
	if (error == -ERR_STALE)
		return refusal(change->store);
	if (error == 0)
		*ret_number =
		    sqlite3_last_insert_rowid(change->store->database.handle);
	return error;
}

/* The record of a role given or taken: which and over what is no secret. */
static int finish(struct subject_change *change, const char *action,
		  const char *role, int64_t unit, const char *reason)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "SELECT name FROM org_unit WHERE number = ?");
	struct user user = {0};
	json_t *payload;
	int error = user_touch(change);

	query_integer(&query, unit);
	if (error == 0)
		error = query_step(&query) == 1 ? 0 : -ERR_INTERNAL;
	if (error == 0)
		error = user_read(change->store, change->number, &user);
	if (error != 0)
		return error;
	payload = user_payload(&user);
	if (payload == NULL ||
	    json_object_set_new(payload, "role", json_string(role)) != 0)
		error = -ERR_MEMORY;
	if (error == 0)
		error = subject_finish(change, action, reason, role,
				       query_column_text(&query, 0), payload);
	json_decref(payload);
	return error;
}

int grant_add(struct store *store, const struct doer *doer, int64_t user,
	      unsigned role, int64_t unit, int64_t *ret_number)
{
	struct subject_change change = {0};
	int error = role_name(role)[0] == '\0' ? -ERR_PARAMETER : 0;

	if (error == 0 && doer->user == user)
		error = -ERR_ROLES_SEPARATE;
	if (error == 0)
		error = subject_begin(store, doer, SUBJECT_USER, user, &change);
	if (error == 0)
		error = insert(&change, doer, role, unit, ret_number);
	return error != 0
		   ? error
		   : finish(&change, "grant.add", role_name(role), unit, "");
}

static int end_row(struct store *store, const struct doer *doer, int64_t number,
		   bool emergency)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "UPDATE role_grant SET ended_ms = ?, ended_by = ?,"
	    " ended_reason = ? WHERE number = ? AND ended_ms IS NULL");
	int error;

	query_integer(&query, doer->now_ms);
	if (doer->user != 0)
		query_integer(&query, doer->user);
	else
		query_null(&query);
	query_text(&query, emergency ? "emergency" : "ended");
	query_integer(&query, number);
	error = query_run(&query);
	return error == -ERR_STALE ? refusal(store) : error;
}

int grant_end(struct store *store, const struct doer *doer, int64_t number,
	      bool emergency)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT user, role, unit FROM role_grant"
			      " WHERE number = ? AND ended_ms IS NULL");
	struct subject_change change = {0};
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_NOT_FOUND : result;
	result = subject_begin(store, doer, SUBJECT_USER,
			       query_column_integer(&query, 0), &change);
	if (result == 0)
		result = end_row(store, doer, number, emergency);
	return result != 0
		   ? result
		   : finish(&change, "grant.end", query_column_text(&query, 1),
			    query_column_integer(&query, 2),
			    emergency ? "emergency" : "");
}

int grant_find(struct store *store, int64_t number, int64_t *ret_user,
	       char ret_unit[DEPARTMENT_MAX + 1])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT g.user, o.name FROM role_grant g JOIN org_unit o"
	    " ON o.number = g.unit WHERE g.number = ? AND ended_ms IS NULL");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_NOT_FOUND : result;
	*ret_user = query_column_integer(&query, 0);
	(void)text_copy(ret_unit, DEPARTMENT_MAX + 1,
			query_column_text(&query, 1));
	return 0;
}

int grants_list(struct store *store, int64_t user, json_t *list)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT g.number, g.role, o.name, g.granted_ms, by.login"
	    " FROM role_grant g JOIN org_unit o ON o.number = g.unit"
	    " LEFT JOIN user by ON by.number = g.granted_by"
	    " WHERE g.user = ? AND g.ended_ms IS NULL ORDER BY g.number");
	int result;

	query_integer(&query, user);
	while ((result = query_step(&query)) == 1) {
		char time[TIME_TEXT_SIZE + 1];
		json_t *grant;

		time_write(query_column_integer(&query, 3), time);
		grant = json_pack("{s:I, s:s, s:s, s:s, s:s?}", "number",
				  (json_int_t)query_column_integer(&query, 0),
				  "role", query_column_text(&query, 1), "unit",
				  query_column_text(&query, 2), "granted", time,
				  "by",
				  query_column_null(&query, 4)
				      ? NULL
				      : query_column_text(&query, 4));
		if (json_array_append_new(list, grant) != 0)
			return -ERR_MEMORY;
	}
	return result;
}
