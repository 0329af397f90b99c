/* API clients: what they may, how they end, what is on record of them. */
#define _GNU_SOURCE
#include "tests/support/console_calls.h"

#include "base/bytes.h"
#include "quarantine/people/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/banned.h"

enum { SECRET_SIZE = sizeof(CLIENT_SECRET_PREFIX) + TOKEN_TEXT_SIZE };

static const char *const operations[] = {
#define OPERATION(name, roles, access, handler) #name,
#include "quarantine/console/operation.def"
#undef OPERATION
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static char administrator[TOKEN_TEXT_SIZE + 1];

static int set_up(void **state)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	assert_non_null(calls);
	calls_open(calls);
	assert_int_equal(
	    calls_ask(calls, "units_create", NULL, "{\"name\":\"soumu\"}"), 0);
	assert_int_equal(
	    calls_ask(calls, "units_create", NULL, "{\"name\":\"zeimu\"}"), 0);
	(void)calls_user(calls, "kanri", "administrator", "", administrator);
	*state = calls;
	return 0;
}

static int tear_down(void **state)
{
	calls_close(*state);
	free(*state);
	return 0;
}

static void time_in(int64_t days, char text[TIME_TEXT_SIZE + 1])
{
	time_write(clock_now_ms() + days * 24 * 3600 * 1000, text);
}

static int create(struct calls *calls, const char *token, const char *name,
		  const char *unit, const char *rights, const char *more)
{
	char text[512];
	char expires[TIME_TEXT_SIZE + 1];

	time_in(30, expires);
	(void)snprintf(text, sizeof(text),
		       "{\"name\":\"%s\",\"unit\":\"%s\",\"operations\":[%s],"
		       "\"expires\":\"%s\"%s}",
		       name, unit, rights, expires, more);
	return calls_ask(calls, "clients_create", token, text);
}

static void make(struct calls *calls, const char *name, const char *rights,
		 const char *more, char secret[SECRET_SIZE])
{
	assert_int_equal(
	    create(calls, administrator, name, "soumu", rights, more), 0);
	assert_true(
	    text_copy(secret, SECRET_SIZE, calls_text(calls, "secret")));
	assert_int_equal(strlen(secret), SECRET_SIZE - 1);
}

static int hand_in(struct calls *calls, const char *secret, const char *more)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "{\"name\":\"a.txt\",\"bytes\":5%s}",
		       more);
	return calls_ask(calls, "files_begin", secret, text);
}

static int64_t count(struct calls *calls, const char *action)
{
	static const char sql[] = "SELECT count(*) FROM audit_entry WHERE"
				  " json_extract(line, '$.action') = ?";
	QUERY_CLEANUP struct query query =
	    query_make(&calls->store->database, sql);

	query_text(&query, action);
	assert_int_equal(query_step(&query), 1);
	return query_column_integer(&query, 0);
}

static void a_client_does_what_it_was_made_for_and_nothing_else(void **state)
{
	struct calls *calls = *state;
	char secret[SECRET_SIZE];
	char text[64];
	char here[80];

	make(calls, "bunsho", "\"upload\",\"read\"", ",\"per_minute\":6000",
	     secret);
	assert_int_equal(hand_in(calls, secret, ""), 0);
	assert_string_equal(calls_text(calls, "department"), "soumu");
	(void)snprintf(text, sizeof(text), "{\"id\":\"%s\"}",
		       calls_text(calls, "id"));
	assert_int_equal(calls_ask(calls, "files_show", secret, text), 0);
	/* Nothing is there yet, but what sekisho-web may have. */
	assert_int_equal(calls_ask(calls, "files_sanitized", secret, text),
			 -ERR_NOT_KEPT);
	(void)snprintf(here, sizeof(here), "{\"id\":\"%.32s\",\"here\":true}",
		       text + strlen("{\"id\":\""));
	assert_int_equal(calls_ask(calls, "files_sanitized", secret, here), 0);
	assert_int_equal(calls_ask(calls, "files_list", secret, ""), 0);
	for (size_t i = 0; i < OPERATIONS; i++) {
		if (client_may(client_right("upload") | client_right("read"),
			       operations[i]))
			continue;
		if (calls_ask(calls, operations[i], secret, text) !=
		    -ERR_FORBIDDEN)
			fail_msg("%s", operations[i]);
	}
	/* Files of others are as if they were not there; other departments
	 * are not for it. */
	assert_int_equal(calls_ask(calls, "files_show", administrator, text),
			 -ERR_NOT_FOUND);
	assert_int_equal(hand_in(calls, secret, ",\"department\":\"zeimu\""),
			 -ERR_FORBIDDEN);
}

