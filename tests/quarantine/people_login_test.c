/* Logging in: rows AUTH-2, AUTH-3, AUTH-4, AUTH-6 and AUTH-7, and what an
 * attacker tries. */
#define _GNU_SOURCE
#include "tests/support/console_calls.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static char secret[64];
static char recovery[64];

static int set_up(void **state)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	assert_non_null(calls);
	calls_open(calls);
	*state = calls;
	return 0;
}

static int tear_down(void **state)
{
	calls_close(*state);
	free(*state);
	return 0;
}

static void sql(struct calls *calls, const char *text)
{
	char *problem = NULL;

	if (sqlite3_exec(calls->store->database.handle, text, NULL, NULL,
			 &problem) != SQLITE_OK)
		fail_msg("%s: %s", text, problem);
}

/* What time would do, without its record: so the state is not verified. */
static void age_sessions(struct calls *calls, int64_t used_ms,
			 int64_t expires_ms)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "UPDATE main.session SET used_ms = used_ms - %lld,"
		       " expires_ms = expires_ms - %lld"
		       " WHERE ended_ms IS NULL",
		       (long long)used_ms, (long long)expires_ms);
	assert_int_equal(store_begin(calls->store), 0);
	sql(calls, text);
	assert_int_equal(store_commit(calls->store), 0);
}

static int log_in(struct calls *calls, const char *login, const char *password)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"login\":\"%s\",\"password\":\"%s\"}", login,
		       password);
	return calls_ask(calls, "session_login", "", text);
}

static void take_token(struct calls *calls, char token[TOKEN_TEXT_SIZE + 1])
{
	assert_int_equal(strlen(calls_text(calls, "token")), TOKEN_TEXT_SIZE);
	(void)text_copy(token, TOKEN_TEXT_SIZE + 1, calls_text(calls, "token"));
}

static int second_factor(struct calls *calls, const char *token,
			 const char *key, const char *value)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "{\"%s\":\"%s\"}", key, value);
	return calls_ask(calls, "session_second_factor", token, text);
}

static void a_temporary_password_must_be_changed_at_first_login(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	char temporary[64];
	char text[256];

	assert_int_equal(calls_ask(calls, "users_create", NULL,
				   "{\"login\":\"hana\",\"name\":\"H\","
				   "\"role\":\"staff\"}"),
			 0);
	(void)text_copy(temporary, sizeof(temporary),
			calls_text(calls, "temporary_password"));
	assert_int_equal(strlen(temporary), PASSWORD_TEMPORARY_SIZE);
	assert_int_equal(log_in(calls, "hana", temporary), 0);
	assert_string_equal(calls_text(calls, "state"), "password");
	take_token(calls, token);
	/* Nothing else can be done with it. */
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""),
			 -ERR_PENDING);
	assert_int_equal(calls_ask(calls, "units_list", token, ""),
			 -ERR_PENDING);
	assert_int_equal(calls_ask(calls, "totp_enrol", token, ""), -ERR_STALE);
	/* It is no new one. */
	(void)snprintf(text, sizeof(text),
		       "{\"password\":\"%s\",\"new_password\":\"%s\"}",
		       temporary, temporary);
	assert_int_equal(calls_ask(calls, "session_password", token, text),
			 -ERR_PASSWORD_WEAK);
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(calls->answer, "errors"), 0)),
			    "account.password_used");
	(void)snprintf(text, sizeof(text),
		       "{\"password\":\"%s\",\"new_password\":\"%s\"}",
		       temporary, CALLS_PASSWORD);
	assert_int_equal(calls_ask(calls, "session_password", token, text), 0);
	/* The step gave another token, and the old one is worth nothing. */
	assert_string_not_equal(calls_text(calls, "token"), token);
	assert_int_equal(calls_ask(calls, "session_show", token, ""),
			 -ERR_UNAUTHENTICATED);
	assert_int_equal(log_in(calls, "hana", temporary), -ERR_LOGIN_REFUSED);
}

