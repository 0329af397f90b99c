#include "quarantine/people/login.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

static const char *const state_names[] = {
    "second_factor", "password", "enrol", "active", "ended",
};

const char *login_state_name(enum login_state state)
{
	return state_names[state];
}

static enum login_state state_by_name(const char *name)
{
	for (int i = LOGIN_SECOND_FACTOR; i < LOGIN_ENDED; i++)
		if (strcmp(state_names[i], name) == 0)
			return (enum login_state)i;
	return LOGIN_ENDED;
}

int login_read(struct store *store, int64_t number, struct login *ret_login)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT user, state, created_ms, used_ms, expires_ms"
		       " FROM session WHERE number = ? AND ended_ms IS NULL");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_NOT_FOUND : result;
	*ret_login = (struct login){
	    .number = number,
	    .user = query_column_integer(&query, 0),
	    .state = state_by_name(query_column_text(&query, 1)),
	    .created_ms = query_column_integer(&query, 2),
	    .used_ms = query_column_integer(&query, 3),
	    .expires_ms = query_column_integer(&query, 4),
	};
	return 0;
}

static void make_token(char ret_token[TOKEN_TEXT_SIZE + 1],
		       uint8_t ret_hash[HASH_SIZE])
{
	uint8_t bytes[TOKEN_TEXT_SIZE / 2];

	randombytes_buf(bytes, sizeof(bytes));
	(void)sodium_bin2hex(ret_token, TOKEN_TEXT_SIZE + 1, bytes,
			     sizeof(bytes));
	hash_bytes(view_of(ret_token, TOKEN_TEXT_SIZE), ret_hash);
	sodium_memzero(bytes, sizeof(bytes));
}

/* --- what comes next --- */

static bool needs_second_factor(const struct store *store, unsigned roles)
{
	switch (store->options.people.second_factor) {
	case SECOND_FACTOR_OPTIONAL:
		return false;
	case SECOND_FACTOR_ADMINISTRATORS:
		return (roles & (ROLE_ADMINISTRATOR | ROLE_AUDITOR)) != 0;
	default:
		return true;
	}
}

/* `done` is the state that was just fulfilled; LOGIN_ENDED: only the
 * password. */
static int next_state(struct store *store, const struct user *user,
		      enum login_state done, int64_t now_ms,
		      enum login_state *ret_state)
{
	struct password_state *password = calloc(1, sizeof(*password));
	struct factors factors = {0};
	bool has;
	int error = password == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = factors_read(store, user->number, &factors);
	if (error == 0 && !user->directory)
		error = password_read(store, user->number, now_ms, password);
	if (error == 0) {
		has = factors.totp || factors.keys > 0;
		*ret_state = LOGIN_ACTIVE;
		if (has && done == LOGIN_ENDED)
			*ret_state = LOGIN_SECOND_FACTOR;
		else if (password->temporary)
			*ret_state = LOGIN_PASSWORD;
		else if (!has && needs_second_factor(store, user->roles))
			*ret_state = LOGIN_ENROL;
	}
	if (password != NULL)
		sodium_memzero(password, sizeof(*password));
	free(password);
	return error;
}

/* --- rows --- */

static int write_event(struct subject_change *change, const char *kind,
		       int64_t session)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO login_event (tenant, user, time_ms, kind, reason,"
	    " source, session, year, seq) VALUES ((SELECT tenant FROM user"
	    " WHERE number = ?1), ?1, ?, ?, ?, ?, ?, ?, ?)");

	query_integer(&query, change->number);
	query_integer(&query, change->record.time_ms);
	query_text(&query, kind);
	query_text(&query, change->record.reason);
	query_text(&query, change->record.source);
	if (session != 0)
		query_integer(&query, session);
	else
		query_null(&query);
	query_integer(&query, change->record.year);
	query_size(&query, change->record.seq);
	return query_run(&query);
}

/* The record, and the event where `kind` is one. */
static int finish(struct subject_change *change, const char *kind,
		  const char *reason, const char *outcome, int64_t session)
{
	char action[64];
	struct user user = {0};
	json_t *payload;
	int error = user_read(change->store, change->number, &user);

	if (error != 0)
		return error;
	payload = user_payload(&user);
	if (payload == NULL ||
	    json_object_set_new(payload, "session",
				json_integer((json_int_t)session)) != 0)
		error = -ERR_MEMORY;
	(void)snprintf(action, sizeof(action), "session.%s", kind);
	if (error == 0)
		error = subject_finish(change, action, reason, outcome,
				       user.unit, payload);
	json_decref(payload);
	if (error == 0 &&
	    (strcmp(kind, "login") == 0 || strcmp(kind, "failed") == 0 ||
	     strcmp(kind, "logout") == 0))
		error = write_event(change, kind, session);
	return error;
}

