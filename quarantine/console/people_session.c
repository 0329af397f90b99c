/* Logging in and out, and what users see and do about themselves. */
#include "quarantine/console/people.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

enum { CODE_MAX = 64, EVENTS_DEFAULT = 50, EVENTS_MAX = 200 };

/* --- the password --- */

/* One answer and one cost for everybody who is not let in. */
static int refuse(struct call *call, const struct doer *doer,
		  const struct user *user, const char *login)
{
	int error;

	throttle_count(call->source, call->now_ms);
	error = user->number == 0
		    ? login_fail_unknown(call->store, doer, login)
		    : login_fail(call->store, doer, user, "password", 0);
	call->keep = error == 0;
	return error != 0 ? error : -ERR_LOGIN_REFUSED;
}

static bool may_enter(const struct call *call, const struct user *user)
{
	return user->number != 0 && user->active &&
	       !user_is_locked(user, call->now_ms);
}

static int finish_login(struct call *call, void *data, int result)
{
	struct password_work *work = data;
	struct login_result login = {0};
	struct user user = {0};
	char role[DOER_ROLE_SIZE];
	struct doer doer;
	bool by_directory = call->slow.waits;
	int error = user_find(call->store, work->login, &user);

	/* A directory that does not answer is nobody's failure. */
	if (error == 0 && by_directory && result == -ERR_UNAVAILABLE)
		error = result;
	if (error == 0 && by_directory && result == 0 &&
	    (user.number == 0 || may_enter(call, &user)))
		result = directory_update(call, work, &user);
	if (error != 0)
		return error;
	doer = call_doer(call, role);
	/* Tries that were under way when the account was locked count too. */
	if (result != 0 || !may_enter(call, &user))
		return refuse(call, &doer, &user, work->login);
	doer.user = user.number;
	roles_write(user.roles, role, sizeof(role));
	error = login_open(call->store, &doer, &user, &login);
	if (error == 0)
		error = call_answer_login(call, &login);
	sodium_memzero(&login, sizeof(login));
	return error;
}

/* The hash to be matched: none where the account cannot be used. */
static int find_hash(struct call *call, struct password_work *work)
{
	struct password_state *state;
	int error = user_find(call->store, work->login, &work->user);

	if (error != 0 || work->user.number == 0 || !work->user.active ||
	    user_is_locked(&work->user, call->now_ms))
		return error;
	state = sodium_malloc(sizeof(*state));
	if (state == NULL)
		return -ERR_MEMORY;
	error =
	    password_read(call->store, work->user.number, call->now_ms, state);
	if (error == 0 && !state->expired)
		(void)text_copy(work->hash, sizeof(work->hash), state->hash);
	sodium_free(state);
	return error;
}

int session_login(struct call *call)
{
	struct password_work *work;
	int error;

	if (throttle_is_full(call->source, call->now_ms))
		return -ERR_TOO_MANY;
	work = password_work_new();
	if (work == NULL)
		return -ERR_MEMORY;
	parameter_text(call, "login", REQUIRED, work->login,
		       sizeof(work->login));
	parameter_text(call, "password", REQUIRED, work->password,
		       sizeof(work->password));
	error = parameters_end(call);
	if (error == 0)
		error = find_hash(call, work);
	if (error != 0) {
		sodium_free(work);
		return error;
	}
	if (!directory_decides(work))
		return call_slow(call, work_verify, finish_login, work);
	error = call_slow(call, work_directory, finish_login, work);
	call->slow.waits = true;
	return error;
}

/* --- the second factor --- */

/* On failure what was written so far is undone by who calls, the failure is
 * counted by itself. */
static int use_code(struct call *call, const struct login *login,
		    const struct doer *doer, const char *code,
		    const char *recovery, struct login_result *ret_result)
{
	bool by_recovery = recovery[0] != '\0';
	struct subject_change change = {0};
	int error = subject_begin(call->store, doer, SUBJECT_USER, login->user,
				  &change);

	if (error == 0)
		error = by_recovery ? recovery_use(&change, recovery)
				    : totp_use(&change, code);
	return error != 0 ? error
			  : login_advance(&change, login,
					  by_recovery ? "recovery" : "totp",
					  ret_result);
}

