/* Users: one for each person, never deleted, login names never used again. */
#include "quarantine/people/people.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include <sodium.h>

#include "base/banned.h"

#define USER_COLUMNS                                                           \
	"SELECT user.number, user.version, user.login, user.name, user.mail,"  \
	" o.name, user.source, user.state, user.failures, user.locked_ms,"     \
	" user.login_ms,"                                                      \
	" (SELECT coalesce(sum(DISTINCT CASE role WHEN 'staff' THEN 1"         \
	"  WHEN 'reviewer' THEN 2 WHEN 'approver' THEN 4"                      \
	"  WHEN 'administrator' THEN 8 WHEN 'auditor' THEN 16 END), 0)"        \
	"  FROM role_grant g WHERE g.user = user.number"                       \
	"  AND g.ended_ms IS NULL)"                                            \
	" FROM user JOIN org_unit o ON o.number = user.unit"

static int read_row(struct query *query, struct user *ret_user)
{
	int result = query_step(query);

	*ret_user = (struct user){0};
	if (result != 1)
		return result;
	ret_user->number = query_column_integer(query, 0);
	ret_user->version = query_column_integer(query, 1);
	(void)text_copy(ret_user->login, sizeof(ret_user->login),
			query_column_text(query, 2));
	(void)text_copy(ret_user->name, sizeof(ret_user->name),
			query_column_text(query, 3));
	(void)text_copy(ret_user->mail, sizeof(ret_user->mail),
			query_column_text(query, 4));
	(void)text_copy(ret_user->unit, sizeof(ret_user->unit),
			query_column_text(query, 5));
	ret_user->directory =
	    strcmp(query_column_text(query, 6), "directory") == 0;
	ret_user->active = strcmp(query_column_text(query, 7), "active") == 0;
	ret_user->failures = query_column_integer(query, 8);
	ret_user->locked_ms = query_column_integer(query, 9);
	ret_user->login_ms = query_column_integer(query, 10);
	ret_user->roles = (unsigned)query_column_integer(query, 11);
	return 0;
}

int user_read(struct store *store, int64_t number, struct user *ret_user)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, USER_COLUMNS " WHERE user.number = ?");

	query_integer(&query, number);
	return read_row(&query, ret_user);
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

int user_find(struct store *store, const char *login, struct user *ret_user)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, USER_COLUMNS
		       " WHERE user.tenant = tenant() AND user.login = ?");
	char key[USER_LOGIN_MAX + 1];

	*ret_user = (struct user){0};
	if (!text_copy(key, sizeof(key), login))
		return 0;
	lower(key);
	query_text(&query, key);
	return read_row(&query, ret_user);
}

bool user_login_valid(const char *login)
{
	size_t length = strlen(login);

	if (length == 0 || length > USER_LOGIN_MAX ||
	    strchr("._-@+", login[0]) != NULL)
		return false;
	return strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-@+") ==
	       length;
}

/* What is shown of a person: no controls, and nothing that turns text round. */
static bool shown_valid(const char *text, size_t most, bool needed)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);

	if (strlen(text) > most || (needed && text[0] == '\0') ||
	    !utf8_valid(view_of_string(text)))
		return false;
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (character < 0x20 || utf8_is_unsafe(character))
			return false;
	}
	return true;
}

static int check_user(struct store *store, const struct user *user,
		      int64_t *ret_unit)
{
	int error;

	if (!shown_valid(user->name, USER_NAME_MAX, true) ||
	    !shown_valid(user->mail, USER_MAIL_MAX, false))
		return -ERR_PARAMETER;
	error = unit_find(store, user->unit, ret_unit);
	return error == -ERR_NOT_FOUND ? -ERR_PARAMETER : error;
}

json_t *user_payload(const struct user *user)
{
	return json_pack("{s:s, s:s}", "login", user->login, "name",
			 user->name);
}

static int finish(struct subject_change *change, const char *action,
		  const char *reason, const struct user *user,
		  const char *outcome)
{
	json_t *payload = user_payload(user);
	int error = payload == NULL
			? -ERR_MEMORY
			: subject_finish(change, action, reason, outcome,
					 user->unit, payload);

	json_decref(payload);
	return error;
}

static int insert(struct subject_change *change, const struct user *user,
		  int64_t unit)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO user (number, object, tenant, login, name, mail, unit,"
	    " source, state, reason, failures, failed_ms, locked_ms, login_ms,"
	    " created_ms, updated_ms, salt, version) VALUES (?1, 'user:' || ?1,"
	    " tenant(), ?2, ?3, ?4, ?5, ?6, 'active', '', 0, 0, 0,"
	    " 0, ?7, ?7, ?8, 1)");
	uint8_t salt[HASH_SIZE];

	randombytes_buf(salt, sizeof(salt));
	query_integer(&query, change->number);
	query_text(&query, user->login);
	query_text(&query, user->name);
	query_text(&query, user->mail);
	query_integer(&query, unit);
	query_text(&query, user->directory ? "directory" : "local");
	query_integer(&query, change->record.time_ms);
	query_bytes(&query, view_of(salt, sizeof(salt)));
	return query_run(&query);
}