static int complete_user(struct subject_change *change)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE user SET version = version + 1, updated_ms = ?1,"
		       " login_ms = ?1, failures = 0, locked_ms = 0"
		       " WHERE number = ?2");

	query_integer(&query, change->record.time_ms);
	query_integer(&query, change->number);
	return query_run(&query);
}

/* What a step ends with: the user a version on, the record. */
static int close_step(struct subject_change *change, const char *step,
		      enum login_state state, int64_t session)
{
	bool done = state == LOGIN_ACTIVE;
	int error = done ? complete_user(change) : user_touch(change);

	if (error != 0)
		return error;
	return finish(change, done ? "login" : "step", step,
		      login_state_name(state), session);
}

static int end_oldest(struct subject_change *change)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "UPDATE session SET state = 'ended', ended_ms = ?1,"
	    " ended_reason = 'replaced' WHERE user = ?2 AND ended_ms IS NULL"
	    " AND number NOT IN (SELECT number FROM session WHERE user = ?2"
	    "  AND ended_ms IS NULL ORDER BY number DESC LIMIT ?3)");

	query_integer(&query, change->record.time_ms);
	query_integer(&query, change->number);
	query_integer(&query, LOGIN_SESSIONS_MAX - 1);
	return query_run(&query);
}

static int insert(struct subject_change *change, const uint8_t *token,
		  enum login_state state, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO session (tenant, user, token, state, source,"
	    " challenge, created_ms, used_ms, expires_ms, ended_ms,"
	    " ended_reason) VALUES ((SELECT tenant FROM user"
	    " WHERE number = ?1), ?1, ?2, ?3, ?4, x'', ?5, ?5, ?6, NULL, '')");
	int64_t now_ms = change->record.time_ms;
	int error;

	query_integer(&query, change->number);
	query_bytes(&query, view_of(token, HASH_SIZE));
	query_text(&query, login_state_name(state));
	query_text(&query, change->record.source);
	query_integer(&query, now_ms);
	query_integer(&query,
		      now_ms +
			  change->store->options.people.session_seconds * 1000);
	error = query_run(&query);
	if (error == 0)
		*ret_number =
		    sqlite3_last_insert_rowid(change->store->database.handle);
	return error;
}

int login_open(struct store *store, const struct doer *doer,
	       const struct user *user, struct login_result *ret_result)
{
	struct subject_change change = {0};
	struct login_result result = {0};
	uint8_t token[HASH_SIZE];
	int error =
	    next_state(store, user, LOGIN_ENDED, doer->now_ms, &result.state);

	if (error == 0)
		error = subject_begin(store, doer, SUBJECT_USER, user->number,
				      &change);
	if (error == 0)
		error = end_oldest(&change);
	make_token(result.token, token);
	if (error == 0)
		error = insert(&change, token, result.state, &result.session);
	if (error == 0)
		error = close_step(&change, "password", result.state,
				   result.session);
	if (error == 0)
		*ret_result = result;
	sodium_memzero(&result, sizeof(result));
	return error;
}

static int move(struct subject_change *change, int64_t session,
		const uint8_t *token, enum login_state state)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE session SET token = ?, state = ?, used_ms = ?,"
		       " challenge = x'' WHERE number = ?"
		       " AND ended_ms IS NULL");

	query_bytes(&query, view_of(token, HASH_SIZE));
	query_text(&query, login_state_name(state));
	query_integer(&query, change->record.time_ms);
	query_integer(&query, session);
	return query_run(&query);
}

/* In the middle of a session a step changes no state: a password changed at
 * will, a key added. */
int login_advance(struct subject_change *change, const struct login *login,
		  const char *step, struct login_result *ret_result)
{
	struct login_result result = {.session = login->number,
				      .state = LOGIN_ACTIVE};
	struct user user = {0};
	uint8_t token[HASH_SIZE];
	int error = user_read(change->store, login->user, &user);

	if (error == 0 && login->state != LOGIN_ACTIVE)
		error = next_state(change->store, &user, login->state,
				   change->record.time_ms, &result.state);
	make_token(result.token, token);
	if (error == 0)
		error = move(change, login->number, token, result.state);
	if (error == 0 && login->state == LOGIN_ACTIVE) {
		error = user_touch(change);
		if (error == 0)
			error = finish(change, "step", step, "active",
				       login->number);
	} else if (error == 0) {
		error = close_step(change, step, result.state, login->number);
	}
	if (error == 0)
		*ret_result = result;
	sodium_memzero(&result, sizeof(result));
	return error;
}

/* --- failures --- */

bool user_is_locked(const struct user *user, int64_t now_ms)
{
	return user->locked_ms > now_ms;
}

static int count_failure(struct subject_change *change, int64_t failures,
			 int64_t locked_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE user SET version = version + 1, updated_ms = ?1,"
		       " failed_ms = ?1, failures = ?2, locked_ms = ?3"
		       " WHERE number = ?4");

	query_integer(&query, change->record.time_ms);
	query_integer(&query, failures);
	query_integer(&query, locked_ms);
	query_integer(&query, change->number);
	return query_run(&query);
}