int call_fail_factor(struct call *call, const struct login *login)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct user user = {0};
	int error = user_read(call->store, login->user, &user);

	if (error == 0)
		error = login_fail(call->store, &doer, &user, "second_factor",
				   login->number);
	throttle_count(call->source, call->now_ms);
	call->keep = error == 0;
	return error != 0 ? error : -ERR_CODE_WRONG;
}

int call_second_factor_login(struct call *call, struct login *ret_login)
{
	struct user user = {0};
	int error = login_read(call->store, call->session.number, ret_login);

	if (error == 0 && ret_login->state != LOGIN_SECOND_FACTOR)
		error = -ERR_STALE;
	if (error == 0)
		error = user_read(call->store, ret_login->user, &user);
	if (error == 0 && user_is_locked(&user, call->now_ms))
		error = -ERR_CODE_WRONG;
	return error;
}

int session_second_factor(struct call *call)
{
	char code[CODE_MAX];
	char recovery[CODE_MAX];
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct login_result result = {0};
	struct login login = {0};
	int error;

	parameter_text(call, "code", OPTIONAL, code, sizeof(code));
	parameter_text(call, "recovery", OPTIONAL, recovery, sizeof(recovery));
	error = parameters_end(call);
	if (error == 0 && (code[0] == '\0') == (recovery[0] == '\0'))
		error = parameter_refuse(call, "code");
	if (error == 0)
		error = call_second_factor_login(call, &login);
	if (error == 0)
		error = use_code(call, &login, &doer, code, recovery, &result);
	if (error == -ERR_CODE_WRONG)
		return call_fail_factor(call, &login);
	if (error == 0)
		error = call_answer_login(call, &result);
	sodium_memzero(&result, sizeof(result));
	sodium_memzero(code, sizeof(code));
	sodium_memzero(recovery, sizeof(recovery));
	return error;
}

/* --- changing the password --- */

static int finish_password(struct call *call, void *data, int result)
{
	struct password_work *work = data;
	struct login_result advanced = {0};
	struct subject_change change = {0};
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct login login = {0};
	int error;

	if (result == -ERR_PASSWORD_USED) {
		const enum error used = ERR_PASSWORD_USED;

		error = call_answer_problems(call, &used, 1);
		return error != 0 ? error : -ERR_PASSWORD_WEAK;
	}
	error = login_read(call->store, call->session.number, &login);
	if (error == 0 && result == -ERR_LOGIN_REFUSED)
		return call_fail_factor(call, &login) == -ERR_CODE_WRONG
			   ? -ERR_LOGIN_REFUSED
			   : -ERR_IO;
	if (error == 0)
		error = result;
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = password_set(&change, work->replacement_hash, false);
	/* Whoever knew the old one is out. */
	if (error == 0)
		error = login_end_all(&change, login.number, "password");
	if (error == 0)
		error =
		    login_advance(&change, &login, "new_password", &advanced);
	if (error == 0)
		error = call_answer_login(call, &advanced);
	sodium_memzero(&advanced, sizeof(advanced));
	return error;
}

static int prepare_password(struct call *call, struct password_work *work)
{
	enum error problems[PASSWORD_PROBLEMS_MAX];
	struct password_state *state;
	struct password_rules rules;
	struct login login = {0};
	int count;
	int error = login_read(call->store, call->session.number, &login);

	if (error == 0 && login.state != LOGIN_PASSWORD &&
	    login.state != LOGIN_ACTIVE)
		error = -ERR_STALE;
	if (error == 0)
		error = user_read(call->store, login.user, &work->user);
	if (error == 0 && work->user.directory)
		error = -ERR_STALE;
	if (error != 0)
		return error;
	rules = call_rules(call, &work->user);
	count = password_problems(&rules, work->replacement, problems);
	if (count > 0) {
		error = call_answer_problems(call, problems, count);
		return error != 0 ? error : -ERR_PASSWORD_WEAK;
	}
	state = sodium_malloc(sizeof(*state));
	if (state == NULL)
		return -ERR_MEMORY;
	error = password_read(call->store, login.user, call->now_ms, state);
	if (error == 0) {
		(void)text_copy(work->hash, sizeof(work->hash), state->hash);
		for (size_t i = 0; i < state->former_count; i++)
			(void)text_copy(work->former[i], PASSWORD_HASH_SIZE,
					state->former[i]);
		work->former_count = state->former_count;
	}
	sodium_free(state);
	return error;
}

