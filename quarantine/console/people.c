#include "quarantine/console/people.h"

#include <sodium.h>

#include "base/banned.h"

struct doer call_doer(const struct call *call, char role[DOER_ROLE_SIZE])
{
	if (call->by_operator)
		(void)snprintf(role, DOER_ROLE_SIZE, "operator");
	else if (call->session.user == 0)
		(void)snprintf(role, DOER_ROLE_SIZE, "system");
	else
		roles_write(call->session.roles, role, DOER_ROLE_SIZE);
	return (struct doer){.user = call->session.user,
			     .role = role,
			     .source = call->source,
			     .now_ms = call->now_ms};
}

bool call_administers(const struct call *call, const char *unit)
{
	return call->by_operator ||
	       session_sees(&call->session, ROLE_ADMINISTRATOR, unit);
}

/* Who administers a department must not get at somebody who has a role beyond
 * it, by a new password. */
static int check_grants(struct call *call, int64_t user)
{
	json_t *list = json_array();
	const json_t *grant;
	size_t index;
	int error = grants_list(call->store, user, list);

	json_array_foreach(list, index, grant)
	{
		const char *unit =
		    json_string_value(json_object_get(grant, "unit"));

		if (error == 0 && !call_administers(call, unit))
			error = -ERR_FORBIDDEN;
	}
	json_decref(list);
	return error;
}

int call_user(struct call *call, int64_t number, struct user *ret_user)
{
	int error = user_read(call->store, number, ret_user);

	if (error == 0 &&
	    (ret_user->number == 0 || !call_administers(call, ret_user->unit)))
		error = -ERR_NOT_FOUND;
	return error != 0 ? error : check_grants(call, number);
}

int call_put(struct call *call, const char *key, json_t *value)
{
	return json_object_set_new(call->answer, key, value) == 0 ? 0
								  : -ERR_MEMORY;
}

int call_answer_login(struct call *call, const struct login_result *result)
{
	int error = call_put(call, "token", json_string(result->token));

	return error != 0
		   ? error
		   : call_put(call, "state",
			      json_string(login_state_name(result->state)));
}

int call_answer_problems(struct call *call, const enum error *problems,
			 int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		(void)json_array_append_new(
		    list, json_string(error_name((int)problems[i])));
	return call_put(call, "errors", list);
}

struct password_rules call_rules(const struct call *call,
				 const struct user *user)
{
	const struct people_settings *settings = &call->store->options.people;
	bool privileged = (user->roles & ROLE_ADMINISTRATOR) != 0;

	return (struct password_rules){
	    .length = privileged && settings->administrator_length >
					settings->password_length
			  ? settings->administrator_length
			  : settings->password_length,
	    .classes = privileged ? 4 : settings->password_classes,
	    .login = user->login,
	    .name = user->name,
	};
}

struct password_work *password_work_new(void)
{
	struct password_work *work = sodium_malloc(sizeof(*work));

	if (work != NULL)
		sodium_memzero(work, sizeof(*work));
	return work;
}

int call_slow(struct call *call, int (*work)(void *data),
	      int (*finish)(struct call *call, void *data, int result),
	      struct password_work *data)
{
	call->slow = (struct slow){.work = work,
				   .finish = finish,
				   .release = sodium_free,
				   .data = data};
	return CALL_SLOW;
}

int work_verify(void *data)
{
	struct password_work *work = data;

	return password_verify(work->password, work->hash);
}

int work_replace(void *data)
{
	struct password_work *work = data;
	int error = password_verify(work->password, work->hash);

	if (error != 0)
		return error;
	if (password_verify(work->replacement, work->hash) == 0)
		return -ERR_PASSWORD_USED;
	for (size_t i = 0; i < work->former_count; i++)
		if (password_verify(work->replacement, work->former[i]) == 0)
			return -ERR_PASSWORD_USED;
	return password_hash(work->replacement, work->replacement_hash);
}

int work_hash(void *data)
{
	struct password_work *work = data;

	return password_hash(work->replacement, work->replacement_hash);
}

/* --- tries of an address --- */

enum {
	SOURCES_MAX = 1024,
	SOURCE_FAILURES = 100,
	SOURCE_MINUTES = 10,
};

/* By hash of the address; two that share a place share their count. The vault's
 * loop alone uses it. */
static struct {
	int64_t since_ms;
	int count;
} sources[SOURCES_MAX];

static uint64_t hash_source(const char *source)
{
	static uint8_t key[crypto_shorthash_KEYBYTES];
	static bool made;
	uint64_t hash = 0;

	if (!made)
		crypto_shorthash_keygen(key);
	made = true;
	(void)crypto_shorthash((uint8_t *)&hash, (const uint8_t *)source,
			       strlen(source), key);
	return hash;
}

bool throttle_is_full(const char *source, int64_t now_ms)
{
	size_t place = hash_source(source) % SOURCES_MAX;

	return sources[place].count >= SOURCE_FAILURES &&
	       now_ms - sources[place].since_ms <
		   (int64_t)SOURCE_MINUTES * 60 * 1000;
}

void throttle_count(const char *source, int64_t now_ms)
{
	size_t place = hash_source(source) % SOURCES_MAX;

	if (now_ms - sources[place].since_ms >=
	    (int64_t)SOURCE_MINUTES * 60 * 1000) {
		sources[place].since_ms = now_ms;
		sources[place].count = 0;
	}
	sources[place].count++;
}