static void each_right_is_one(void **state)
{
	static const char *const words[] = {"upload", "read", "certificate",
					    "report"};
	static const char *const asked[] = {
	    "files_begin", "files_show", "files_certificate", "files_report"};
	struct calls *calls = *state;

	for (size_t i = 0; i < 4; i++) {
		char secret[SECRET_SIZE];
		char right[32];

		(void)snprintf(right, sizeof(right), "\"%s\"", words[i]);
		make(calls, words[i], right, "", secret);
		for (size_t j = 0; j < 4; j++) {
			int wanted = i != j   ? -ERR_FORBIDDEN
				     : j == 0 ? -ERR_PARAMETER
					      : -ERR_NOT_FOUND;

			assert_int_equal(calls_ask(calls, asked[j], secret,
						   "{\"id\":\"0123456789abcdef"
						   "0123456789abcdef\"}"),
					 wanted);
		}
	}
}

static void what_is_revoked_is_worth_nothing(void **state)
{
	struct calls *calls = *state;
	char secret[SECRET_SIZE];

	make(calls, "bunsho", "\"upload\"", "", secret);
	assert_int_equal(hand_in(calls, secret, ""), 0);
	assert_int_equal(
	    calls_ask(calls, "clients_revoke", administrator, "{\"client\":1}"),
	    0);
	assert_int_equal(hand_in(calls, secret, ""), -ERR_UNAUTHENTICATED);
	assert_int_equal(calls_ask(calls, "console_about", secret, ""),
			 -ERR_UNAUTHENTICATED);
	assert_int_equal(count(calls, "client.refused"), 2);
	/* Once is for ever, and so is its name. */
	assert_int_equal(
	    calls_ask(calls, "clients_revoke", administrator, "{\"client\":1}"),
	    -ERR_STALE);
	assert_int_equal(
	    create(calls, administrator, "bunsho", "soumu", "\"upload\"", ""),
	    -ERR_EXISTS);
	assert_int_equal(store_begin(calls->store), 0);
	assert_int_not_equal(
	    database_run(&calls->store->database,
			 "UPDATE api_client SET state = 'active'"),
	    0);
	store_rollback(calls->store);
}

static void what_has_expired_is_worth_nothing(void **state)
{
	struct calls *calls = *state;
	struct session session;
	const char *reason = NULL;
	int64_t rate = 0;
	char secret[SECRET_SIZE];
	const char *digits = secret + sizeof(CLIENT_SECRET_PREFIX) - 1;
	int64_t end = clock_now_ms() + 31LL * 24 * 3600 * 1000;

	make(calls, "bunsho", "\"upload\"", "", secret);
	assert_int_equal(client_find(calls->store, digits, clock_now_ms(),
				     &session, &rate, &reason),
			 0);
	assert_int_equal(rate, CLIENT_RATE_DEFAULT);
	assert_int_equal(
	    client_find(calls->store, digits, end, &session, &rate, &reason),
	    -ERR_UNAUTHENTICATED);
	assert_string_equal(reason, "expired");
}

static void a_secret_is_no_session_and_a_session_no_secret(void **state)
{
	struct calls *calls = *state;
	char secret[SECRET_SIZE];
	char text[SECRET_SIZE];

	make(calls, "bunsho", "\"upload\",\"read\"", "", secret);
	assert_int_equal(calls_ask(calls, "files_list",
				   secret + sizeof(CLIENT_SECRET_PREFIX) - 1,
				   ""),
			 -ERR_UNAUTHENTICATED);
	(void)snprintf(text, sizeof(text), CLIENT_SECRET_PREFIX "%s",
		       administrator);
	assert_int_equal(calls_ask(calls, "files_list", text, ""),
			 -ERR_UNAUTHENTICATED);
}