int session_password(struct call *call)
{
	struct password_work *work = password_work_new();
	int error;

	if (work == NULL)
		return -ERR_MEMORY;
	parameter_text(call, "password", REQUIRED, work->password,
		       sizeof(work->password));
	parameter_text(call, "new_password", REQUIRED, work->replacement,
		       sizeof(work->replacement));
	error = parameters_end(call);
	if (error == 0)
		error = prepare_password(call, work);
	if (error != 0) {
		sodium_free(work);
		return error;
	}
	return call_slow(call, work_replace, finish_password, work);
}

/* --- looking, and ending --- */

int session_logout(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	int error = parameters_end(call);

	return error != 0 ? error
			  : login_end(call->store, &doer, call->session.number,
				      call->session.user, "logout");
}

static int put_grants(struct call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < call->session.grant_count; i++) {
		const struct grant *grant = &call->session.grants[i];

		for (unsigned role = 1; role < 1u << ROLE_COUNT; role <<= 1)
			if ((grant->roles & role) != 0)
				(void)json_array_append_new(
				    list, json_pack("{s:s, s:s}", "role",
						    role_name(role), "unit",
						    grant->unit));
	}
	return call_put(call, "grants", list);
}

static int put_factors(struct call *call)
{
	struct factors factors = {0};
	int error = factors_read(call->store, call->session.user, &factors);

	return error != 0
		   ? error
		   : call_put(call, "factors",
			      json_pack("{s:b, s:i, s:i}", "totp", factors.totp,
					"keys", (int)factors.keys, "recovery",
					(int)factors.recovery));
}

int session_show(struct call *call)
{
	const struct session *session = &call->session;
	struct login login = {.state = LOGIN_ACTIVE};
	int error = parameters_end(call);

	if (error == 0 && session->number != 0)
		error = login_read(call->store, session->number, &login);
	if (error == 0)
		error = call_put(call, "state",
				 json_string(login_state_name(login.state)));
	if (error == 0)
		error =
		    call_put(call, "user",
			     json_pack("{s:I, s:s, s:s}", "number",
				       (json_int_t)session->user, "login",
				       session->login, "name", session->name));
	if (error == 0)
		error = call_put(
		    call, "idle_seconds",
		    json_integer(call->store->options.people.idle_seconds));
	if (error == 0)
		error = call_put(
		    call, "seconds_left",
		    json_integer((login.expires_ms - call->now_ms) / 1000));
	if (error == 0)
		error = put_factors(call);
	/* Who has not shown a second factor yet learns nothing more. */
	if (error != 0 || login.state == LOGIN_SECOND_FACTOR)
		return error;
	error = put_grants(call);
	return error != 0 ? error
			  : last_write(call->store, session->user,
				       session->number, call->answer);
}

int sessions_list(struct call *call)
{
	json_t *list = json_array();
	int error = parameters_end(call);

	if (error == 0)
		error = sessions_write(call->store, call->session.user,
				       call->session.number, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "sessions", list);
}

int sessions_revoke(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	int64_t number = 0;
	int error;

	parameter_integer(call, "session", REQUIRED, 1, INT64_MAX, &number);
	error = parameters_end(call);
	return error != 0 ? error
			  : login_end(call->store, &doer, number,
				      call->session.user, "revoked");
}

int my_activity(struct call *call)
{
	json_t *list = json_array();
	int64_t before = 0;
	int64_t limit = EVENTS_DEFAULT;
	int error;

	parameter_integer(call, "before", OPTIONAL, 1, INT64_MAX, &before);
	parameter_integer(call, "limit", OPTIONAL, 1, EVENTS_MAX, &limit);
	error = parameters_end(call);
	if (error == 0)
		error = events_write(call->store, call->session.user, before,
				     limit, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "events", list);
}
