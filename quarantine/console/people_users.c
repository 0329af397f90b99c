/* Users, for those who administer their departments. */
#include "quarantine/console/people.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

enum { USERS_DEFAULT = 100, USERS_MAX = 1000, REASON_SIZE = 16 };

/* --- reading --- */

int users_list(struct call *call)
{
	json_t *list = json_array();
	struct user_filter filter = {.limit = USERS_DEFAULT,
				     .now_ms = call->now_ms};
	int64_t administrators = 0;
	int error;

	filter.session = call->by_operator ? NULL : &call->session;
	parameter_flag(call, "dormant", &filter.dormant);
	parameter_integer(call, "after", OPTIONAL, 0, INT64_MAX, &filter.after);
	parameter_integer(call, "limit", OPTIONAL, 1, USERS_MAX, &filter.limit);
	error = parameters_end(call);
	if (error == 0)
		error = users_list_write(call->store, &filter, list);
	if (error == 0)
		error = administrators_count(call->store, &administrators);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	error = call_put(call, "users", list);
	return error != 0 ? error
			  : call_put(call, "administrators",
				     json_integer((json_int_t)administrators));
}

static bool may_see(const struct call *call, const char *unit)
{
	return call->by_operator ||
	       session_sees(&call->session, ROLE_ADMINISTRATOR | ROLE_AUDITOR,
			    unit);
}

static int put_lists(struct call *call, int64_t number)
{
	json_t *grants = json_array();
	json_t *sessions = json_array();
	json_t *events = json_array();
	int error = grants_list(call->store, number, grants);

	if (error == 0)
		error = sessions_write(call->store, number, 0, sessions);
	if (error == 0)
		error = events_write(call->store, number, 0, 20, events);
	if (error != 0 ||
	    json_object_set(call->answer, "grants", grants) != 0 ||
	    json_object_set(call->answer, "sessions", sessions) != 0 ||
	    json_object_set(call->answer, "events", events) != 0)
		error = error != 0 ? error : -ERR_MEMORY;
	json_decref(grants);
	json_decref(sessions);
	json_decref(events);
	return error;
}

int users_show(struct call *call)
{
	char login[USER_LOGIN_MAX + 1];
	struct user user = {0};
	int64_t number = 0;
	int error;

	parameter_integer(call, "user", OPTIONAL, 1, INT64_MAX, &number);
	parameter_text(call, "login", OPTIONAL, login, sizeof(login));
	error = parameters_end(call);
	if (error == 0 && (number == 0) == (login[0] == '\0'))
		error = parameter_refuse(call, "user");
	if (error == 0)
		error = number != 0 ? user_read(call->store, number, &user)
				    : user_find(call->store, login, &user);
	if (error == 0 && (user.number == 0 || !may_see(call, user.unit)))
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = user_write(call->store, user.number, call->now_ms,
				   call->answer);
	return error != 0 ? error : put_lists(call, user.number);
}

/* --- making --- */

/* The role given with the account itself: the first administrators. */
static int grant_first(struct call *call, const struct doer *doer,
		       int64_t number, const struct password_work *work)
{
	int64_t unit = 0;
	int64_t grant = 0;
	int error;

	if (work->role == 0)
		return 0;
	error = unit_find(
	    call->store,
	    work->role == ROLE_ADMINISTRATOR ? "" : work->user.unit, &unit);
	if (error == 0 && work->role == ROLE_ADMINISTRATOR &&
	    !call_administers(call, ""))
		error = -ERR_FORBIDDEN;
	return error != 0 ? error
			  : grant_add(call->store, doer, number, work->role,
				      unit, &grant);
}

/* Records it as a version of the user of its own. */
static int set_password(struct call *call, const struct doer *doer,
			const struct user *user, const char *hash,
			const char *action)
{
	struct subject_change change = {0};
	json_t *payload = user_payload(user);
	int error = payload == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = subject_begin(call->store, doer, SUBJECT_USER,
				      user->number, &change);
	if (error == 0)
		error = password_set(&change, hash, true);
	if (error == 0)
		error = login_end_all(&change, 0, "password");
	if (error == 0)
		error = user_touch(&change);
	if (error == 0)
		error = subject_finish(&change, action, "", "temporary",
				       user->unit, payload);
	json_decref(payload);
	return error;
}

/* What the vault chose is told once, to who asked. */
static int put_temporary(struct call *call, const struct password_work *work)
{
	if (work->password[0] != '\0')
		return 0;
	return call_put(call, "temporary_password",
			json_string(work->replacement));
}

static int finish_create(struct call *call, void *data, int result)
{
	struct password_work *work = data;
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	int64_t number = 0;
	int error = result;

	if (error == 0 && !call_administers(call, work->user.unit))
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = user_create(call->store, &doer, &work->user, &number);
	if (error == 0)
		error = grant_first(call, &doer, number, work);
	if (error == 0 && !work->user.directory) {
		work->user.number = number;
		error = set_password(call, &doer, &work->user,
				     work->replacement_hash, "user.password");
		if (error == 0)
			error = put_temporary(call, work);
	}
	return error != 0
		   ? error
		   : call_put(call, "user", json_integer((json_int_t)number));
}

/* Of the operator: a temporary password of his own choice, by the rules. */
static int choose_password(struct call *call, struct password_work *work,
			   const struct user *user)
{
	enum error problems[PASSWORD_PROBLEMS_MAX];
	struct password_rules rules = call_rules(call, user);
	int count;
	int error;

	if (work->password[0] == '\0') {
		password_make_temporary(work->replacement);
		return 0;
	}
	if (!call->by_operator)
		return parameter_refuse(call, "password");
	count = password_problems(&rules, work->password, problems);
	(void)text_copy(work->replacement, sizeof(work->replacement),
			work->password);
	if (count == 0)
		return 0;
	error = call_answer_problems(call, problems, count);
	return error != 0 ? error : -ERR_PASSWORD_WEAK;
}