static int end_row(struct subject_change *change, int64_t session,
		   const char *reason)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE session SET state = 'ended', ended_ms = ?,"
		       " ended_reason = ? WHERE number = ? AND user = ?"
		       " AND ended_ms IS NULL");
	int error;

	query_integer(&query, change->record.time_ms);
	query_text(&query, reason);
	query_integer(&query, session);
	query_integer(&query, change->number);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(change->store->database.handle) != 1)
		error = -ERR_NOT_FOUND;
	return error;
}

int login_fail(struct store *store, const struct doer *doer,
	       const struct user *user, const char *reason, int64_t session)
{
	const struct people_settings *settings = &store->options.people;
	bool was_locked = user_is_locked(user, doer->now_ms);
	/* A lock whose time is over begins a new count. */
	int64_t failures = user->locked_ms != 0 && !was_locked
			       ? 1
			       : user->failures + (was_locked ? 0 : 1);
	int64_t locked_ms = was_locked ? user->locked_ms : 0;
	struct subject_change change = {0};
	int error =
	    subject_begin(store, doer, SUBJECT_USER, user->number, &change);

	if (!was_locked && failures >= settings->lock_failures)
		locked_ms = doer->now_ms + settings->lock_seconds * 1000;
	if (error == 0)
		error = count_failure(&change, failures, locked_ms);
	if (error == 0 && session != 0 && locked_ms != 0)
		error = end_row(&change, session, "locked");
	if (error != 0)
		return error;
	return finish(&change, "failed",
		      was_locked     ? "locked"
		      : user->active ? reason
				     : "disabled",
		      locked_ms != 0 ? "locked" : "refused", session);
}

int login_fail_unknown(struct store *store, const struct doer *doer,
		       const char *login)
{
	json_t *payload = json_pack("{s:s}", "login", login);
	int error =
	    payload == NULL
		? -ERR_MEMORY
		: subject_note(store, doer, "session.failed", "login:unknown",
			       "unknown", "refused", payload);

	json_decref(payload);
	return error;
}

/* --- ends --- */

int login_end(struct store *store, const struct doer *doer, int64_t session,
	      int64_t user, const char *reason)
{
	struct subject_change change = {0};
	int error = subject_begin(store, doer, SUBJECT_USER, user, &change);

	if (error == 0)
		error = end_row(&change, session, reason);
	if (error == 0)
		error = user_touch(&change);
	return error != 0 ? error
			  : finish(&change, "logout", reason, "ended", session);
}

int login_end_all(struct subject_change *change, int64_t except,
		  const char *reason)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE session SET state = 'ended', ended_ms = ?,"
		       " ended_reason = ? WHERE user = ? AND number <> ?"
		       " AND ended_ms IS NULL");

	query_integer(&query, change->record.time_ms);
	query_text(&query, reason);
	query_integer(&query, change->number);
	query_integer(&query, except);
	return query_run(&query);
}

/* The next session whose time is over; 0: there is none. */
static int next_over(struct store *store, int64_t now_ms, int64_t *ret_session,
		     int64_t *ret_user, bool *ret_idle)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT number, user, expires_ms > ?1 FROM session"
		       " WHERE ended_ms IS NULL"
		       " AND (used_ms <= ?2 OR expires_ms <= ?1) LIMIT 1");
	int result;

	query_integer(&query, now_ms);
	query_integer(&query,
		      now_ms - store->options.people.idle_seconds * 1000);
	result = query_step(&query);
	*ret_session = result == 1 ? query_column_integer(&query, 0) : 0;
	*ret_user = query_column_integer(&query, 1);
	*ret_idle = query_column_integer(&query, 2) == 1;
	return result < 0 ? result : 0;
}

int logins_due(struct store *store, int64_t now_ms, bool *ret_due)
{
	int64_t session = 0;
	int64_t user;
	bool idle;
	int error = next_over(store, now_ms, &session, &user, &idle);

	*ret_due = session != 0;
	return error;
}

int logins_sweep(struct store *store, int64_t now_ms, size_t *ret_count)
{
	const struct doer doer = {
	    .role = "system", .source = "", .now_ms = now_ms};

	*ret_count = 0;
	for (;;) {
		struct audit_state before;
		int64_t session;
		int64_t user;
		bool idle;
		int error = next_over(store, now_ms, &session, &user, &idle);

		if (error != 0 || session == 0)
			return error;
		error = store_change_begin(store, &before);
		if (error != 0)
			return error;
		error = store_change_end(store, &before,
					 login_end(store, &doer, session, user,
						   idle ? "idle" : "expired"));
		if (error != 0)
			return error;
		(*ret_count)++;
	}
}