static void every_use_is_recorded_and_they_are_counted(void **state)
{
	struct calls *calls = *state;
	const json_t *client;
	char secret[SECRET_SIZE];
	int refused = 0;

	/* Another number than those of the tests before, this minute. */
	for (int i = 0; i < 9; i++)
		make(calls, (char[]){(char)('a' + i), 0}, "\"read\"", "",
		     secret);
	make(calls, "bunsho", "\"upload\",\"read\"", ",\"per_minute\":20",
	     secret);
	for (int i = 0; i < 50; i++) {
		int error = calls_ask(calls, "files_list", secret, "");

		if (error != 0)
			assert_int_equal(error, -ERR_TOO_MANY);
		refused += error != 0;
	}
	/* A minute may have ended meanwhile. */
	assert_in_range(refused, 10, 30);
	assert_int_equal(count(calls, "client.use"), 50 - refused);
	assert_in_range(count(calls, "client.refused"), 1, 2);
	assert_int_equal(calls_ask(calls, "clients_list", administrator, ""),
			 0);
	client = json_array_get(json_object_get(calls->answer, "clients"), 0);
	assert_true(json_is_string(json_object_get(client, "used")));
	assert_string_equal(json_string_value(json_object_get(client, "name")),
			    "bunsho");
	/* The secret is nowhere any more. */
	assert_null(json_object_get(client, "secret"));
}

static void only_who_administers_the_department_makes_one(void **state)
{
	struct calls *calls = *state;
	char local[TOKEN_TEXT_SIZE + 1];
	char staff[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "zeimu1", "administrator", "zeimu", local);
	(void)calls_user(calls, "staff1", "staff", "soumu", staff);
	assert_int_equal(create(calls, local, "x", "soumu", "\"upload\"", ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(create(calls, local, "x", "", "\"upload\"", ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(create(calls, staff, "x", "soumu", "\"upload\"", ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(create(calls, local, "x", "zeimu", "\"upload\"", ""),
			 0);
	assert_int_equal(
	    create(calls, administrator, "y", "soumu", "\"upload\"", ""), 0);
	assert_int_equal(
	    calls_ask(calls, "clients_revoke", local, "{\"client\":2}"),
	    -ERR_NOT_FOUND);
	assert_int_equal(calls_ask(calls, "clients_list", local, ""), 0);
	assert_int_equal(
	    json_array_size(json_object_get(calls->answer, "clients")), 1);
	/* Nothing beyond the table, and never without an end. */
	assert_int_equal(create(calls, administrator, "z", "soumu",
				"\"upload\",\"approve\"", ""),
			 -ERR_PARAMETER);
	assert_int_equal(create(calls, administrator, "z", "soumu", "", ""),
			 -ERR_PARAMETER);
	assert_int_equal(
	    calls_ask(calls, "clients_create", administrator,
		      "{\"name\":\"z\",\"unit\":\"soumu\",\"operations\":"
		      "[\"upload\"]}"),
	    -ERR_PARAMETER);
	assert_int_equal(
	    calls_ask(calls, "clients_create", administrator,
		      "{\"name\":\"z\",\"unit\":\"soumu\",\"operations\":"
		      "[\"upload\"],\"expires\":\"2099-01-01T00:00:00.000Z\"}"),
	    -ERR_PARAMETER);
}

#define CLIENT_TEST(test)                                                      \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CLIENT_TEST(a_client_does_what_it_was_made_for_and_nothing_else),
	    CLIENT_TEST(each_right_is_one),
	    CLIENT_TEST(what_is_revoked_is_worth_nothing),
	    CLIENT_TEST(what_has_expired_is_worth_nothing),
	    CLIENT_TEST(a_secret_is_no_session_and_a_session_no_secret),
	    CLIENT_TEST(every_use_is_recorded_and_they_are_counted),
	    CLIENT_TEST(only_who_administers_the_department_makes_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