static void a_second_factor_is_set_up_and_asked_for(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	char code[TOTP_DIGITS + 1];

	(void)calls_user(calls, "hana", "staff", "", token);
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""), 0);
	assert_int_equal(log_in(calls, "HANA", CALLS_PASSWORD), 0);
	assert_string_equal(calls_text(calls, "state"), "second_factor");
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""),
			 -ERR_PENDING);
	/* Who only knows the password sets up no telephone of his own. */
	assert_int_equal(calls_ask(calls, "totp_enrol", token, ""), -ERR_STALE);
	assert_int_equal(second_factor(calls, token, "code", "000000"),
			 -ERR_CODE_WRONG);
	assert_int_equal(calls_ask(calls, "session_show", token, ""), 0);
	assert_null(json_object_get(calls->answer, "grants"));
	(void)code;
}

/* Enrols by hand, so that the secret is known. */
static void enrol(struct calls *calls, const char *login)
{
	char token[TOKEN_TEXT_SIZE + 1];
	char code[TOTP_DIGITS + 1];
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "{\"login\":\"%s\",\"name\":\"N\",\"role\":\"staff\","
		       "\"password\":\"Erst-Mal 47 Xy\"}",
		       login);
	assert_int_equal(calls_ask(calls, "users_create", NULL, text), 0);
	assert_int_equal(log_in(calls, login, "Erst-Mal 47 Xy"), 0);
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "session_password", token,
				   "{\"password\":\"Erst-Mal 47 Xy\","
				   "\"new_password\":\"" CALLS_PASSWORD "\"}"),
			 0);
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "totp_enrol", token, ""), 0);
	(void)text_copy(secret, sizeof(secret), calls_text(calls, "secret"));
	assert_non_null(strstr(calls_text(calls, "uri"), secret));
	calls_code(secret, -1, code);
	(void)snprintf(text, sizeof(text), "{\"code\":\"%s\"}", code);
	assert_int_equal(calls_ask(calls, "totp_confirm", token, text), 0);
	(void)text_copy(
	    recovery, sizeof(recovery),
	    json_string_value(json_array_get(
		json_object_get(calls->answer, "recovery_codes"), 0)));
}

static void a_code_is_good_once(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	char before[TOTP_DIGITS + 1];
	char now[TOTP_DIGITS + 1];
	char far[TOTP_DIGITS + 1];

	enrol(calls, "hana");
	calls_code(secret, -1, before);
	calls_code(secret, 1, now);
	calls_code(secret, 9, far);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
	take_token(calls, token);
	/* The step of the enrolment is used up; one far ahead is none. */
	assert_int_equal(second_factor(calls, token, "code", before),
			 -ERR_CODE_WRONG);
	assert_int_equal(second_factor(calls, token, "code", far),
			 -ERR_CODE_WRONG);
	assert_int_equal(second_factor(calls, token, "code", now), 0);
	assert_string_equal(calls_text(calls, "state"), "active");
	/* Replayed, in another session. */
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
	take_token(calls, token);
	assert_int_equal(second_factor(calls, token, "code", now),
			 -ERR_CODE_WRONG);
}

static void a_recovery_code_is_good_once(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];

	enrol(calls, "hana");
	assert_int_equal(strlen(recovery), RECOVERY_TEXT_SIZE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
		take_token(calls, token);
		assert_int_equal(
		    second_factor(calls, token, "recovery", recovery),
		    i == 0 ? 0 : -ERR_CODE_WRONG);
	}
}

static void too_many_failures_lock_the_account_for_a_time(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	int64_t number = calls_user(calls, "hana", "staff", "", token);
	struct user user;

	for (int i = 0; i < 5; i++)
		assert_int_equal(log_in(calls, "hana", "wrong"),
				 -ERR_LOGIN_REFUSED);
	assert_int_equal(user_read(calls->store, number, &user), 0);
	assert_true(user_is_locked(&user, clock_now_ms()));
	/* The right one is refused in the same words. */
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD),
			 -ERR_LOGIN_REFUSED);
	/* Who is in stays in. */
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""), 0);
	assert_int_equal(calls_ask(calls, "users_unlock", NULL, "{\"user\":1}"),
			 0);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
}

