#define _GNU_SOURCE
#include "tests/support/console_calls.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/verify.h"
#include "tests/support/vault_process.h"

#include <liboath/oath.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

void calls_open(struct calls *calls)
{
	static const char *const none[][2] = {{NULL, NULL}};

	calls_open_tenants(calls, none);
}

void calls_open_tenants(struct calls *calls, const char *const (*rules)[2])
{
	struct store_options options = {.node = "test", .keep_held_days = 30};
	struct problem problem = {0};

	for (; (*rules)[0] != NULL; rules++) {
		struct tenant_rule *rule =
		    &options.tenants[options.tenant_count++];

		(void)text_copy(rule->pattern, sizeof(rule->pattern),
				(*rules)[0]);
		(void)text_copy(rule->tenant, sizeof(rule->tenant),
				(*rules)[1]);
	}

	*calls = (struct calls){.store = calloc(1, sizeof(struct store))};
	assert_non_null(calls->store);
	assert_true(sodium_init() >= 0);
	vault_folder_make(calls->folder);
	assert_int_equal(chdir(calls->folder), 0);
	assert_int_equal(store_open(calls->store, &options, &problem), 0);
}

void calls_close(struct calls *calls)
{
	struct verify verify = {.folder = "audit", .out = stderr};

	json_decref(calls->answer);
	verify.signer = calls->store->signer;
	assert_int_equal(store_stop(calls->store), 0);
	assert_int_equal(verify_files(&verify), 0);
	assert_int_equal(verify_state(&verify, &calls->store->database), 0);
	assert_int_equal(verify_result(&verify), GRAVITY_NOTICE);
	store_close(calls->store);
	free(calls->store);
	assert_int_equal(chdir("/"), 0);
	vault_folder_remove(calls->folder);
}

int calls_ask(struct calls *calls, const char *operation, const char *token,
	      const char *parameters)
{
	struct console_call request = {.source = "192.0.2.7"};
	struct call *call = calloc(1, sizeof(*call));
	bool wrote = false;
	int result;

	assert_non_null(call);
	(void)text_copy(request.operation, sizeof(request.operation),
			operation);
	(void)text_copy(request.tenant, sizeof(request.tenant),
			calls->tenant == NULL ? "" : calls->tenant);
	request.client = token != NULL && strncmp(token, "skc_", 4) == 0;
	(void)text_copy(request.token, sizeof(request.token),
			token == NULL    ? ""
			: request.client ? token + 4
					 : token);
	result = (token == NULL ? call_run_operator : call_run)(
	    calls->store, &request, view_of_string(parameters), call, &wrote);
	if (result == CALL_SLOW) {
		assert_int_equal(store_commit(calls->store), 0);
		result =
		    call_resume(call, call->slow.work(call->slow.data), &wrote);
	}
	assert_int_equal(store_commit(calls->store), 0);
	if (call->content >= 0) {
		struct view text;

		assert_int_equal(handle_map(call->content, &text), 0);
		(void)json_object_set_new(
		    call->answer, "content",
		    json_stringn((const char *)text.data, text.size));
		handle_unmap(&text);
	}
	json_decref(calls->answer);
	calls->answer = json_incref(call->answer);
	call_free(call);
	free(call);
	return result;
}

const char *calls_text(const struct calls *calls, const char *key)
{
	const char *text =
	    json_string_value(json_object_get(calls->answer, key));

	return text == NULL ? "" : text;
}

int64_t calls_number(const struct calls *calls, const char *key)
{
	return json_integer_value(json_object_get(calls->answer, key));
}

void calls_code(const char *secret, int step, char ret_code[TOTP_DIGITS + 1])
{
	char *bytes = NULL;
	size_t size = 0;

	/* Not where a step ends: it is looked at a moment later. */
	while (step < 0 && time(NULL) % TOTP_STEP_SECONDS > 20)
		(void)usleep(100 * 1000);
	assert_int_equal(
	    oath_base32_decode(secret, strlen(secret), &bytes, &size), OATH_OK);
	assert_int_equal(oath_totp_generate(
			     bytes, size, time(NULL) + step * TOTP_STEP_SECONDS,
			     TOTP_STEP_SECONDS, 0, TOTP_DIGITS, ret_code),
			 OATH_OK);
	free(bytes);
}

static void set_up_factor(struct calls *calls, char token[TOKEN_TEXT_SIZE + 1])
{
	char code[TOTP_DIGITS + 1];
	char text[64];

	assert_int_equal(calls_ask(calls, "totp_enrol", token, ""), 0);
	calls_code(calls_text(calls, "secret"), -1, code);
	(void)snprintf(text, sizeof(text), "{\"code\":\"%s\"}", code);
	assert_int_equal(calls_ask(calls, "totp_confirm", token, text), 0);
	assert_string_equal(calls_text(calls, "state"), "active");
	(void)text_copy(token, TOKEN_TEXT_SIZE + 1, calls_text(calls, "token"));
}

int64_t calls_user(struct calls *calls, const char *login, const char *role,
		   const char *unit, char ret_token[TOKEN_TEXT_SIZE + 1])
{
	char text[1024];
	char temporary[64];
	int64_t number;

	(void)snprintf(text, sizeof(text),
		       "{\"login\":\"%s\",\"name\":\"%s\",\"unit\":\"%s\"}",
		       login, login, unit);
	assert_int_equal(calls_ask(calls, "users_create", NULL, text), 0);
	number = calls_number(calls, "user");
	(void)text_copy(temporary, sizeof(temporary),
			calls_text(calls, "temporary_password"));
	(void)snprintf(text, sizeof(text),
		       "{\"user\":%d,\"role\":\"%s\",\"unit\":\"%s\"}",
		       (int)number, role, unit);
	assert_int_equal(calls_ask(calls, "grants_add", NULL, text), 0);
	(void)snprintf(text, sizeof(text),
		       "{\"login\":\"%s\",\"password\":\"%s\"}", login,
		       temporary);
	assert_int_equal(calls_ask(calls, "session_login", "", text), 0);
	assert_string_equal(calls_text(calls, "state"), "password");
	(void)text_copy(ret_token, TOKEN_TEXT_SIZE + 1,
			calls_text(calls, "token"));
	(void)snprintf(text, sizeof(text),
		       "{\"password\":\"%s\",\"new_password\":\"%s\"}",
		       temporary, CALLS_PASSWORD);
	assert_int_equal(calls_ask(calls, "session_password", ret_token, text),
			 0);
	assert_string_equal(calls_text(calls, "state"), "enrol");
	(void)text_copy(ret_token, TOKEN_TEXT_SIZE + 1,
			calls_text(calls, "token"));
	set_up_factor(calls, ret_token);
	return number;
}
