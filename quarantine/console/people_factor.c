/* Setting up second factors. Each change of them gives the session a new
 * token. */
#include "quarantine/console/people.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

enum { CODE_SIZE = 16, URI_SIZE = 512 };

/* Who is asked to enrol, or is in already. */
static int read_login(struct call *call, struct login *ret_login)
{
	int error = login_read(call->store, call->session.number, ret_login);

	if (error == 0 && ret_login->state != LOGIN_ENROL &&
	    ret_login->state != LOGIN_ACTIVE)
		error = -ERR_STALE;
	return error;
}

/* Percent-encodes everything but letters, digits and "-._". */
static void write_escaped(struct buffer *buffer, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buffer_u8(buffer, (uint8_t)*text);
		else
			buffer_format(buffer, "%%%02X", (uint8_t)*text);
	}
}

/* What telephones read from a QR code. */
static int put_uri(struct call *call, const char *secret)
{
	BUFFER_CLEANUP struct buffer uri = buffer_make(URI_SIZE);
	int error;

	buffer_text(&uri, "otpauth://totp/Sekisho:");
	write_escaped(&uri, call->session.login);
	buffer_format(&uri,
		      "?secret=%s&issuer=Sekisho&algorithm=SHA1&digits=%d"
		      "&period=%d",
		      secret, TOTP_DIGITS, TOTP_STEP_SECONDS);
	buffer_u8(&uri, 0);
	if (buffer_error(&uri) != 0)
		return buffer_error(&uri);
	error = call_put(call, "uri", json_string((const char *)uri.data));
	if (error == 0)
		error = call_put_qr(call, (const char *)uri.data);
	sodium_memzero(uri.data, uri.size);
	return error;
}

/* Another telephone only with a code of the present one: who sits at a screen
 * that was left open must not make the account his. */
static int check_present(struct subject_change *change, const char *code)
{
	struct factors factors = {0};
	int error = factors_read(change->store, change->number, &factors);

	if (error != 0 || !factors.totp)
		return error;
	return totp_use(change, code);
}

/* Writing it down is a version of the user, too. */
static int finish(struct subject_change *change, const char *action)
{
	struct user user = {0};
	json_t *payload;
	int error = user_touch(change);

	if (error == 0)
		error = user_read(change->store, change->number, &user);
	if (error != 0)
		return error;
	payload = user_payload(&user);
	error = payload == NULL ? -ERR_MEMORY
				: subject_finish(change, action, "", "ok",
						 user.unit, payload);
	json_decref(payload);
	return error;
}

int totp_enrol(struct call *call)
{
	char secret[TOTP_TEXT_SIZE + 1];
	char code[CODE_SIZE];
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct login login = {0};
	int error;

	parameter_text(call, "code", OPTIONAL, code, sizeof(code));
	error = parameters_end(call);
	if (error == 0)
		error = read_login(call, &login);
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = check_present(&change, code);
	if (error == 0)
		error = totp_begin(&change, secret);
	if (error == 0)
		error = finish(&change, "factor.begin");
	if (error == 0)
		error = call_put(call, "secret", json_string(secret));
	if (error == 0)
		error = put_uri(call, secret);
	sodium_memzero(secret, sizeof(secret));
	return error;
}

int call_put_recovery(struct call *call, struct subject_change *change)
{
	char codes[RECOVERY_CODES][RECOVERY_TEXT_SIZE + 1];
	json_t *list = json_array();
	int error = recovery_make(change, codes);

	for (int i = 0; error == 0 && i < RECOVERY_CODES; i++)
		if (json_array_append_new(list, json_string(codes[i])) != 0)
			error = -ERR_MEMORY;
	sodium_memzero(codes, sizeof(codes));
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "recovery_codes", list);
}

/* The answer with the first factor also has the codes for the day on which it
 * is lost. */
static int advance(struct call *call, struct subject_change *change,
		   const struct login *login, const char *step, bool first)
{
	struct login_result result = {0};
	int error = first ? call_put_recovery(call, change) : 0;

	if (error == 0)
		error = login_advance(change, login, step, &result);
	if (error == 0)
		error = call_answer_login(call, &result);
	sodium_memzero(&result, sizeof(result));
	return error;
}

int totp_confirmed(struct call *call)
{
	char code[CODE_SIZE];
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct factors factors = {0};
	struct login login = {0};
	int error;

	parameter_text(call, "code", REQUIRED, code, sizeof(code));
	error = parameters_end(call);
	if (error == 0)
		error = read_login(call, &login);
	if (error == 0)
		error = factors_read(call->store, login.user, &factors);
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = totp_confirm(&change, code);
	if (error == -ERR_NOT_FOUND)
		error = -ERR_STALE;
	return error != 0 ? error
			  : advance(call, &change, &login, "totp_enrolled",
				    factors.recovery == 0);
}

int recovery_renew(struct call *call)
{
	char code[CODE_SIZE];
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	struct subject_change change = {0};
	struct login login = {0};
	int error;

	parameter_text(call, "code", OPTIONAL, code, sizeof(code));
	error = parameters_end(call);
	if (error == 0)
		error = read_login(call, &login);
	if (error == 0 && login.state != LOGIN_ACTIVE)
		error = -ERR_STALE;
	if (error == 0)
		error = subject_begin(call->store, &doer, SUBJECT_USER,
				      login.user, &change);
	if (error == 0)
		error = check_present(&change, code);
	return error != 0
		   ? error
		   : advance(call, &change, &login, "recovery_renewed", true);
}