static int read_create(struct call *call, struct password_work *work)
{
	struct user *user = &work->user;
	char role[16];
	int error;

	parameter_text(call, "login", REQUIRED, user->login,
		       sizeof(user->login));
	parameter_text(call, "name", REQUIRED, user->name, sizeof(user->name));
	parameter_text(call, "mail", OPTIONAL, user->mail, sizeof(user->mail));
	parameter_text(call, "unit", OPTIONAL, user->unit, sizeof(user->unit));
	parameter_flag(call, "directory", &user->directory);
	parameter_text(call, "role", OPTIONAL, role, sizeof(role));
	parameter_text(call, "password", OPTIONAL, work->password,
		       sizeof(work->password));
	error = parameters_end(call);
	work->role = role_by_name(role);
	user->roles = work->role;
	if (error == 0 && role[0] != '\0' && work->role == 0)
		error = parameter_refuse(call, "role");
	if (error == 0 && !call_administers(call, user->unit))
		error = -ERR_FORBIDDEN;
	return error != 0 ? error : choose_password(call, work, user);
}

int users_create(struct call *call)
{
	struct password_work *work = password_work_new();
	int error;

	if (work == NULL)
		return -ERR_MEMORY;
	error = read_create(call, work);
	if (error != 0) {
		sodium_free(work);
		return error;
	}
	return call_slow(call, work_hash, finish_create, work);
}

static int finish_reset(struct call *call, void *data, int result)
{
	struct password_work *work = data;
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct user user = {0};
	int error = result;

	if (error == 0)
		error = call_user(call, work->user.number, &user);
	if (error == 0)
		error = set_password(call, &doer, &user, work->replacement_hash,
				     "user.password");
	if (error == 0)
		error = user_unlock(call->store, &doer, user.number);
	return error != 0 ? error : put_temporary(call, work);
}

int users_reset(struct call *call)
{
	struct password_work *work = password_work_new();
	int64_t number = 0;
	int error;

	if (work == NULL)
		return -ERR_MEMORY;
	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, &number);
	parameter_text(call, "password", OPTIONAL, work->password,
		       sizeof(work->password));
	error = parameters_end(call);
	if (error == 0)
		error = call_user(call, number, &work->user);
	/* Nobody gets round his own second factor or his old password. */
	if (error == 0 && number == call->session.user)
		error = -ERR_FORBIDDEN;
	if (error == 0 && work->user.directory)
		error = -ERR_STALE;
	if (error == 0)
		error = choose_password(call, work, &work->user);
	if (error != 0) {
		sodium_free(work);
		return error;
	}
	return call_slow(call, work_hash, finish_reset, work);
}

/* --- changing --- */

int users_update(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct user changed = {0};
	struct user user = {0};
	int64_t number = 0;
	int error;

	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, &number);
	parameter_text(call, "name", REQUIRED, changed.name,
		       sizeof(changed.name));
	parameter_text(call, "mail", OPTIONAL, changed.mail,
		       sizeof(changed.mail));
	parameter_text(call, "unit", OPTIONAL, changed.unit,
		       sizeof(changed.unit));
	error = parameters_end(call);
	if (error == 0)
		error = call_user(call, number, &user);
	if (error == 0 && !call_administers(call, changed.unit))
		error = -ERR_FORBIDDEN;
	return error != 0 ? error
			  : user_update(call->store, &doer, number, &changed);
}

int users_disable(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char reason[REASON_SIZE];
	struct user user = {0};
	int64_t number = 0;
	int error;

	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, &number);
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	error = parameters_end(call);
	if (error == 0 && strcmp(reason, "emergency") == 0 &&
	    !call->by_operator)
		error = parameter_refuse(call, "reason");
	if (error == 0)
		error = call_user(call, number, &user);
	return error != 0
		   ? error
		   : user_set_active(call->store, &doer, number, false, reason);
}

/* One user named, nothing else. */
static int read_user(struct call *call, int64_t *ret_number)
{
	struct user user = {0};
	int error;

	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, ret_number);
	error = parameters_end(call);
	return error != 0 ? error : call_user(call, *ret_number, &user);
}

int users_enable(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	int64_t number = 0;
	int error = read_user(call, &number);

	return error != 0
		   ? error
		   : user_set_active(call->store, &doer, number, true, "");
}

int users_unlock(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	int64_t number = 0;
	int error = read_user(call, &number);

	return error != 0 ? error : user_unlock(call->store, &doer, number);
}

/* A lost telephone: all second factors go, and all sessions. */
static int remove_factors(struct call *call, const struct doer *doer,
			  const struct user *user)
{
	struct subject_change change = {0};
	json_t *payload = user_payload(user);
	int error = payload == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = subject_begin(call->store, doer, SUBJECT_USER,
				      user->number, &change);
	if (error == 0)
		error = factors_remove(&change);
	if (error == 0)
		error = login_end_all(&change, 0, "factors");
	if (error == 0)
		error = user_touch(&change);
	if (error == 0)
		error = subject_finish(&change, "factor.remove", "", "ok",
				       user->unit, payload);
	json_decref(payload);
	return error;
}

int users_reset_factors(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct user user = {0};
	int64_t number = 0;
	int error = read_user(call, &number);

	if (error == 0 && number == call->session.user)
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = user_read(call->store, number, &user);
	return error != 0 ? error : remove_factors(call, &doer, &user);
}
