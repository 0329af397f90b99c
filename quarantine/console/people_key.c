/* Security keys: to set up, to log in with, to remove. */
#include "quarantine/console/people.h"
#include "quarantine/people/fido.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

enum { TEXT_MAX = 4 * FIDO_DATA_MAX / 3 + 4 };

/* A parameter in base64url. */
static void read_bytes(struct call *call, const char *key, enum need need,
		       struct fido_bytes *ret_bytes)
{
	char text[TEXT_MAX + 1];

	parameter_text(call, key, need, text, sizeof(text));
	if (!fido_decode(text, ret_bytes))
		(void)parameter_refuse(call, key);
}

static int put_encoded(struct call *call, const char *key, struct view bytes)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(256);

	fido_encode(bytes, &text);
	buffer_u8(&text, 0);
	return buffer_error(&text) != 0
		   ? buffer_error(&text)
		   : call_put(call, key, json_string((const char *)text.data));
}

int key_challenge(struct call *call)
{
	char party[ORIGIN_MAX + 1];
	uint8_t challenge[FIDO_CHALLENGE_SIZE];
	char handle[SUBJECT_OBJECT_SIZE];
	json_t *keys = json_array();
	int error = parameters_end(call);

	if (error == 0 && (!fido_relying_party(call->store, party) ||
			   call->session.number == 0))
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = fido_challenge(call->store, call->session.number,
				       challenge);
	if (error == 0)
		error = fido_ids(call->store, call->session.user, keys);
	if (error != 0) {
		json_decref(keys);
		return error;
	}
	error = call_put(call, "keys", keys);
	if (error == 0)
		error = put_encoded(call, "challenge",
				    view_of(challenge, sizeof(challenge)));
	subject_object(SUBJECT_USER, call->session.user, handle);
	if (error == 0)
		error =
		    put_encoded(call, "user_handle", view_of_string(handle));
	return error != 0 ? error
			  : call_put(call, "relying_party", json_string(party));
}

/* The first factor comes with recovery codes, as a telephone does. */
static int finish_register(struct call *call, struct subject_change *change,
			   const struct login *login, bool first)
{
	struct login_result result = {0};
	int error = first ? call_put_recovery(call, change) : 0;

	if (error == 0)
		error = login_advance(change, login, "key_added", &result);
	if (error == 0)
		error = call_answer_login(call, &result);
	sodium_memzero(&result, sizeof(result));
	return error;
}

int key_register(struct call *call)
{
	static struct fido_bytes client_data;
	static struct fido_bytes authenticator_data;
	char label[FIDO_LABEL_MAX + 1];
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct factors factors = {0};
	struct login login = {0};
	int error;

	read_bytes(call, "client_data", REQUIRED, &client_data);
	read_bytes(call, "authenticator_data", REQUIRED, &authenticator_data);
	parameter_text(call, "label", REQUIRED, label, sizeof(label));
	error = parameters_end(call);
	if (error == 0)
		error = login_read(call->store, call->session.number, &login);
	if (error == 0 && login.state != LOGIN_ENROL &&
	    login.state != LOGIN_ACTIVE)
		error = -ERR_STALE;
	if (error == 0)
		error = factors_read(call->store, login.user, &factors);
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = fido_register(&change, login.number, &client_data,
				      &authenticator_data, label);
	return error != 0 ? error
			  : finish_register(call, &change, &login,
					    factors.recovery == 0);
}

int keys_list(struct call *call)
{
	json_t *list = json_array();
	int error = parameters_end(call);

	if (error == 0)
		error = fido_list(call->store, call->session.user, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "keys", list);
}

int key_remove(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct login_result result = {0};
	struct factors factors = {0};
	struct login login = {0};
	int64_t number = 0;
	int error;

	parameter_integer(call, "key", REQUIRED, 1, INT64_MAX, &number);
	error = parameters_end(call);
	if (error == 0)
		error = login_read(call->store, call->session.number, &login);
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = factors_read(call->store, login.user, &factors);
	/* Not the last of all: the next who knows the password would set up
	 * his own. */
	if (error == 0 && !factors.totp && factors.keys <= 1)
		error = -ERR_STALE;
	if (error == 0)
		error = fido_remove(&change, number);
	if (error == 0)
		error = login_advance(&change, &login, "key_removed", &result);
	if (error == 0)
		error = call_answer_login(call, &result);
	sodium_memzero(&result, sizeof(result));
	return error;
}

int session_key(struct call *call)
{
	static struct fido_assertion assertion;
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct login_result result = {0};
	struct login login = {0};
	int error;

	read_bytes(call, "key", REQUIRED, &assertion.id);
	read_bytes(call, "client_data", REQUIRED, &assertion.client_data);
	read_bytes(call, "authenticator_data", REQUIRED,
		   &assertion.authenticator_data);
	read_bytes(call, "signature", REQUIRED, &assertion.signature);
	error = parameters_end(call);
	if (error == 0)
		error = call_second_factor_login(call, &login);
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = fido_use(&change, login.number, &assertion);
	if (error == -ERR_CODE_WRONG)
		return call_fail_factor(call, &login);
	if (error == 0)
		error = login_advance(&change, &login, "key", &result);
	if (error == 0)
		error = call_answer_login(call, &result);
	sodium_memzero(&result, sizeof(result));
	return error;
}