static void wrong_codes_lock_the_account_too(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "hana", "staff", "", token);
	for (int i = 0; i < 5; i++) {
		/* The right password in between forgives nothing. */
		assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
		take_token(calls, token);
		assert_int_equal(second_factor(calls, token, "code", "123456"),
				 -ERR_CODE_WRONG);
	}
	assert_int_equal(calls_ask(calls, "session_show", token, ""),
			 -ERR_UNAUTHENTICATED);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD),
			 -ERR_LOGIN_REFUSED);
}

static void nobody_learns_which_accounts_there_are(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "hana", "staff", "", token);
	assert_int_equal(log_in(calls, "nobody", "wrong"), -ERR_LOGIN_REFUSED);
	assert_int_equal(json_object_size(calls->answer), 0);
	assert_int_equal(log_in(calls, "hana", "wrong"), -ERR_LOGIN_REFUSED);
	assert_int_equal(json_object_size(calls->answer), 0);
	assert_int_equal(calls_ask(calls, "users_disable", NULL,
				   "{\"user\":1,\"reason\":\"left\"}"),
			 0);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD),
			 -ERR_LOGIN_REFUSED);
	assert_int_equal(json_object_size(calls->answer), 0);
	/* A disabled user's sessions are over. */
	assert_int_equal(calls_ask(calls, "session_show", token, ""),
			 -ERR_UNAUTHENTICATED);
}

static void an_idle_session_ends_by_itself(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	size_t count = 0;

	(void)calls_user(calls, "hana", "staff", "", token);
	age_sessions(calls, (900 - 60) * 1000, 0);
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""), 0);
	age_sessions(calls, 901 * 1000, 0);
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""),
			 -ERR_UNAUTHENTICATED);
	assert_int_equal(store_begin(calls->store), 0);
	assert_int_equal(logins_sweep(calls->store, clock_now_ms(), &count), 0);
	assert_int_equal(store_commit(calls->store), 0);
	assert_int_equal(count, 1);
}

static void the_oldest_session_ends_after_twelve_hours(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "hana", "staff", "", token);
	age_sessions(calls, 0, INT64_C(12) * 3600 * 1000 + 1000);
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""),
			 -ERR_UNAUTHENTICATED);
	/* What time did was not on record: put it right before the end. */
	age_sessions(calls, 0, -(INT64_C(12) * 3600 * 1000 + 1000));
}

static void the_user_sees_logins_and_logouts_and_ends_sessions(void **state)
{
	struct calls *calls = *state;
	char first[TOKEN_TEXT_SIZE + 1];
	char token[TOKEN_TEXT_SIZE + 1];
	char code[TOTP_DIGITS + 1];
	const json_t *list;

	enrol(calls, "hana");
	take_token(calls, first);
	assert_int_equal(log_in(calls, "hana", "wrong"), -ERR_LOGIN_REFUSED);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
	take_token(calls, token);
	calls_code(secret, 1, code);
	assert_int_equal(second_factor(calls, token, "code", code), 0);
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "session_show", token, ""), 0);
	assert_int_equal(calls_number(calls, "failures_since"), 1);
	assert_string_not_equal(calls_text(calls, "last_login"), "");
	assert_int_equal(calls_ask(calls, "sessions_list", token, ""), 0);
	list = json_object_get(calls->answer, "sessions");
	assert_int_equal(json_array_size(list), 2);
	assert_true(
	    json_is_true(json_object_get(json_array_get(list, 0), "current")));
	assert_int_equal(
	    calls_ask(calls, "sessions_revoke", token, "{\"session\":1}"), 0);
	assert_int_equal(calls_ask(calls, "session_show", first, ""),
			 -ERR_UNAUTHENTICATED);
	assert_int_equal(calls_ask(calls, "my_activity", token, ""), 0);
	list = json_object_get(calls->answer, "events");
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "kind")),
	    "logout");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 2), "kind")),
	    "failed");
	assert_int_equal(calls_ask(calls, "session_logout", token, ""), 0);
	assert_int_equal(calls_ask(calls, "session_show", token, ""),
			 -ERR_UNAUTHENTICATED);
}

