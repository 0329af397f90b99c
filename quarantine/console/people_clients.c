/* API clients: for administrators, and for themselves. */
#include "quarantine/console/clients.h"

#include "base/handle.h"
#include "quarantine/console/people.h"
#include "quarantine/console/review_json.h"
#include "quarantine/people/client.h"

#include <sodium.h>

#include "base/banned.h"

enum { RATE_SLOTS = 1024, MINUTE_MS = 60 * 1000, RIGHTS_MOST = 8 };

/* --- calls of clients --- */

/* Calls of this minute. Two clients of one slot share it, for the worse of
 * both. */
static struct {
	int64_t minute;
	int64_t count;
} slots[RATE_SLOTS];

static int64_t count_call(const struct call *call)
{
	size_t slot = (size_t)call->session.client % RATE_SLOTS;
	int64_t minute = call->now_ms / MINUTE_MS;

	if (slots[slot].minute != minute) {
		slots[slot].minute = minute;
		slots[slot].count = 0;
	}
	return ++slots[slot].count;
}

int client_admit(struct call *call)
{
	int64_t most = 0;
	int64_t count;
	const char *reason = "";
	int error = client_find(call->store, call->token, call->now_ms,
				&call->session, &most, &reason);

	if (call->session.client == 0)
		return error;
	count = count_call(call);
	/* Of those that are too many the first is recorded. */
	call->silent = count > most + 1;
	if (error == 0 && count > most)
		error = -ERR_TOO_MANY;
	if (error == 0 &&
	    !client_may(call->session.rights, call->operation->name))
		error = -ERR_FORBIDDEN;
	call->admitted = error == 0;
	return error;
}

int client_record(struct call *call, int result, bool *ret_wrote)
{
	struct doer doer = {.client = call->session.client,
			    .role = "client",
			    .tenant = call->session.tenant,
			    .source = call->source,
			    .now_ms = call->now_ms};
	struct audit_state before;
	int error;

	if (call->session.client == 0 || call->silent)
		return result;
	*ret_wrote = true;
	error = store_begin(call->store);
	if (error == 0)
		error = store_change_begin(call->store, &before);
	if (error != 0)
		goto failed;
	error = client_note(call->store, &doer, call->admitted,
			    call->operation->name,
			    result == 0 ? "ok" : error_name(result));
	error = store_change_end(call->store, &before, error);
	if (error == 0)
		return result;
failed:
	(void)json_object_clear(call->answer);
	handle_close(&call->content);
	return error;
}

/* --- for administrators --- */

int clients_list(struct call *call)
{
	json_t *list = json_array();
	int error = parameters_end(call);

	if (error == 0)
		error = clients_write(call->store, &call->session,
				      ROLE_ADMINISTRATOR | ROLE_AUDITOR,
				      call->now_ms, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "clients", list);
}

static unsigned read_rights(struct call *call)
{
	const json_t *list =
	    parameter_list(call, "operations", REQUIRED, RIGHTS_MOST);
	const json_t *word;
	unsigned rights = 0;
	size_t index;

	json_array_foreach(list, index, word)
	{
		const char *text = json_string_value(word);
		unsigned right = text == NULL ? 0 : client_right(text);

		if (right == 0 || (rights & right) != 0)
			(void)parameter_refuse(call, "operations");
		rights |= right;
	}
	if (rights == 0)
		(void)parameter_refuse(call, "operations");
	return rights;
}

static int put_created(struct call *call, int64_t number, const char *secret)
{
	char text[sizeof(CLIENT_SECRET_PREFIX) + TOKEN_TEXT_SIZE];
	int error;

	(void)snprintf(text, sizeof(text), CLIENT_SECRET_PREFIX "%s", secret);
	error = call_put(call, "secret", json_string(text));
	sodium_memzero(text, sizeof(text));
	return error != 0
		   ? error
		   : call_put(call, "client", json_integer((json_int_t)number));
}

int clients_create(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char unit[DEPARTMENT_MAX + 1];
	char secret[TOKEN_TEXT_SIZE + 1];
	struct client client = {.per_minute = CLIENT_RATE_DEFAULT};
	int64_t number = 0;
	int error;

	parameter_text(call, "name", REQUIRED, client.name,
		       sizeof(client.name));
	parameter_text(call, "unit", OPTIONAL, unit, sizeof(unit));
	client.rights = read_rights(call);
	parameter_time(call, "expires", REQUIRED, &client.expires_ms);
	parameter_integer(call, "per_minute", OPTIONAL, 1, CLIENT_RATE_MAX,
			  &client.per_minute);
	if (client.expires_ms <= call->now_ms ||
	    client.expires_ms - call->now_ms >
		(int64_t)CLIENT_DAYS_MAX * 24 * 3600 * 1000)
		(void)parameter_refuse(call, "expires");
	error = parameters_end(call);
	if (error == 0 && !call_administers(call, unit))
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = unit_find(call->store, unit, &client.unit);
	if (error == 0)
		error =
		    client_create(call->store, &doer, &client, &number, secret);
	if (error == 0)
		error = put_created(call, number, secret);
	sodium_memzero(secret, sizeof(secret));
	return error;
}

int clients_revoke(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char unit[DEPARTMENT_MAX + 1] = "";
	int64_t number = 0;
	int error;

	parameter_integer(call, "client", REQUIRED, 1, INT64_MAX, &number);
	error = parameters_end(call);
	if (error == 0)
		error = client_unit(call->store, number, unit);
	if (error == 0 && !call_administers(call, unit))
		error = -ERR_NOT_FOUND;
	return error != 0 ? error : client_end(call->store, &doer, number);
}