int user_create(struct store *store, const struct doer *doer,
		const struct user *user, int64_t *ret_number)
{
	struct subject_change change = {0};
	struct user made = *user;
	struct user other;
	int64_t unit = 0;
	int error;

	lower(made.login);
	if (!user_login_valid(made.login))
		return -ERR_PARAMETER;
	error = check_user(store, &made, &unit);
	if (error == 0)
		error = user_find(store, made.login, &other);
	if (error == 0 && other.number != 0)
		error = -ERR_EXISTS;
	if (error == 0)
		error = subject_begin_new(store, doer, SUBJECT_USER, &change);
	if (error == 0)
		error = insert(&change, &made, unit);
	if (error == 0)
		error = finish(&change, "user.create", "", &made, "active");
	if (error == 0)
		*ret_number = change.number;
	return error;
}

int user_touch(struct subject_change *change)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE user SET version = version + 1, updated_ms = ?"
		       " WHERE number = ?");

	query_integer(&query, change->record.time_ms);
	query_integer(&query, change->number);
	return query_run(&query);
}

static int update_row(struct subject_change *change, const struct user *user,
		      int64_t unit)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "UPDATE user SET version = version + 1, updated_ms = ?, name = ?,"
	    " mail = ?, unit = ? WHERE number = ?");

	query_integer(&query, change->record.time_ms);
	query_text(&query, user->name);
	query_text(&query, user->mail);
	query_integer(&query, unit);
	query_integer(&query, change->number);
	return query_run(&query);
}

int user_update(struct store *store, const struct doer *doer, int64_t number,
		const struct user *user)
{
	struct subject_change change = {0};
	struct user now;
	int64_t unit = 0;
	int error = check_user(store, user, &unit);

	if (error == 0)
		error =
		    subject_begin(store, doer, SUBJECT_USER, number, &change);
	if (error == 0)
		error = update_row(&change, user, unit);
	if (error == 0)
		error = user_read(store, number, &now);
	return error != 0 ? error
			  : finish(&change, "user.update", "", &now,
				   now.active ? "active" : "disabled");
}

static int set_state(struct subject_change *change, bool active,
		     const char *reason)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "UPDATE user SET version = version + 1, updated_ms = ?, state = ?,"
	    " reason = ?, failures = 0, locked_ms = 0 WHERE number = ?");
	int error;

	query_integer(&query, change->record.time_ms);
	query_text(&query, active ? "active" : "disabled");
	query_text(&query, reason);
	query_integer(&query, change->number);
	error = query_run(&query);
	if (error == -ERR_STALE &&
	    strstr(sqlite3_errmsg(change->store->database.handle),
		   "administrators") != NULL)
		return -ERR_TWO_ADMINISTRATORS;
	return error == -ERR_STALE ? -ERR_PARAMETER : error;
}

static int end_sessions(struct subject_change *change)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "UPDATE session SET state = 'ended', ended_ms = ?,"
	    " ended_reason = 'disabled' WHERE user = ? AND ended_ms IS NULL");

	query_integer(&query, change->record.time_ms);
	query_integer(&query, change->number);
	return query_run(&query);
}

int user_set_active(struct store *store, const struct doer *doer,
		    int64_t number, bool active, const char *reason)
{
	struct subject_change change = {0};
	struct user user = {0};
	int error = user_read(store, number, &user);

	if (error == 0 && user.number == 0)
		error = -ERR_NOT_FOUND;
	if (error == 0 && user.active == active)
		error = -ERR_STALE;
	if (error == 0 && active != (reason[0] == '\0'))
		error = -ERR_PARAMETER;
	if (error == 0)
		error =
		    subject_begin(store, doer, SUBJECT_USER, number, &change);
	if (error == 0)
		error = set_state(&change, active, reason);
	if (error == 0 && !active)
		error = end_sessions(&change);
	return error != 0
		   ? error
		   : finish(&change, active ? "user.enable" : "user.disable",
			    reason, &user, active ? "active" : "disabled");
}

int user_unlock(struct store *store, const struct doer *doer, int64_t number)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "UPDATE user SET version = version + 1, updated_ms = ?,"
		       " failures = 0, locked_ms = 0 WHERE number = ?");
	struct subject_change change = {0};
	struct user user = {0};
	int error = subject_begin(store, doer, SUBJECT_USER, number, &change);

	if (error == 0)
		error = user_read(store, number, &user);
	if (error != 0)
		return error;
	query_integer(&query, doer->now_ms);
	query_integer(&query, number);
	error = query_run(&query);
	return error != 0 ? error
			  : finish(&change, "user.unlock", "", &user,
				   user.active ? "active" : "disabled");
}