static void nobody_ends_the_sessions_of_others(void **state)
{
	struct calls *calls = *state;
	char one[TOKEN_TEXT_SIZE + 1];
	char other[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "hana", "staff", "", one);
	(void)calls_user(calls, "taro", "staff", "", other);
	assert_int_equal(
	    calls_ask(calls, "sessions_revoke", other, "{\"session\":1}"),
	    -ERR_NOT_FOUND);
	assert_int_equal(calls_ask(calls, "session_show", one, ""), 0);
}

static void tokens_are_stored_as_hashes_only(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	uint8_t hash[HASH_SIZE];
	sqlite3_stmt *statement;

	(void)calls_user(calls, "hana", "staff", "", token);
	hash_bytes(view_of_string(token), hash);
	assert_int_equal(sqlite3_prepare_v2(calls->store->database.handle,
					    "SELECT token FROM session", -1,
					    &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_memory_equal(sqlite3_column_blob(statement, 0), hash, HASH_SIZE);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
}

static void a_password_changed_ends_all_other_sessions(void **state)
{
	struct calls *calls = *state;
	char old[TOKEN_TEXT_SIZE + 1];
	char token[TOKEN_TEXT_SIZE + 1];
	char code[TOTP_DIGITS + 1];

	enrol(calls, "hana");
	take_token(calls, old);
	assert_int_equal(log_in(calls, "hana", CALLS_PASSWORD), 0);
	take_token(calls, token);
	calls_code(secret, 1, code);
	assert_int_equal(second_factor(calls, token, "code", code), 0);
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "session_password", token,
				   "{\"password\":\"wrong\","
				   "\"new_password\":\"Another-Word 83 ok\"}"),
			 -ERR_LOGIN_REFUSED);
	assert_int_equal(calls_ask(calls, "session_password", token,
				   "{\"password\":\"" CALLS_PASSWORD "\","
				   "\"new_password\":\"Another-Word 83 ok\"}"),
			 0);
	take_token(calls, token);
	assert_int_equal(calls_ask(calls, "session_show", old, ""),
			 -ERR_UNAUTHENTICATED);
	/* Nor may the former one come back. */
	assert_int_equal(calls_ask(calls, "session_password", token,
				   "{\"password\":\"Another-Word 83 ok\","
				   "\"new_password\":\"" CALLS_PASSWORD "\"}"),
			 -ERR_PASSWORD_WEAK);
}

#define LOGIN_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LOGIN_TEST(a_temporary_password_must_be_changed_at_first_login),
	    LOGIN_TEST(a_second_factor_is_set_up_and_asked_for),
	    LOGIN_TEST(a_code_is_good_once),
	    LOGIN_TEST(a_recovery_code_is_good_once),
	    LOGIN_TEST(too_many_failures_lock_the_account_for_a_time),
	    LOGIN_TEST(wrong_codes_lock_the_account_too),
	    LOGIN_TEST(nobody_learns_which_accounts_there_are),
	    LOGIN_TEST(an_idle_session_ends_by_itself),
	    LOGIN_TEST(the_oldest_session_ends_after_twelve_hours),
	    LOGIN_TEST(the_user_sees_logins_and_logouts_and_ends_sessions),
	    LOGIN_TEST(nobody_ends_the_sessions_of_others),
	    LOGIN_TEST(tokens_are_stored_as_hashes_only),
	    LOGIN_TEST(a_password_changed_ends_all_other_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
