/* Accounts: rows ACL-1, ACL-2, ACL-3, ACL-4, AUTH-1 and AUTH-8. */
#define _GNU_SOURCE
#include "tests/support/console_calls.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

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

static int create(struct calls *calls, const char *login, const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"login\":\"%s\",\"name\":\"N\"%s}", login, more);
	return calls_ask(calls, "users_create", NULL, text);
}

static int of_user(struct calls *calls, const char *operation,
		   const char *token, int64_t user, const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "{\"user\":%d%s}", (int)user, more);
	return calls_ask(calls, operation, token, text);
}

static void unit(struct calls *calls, const char *name, const char *parent)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"name\":\"%s\",\"parent\":\"%s\"}", name, parent);
	assert_int_equal(calls_ask(calls, "units_create", NULL, text), 0);
}

static int statement(struct calls *calls, const char *text)
{
	int error = store_begin(calls->store);

	if (error == 0)
		error = database_run(&calls->store->database, text);
	store_rollback(calls->store);
	return error;
}

/* --- ACL-1 --- */

static void a_login_name_belongs_to_one_person_for_ever(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(create(calls, "hana", ""), 0);
	assert_int_equal(create(calls, "hana", ""), -ERR_EXISTS);
	assert_int_equal(create(calls, "HANA", ""), -ERR_EXISTS);
	assert_int_equal(
	    of_user(calls, "users_disable", NULL, 1, ",\"reason\":\"left\""),
	    0);
	assert_int_equal(create(calls, "hana", ""), -ERR_EXISTS);
	assert_int_not_equal(statement(calls, "DELETE FROM user"), 0);
	assert_int_not_equal(statement(calls, "UPDATE user SET login = 'taro',"
					      " version = version + 1"),
			     0);
	assert_int_equal(create(calls, "../x", ""), -ERR_PARAMETER);
	assert_int_equal(create(calls, "a b", ""), -ERR_PARAMETER);
	assert_int_equal(create(calls, "", ""), -ERR_PARAMETER);
}

static void nothing_of_a_user_changes_without_a_record(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(create(calls, "hana", ""), 0);
	assert_int_equal(store_begin(calls->store), 0);
	assert_int_equal(database_run(&calls->store->database,
				      "UPDATE user SET version = version + 1"),
			 0);
	assert_int_not_equal(store_commit(calls->store), 0);
	assert_int_not_equal(statement(calls, "UPDATE user SET name = 'x'"), 0);
}

/* --- ACL-2 --- */

static void who_audits_does_not_act(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(create(calls, "hana", ",\"role\":\"auditor\""), 0);
	assert_int_equal(
	    of_user(calls, "grants_add", NULL, 1, ",\"role\":\"approver\""),
	    -ERR_ROLES_SEPARATE);
	assert_int_equal(create(calls, "taro", ",\"role\":\"staff\""), 0);
	assert_int_equal(
	    of_user(calls, "grants_add", NULL, 2, ",\"role\":\"auditor\""),
	    -ERR_ROLES_SEPARATE);
	assert_int_not_equal(
	    statement(calls, "INSERT INTO role_grant (tenant, user, role, unit,"
			     " granted_ms, ended_reason) VALUES"
			     " ('default', 1, 'reviewer', 1, 0, '')"),
	    0);
	/* One after the other is fine. */
	assert_int_equal(
	    calls_ask(calls, "grants_remove", NULL, "{\"grant\":2}"), 0);
	assert_int_equal(
	    of_user(calls, "grants_add", NULL, 2, ",\"role\":\"auditor\""), 0);
}

static void nobody_gives_a_role_to_himself(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	int64_t number =
	    calls_user(calls, "admin1", "administrator", "", token);

	assert_int_equal(of_user(calls, "grants_add", token, number,
				 ",\"role\":\"approver\""),
			 -ERR_ROLES_SEPARATE);
	assert_int_not_equal(
	    statement(calls, "INSERT INTO role_grant (tenant, user, role, unit,"
			     " granted_ms, granted_by, ended_reason) VALUES"
			     " ('default', 1, 'reviewer', 1, 0, 1, '')"),
	    0);
	/* Nor a password, past the second factor. */
	assert_int_equal(of_user(calls, "users_reset", token, number, ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(
	    of_user(calls, "users_reset_factors", token, number, ""),
	    -ERR_FORBIDDEN);
}

/* --- ACL-3 --- */

static void a_role_holds_for_a_department_and_those_below(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	struct session session;

	unit(calls, "総務部", "");
	unit(calls, "総務課", "総務部");
	unit(calls, "税務課", "");
	(void)calls_user(calls, "hana", "reviewer", "総務部", token);
	assert_int_equal(
	    session_find(calls->store, token, clock_now_ms(), &session), 0);
	assert_int_equal(session.roles, ROLE_REVIEWER);
	assert_true(session_sees(&session, ROLE_REVIEWER, "総務部"));
	assert_true(session_sees(&session, ROLE_REVIEWER, "総務課"));
	assert_false(session_sees(&session, ROLE_REVIEWER, "税務課"));
	assert_false(session_sees(&session, ROLE_REVIEWER, "unknown"));
	assert_false(session_sees(&session, ROLE_REVIEWER, ""));
	assert_false(session_sees(&session, ROLE_APPROVER, "総務課"));
	/* A department that moves takes its items along. */
	assert_int_equal(
	    calls_ask(calls, "units_update", NULL,
		      "{\"unit\":\"総務課\",\"parent\":\"税務課\"}"),
	    0);
	assert_false(session_sees(&session, ROLE_REVIEWER, "総務課"));
	assert_int_equal(
	    calls_ask(calls, "units_update", NULL,
		      "{\"unit\":\"税務課\",\"parent\":\"総務課\"}"),
	    -ERR_STALE);
}

static void a_department_is_administered_from_within_or_above(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];
	char other[TOKEN_TEXT_SIZE + 1];
	int64_t boss;
	int64_t stranger;

	unit(calls, "総務部", "");
	unit(calls, "税務課", "");
	(void)calls_user(calls, "local-admin", "administrator", "総務部",
			 token);
	/* Belongs to the department, but has a role beyond it. */
	assert_int_equal(create(calls, "boss", ",\"unit\":\"総務部\""), 0);
	boss = calls_number(calls, "user");
	assert_int_equal(
	    of_user(calls, "grants_add", NULL, boss, ",\"role\":\"approver\""),
	    0);
	stranger = calls_user(calls, "stranger", "staff", "税務課", other);
	assert_int_equal(of_user(calls, "users_reset", token, boss, ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(of_user(calls, "users_reset", token, stranger, ""),
			 -ERR_NOT_FOUND);
	assert_int_equal(of_user(calls, "users_show", token, stranger, ""),
			 -ERR_NOT_FOUND);
	assert_int_equal(
	    calls_ask(calls, "users_create", token,
		      "{\"login\":\"new\",\"name\":\"N\",\"unit\":\"税務課\"}"),
	    -ERR_FORBIDDEN);
	assert_int_equal(
	    calls_ask(calls, "users_create", token,
		      "{\"login\":\"new\",\"name\":\"N\",\"unit\":\"総務部\","
		      "\"role\":\"administrator\"}"),
	    -ERR_FORBIDDEN);
	assert_int_equal(
	    calls_ask(calls, "users_create", token,
		      "{\"login\":\"new\",\"name\":\"N\",\"unit\":\"総務部\"}"),
	    0);
	assert_int_equal(calls_ask(calls, "users_list", token, ""), 0);
	assert_int_equal(
	    json_array_size(json_object_get(calls->answer, "users")), 3);
	/* Staff administer nothing, and no field makes them. */
	assert_int_equal(calls_ask(calls, "users_list", other, ""),
			 -ERR_FORBIDDEN);
	assert_int_equal(
	    calls_ask(calls, "units_list", token, "{\"roles\":31}"),
	    -ERR_PARAMETER);
}

/* --- ACL-4 --- */

static void two_administrators_remain(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(create(calls, "admin1", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(create(calls, "admin2", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(
	    calls_ask(calls, "grants_remove", NULL, "{\"grant\":1}"),
	    -ERR_TWO_ADMINISTRATORS);
	assert_int_equal(
	    of_user(calls, "users_disable", NULL, 1, ",\"reason\":\"left\""),
	    -ERR_TWO_ADMINISTRATORS);
	assert_int_equal(create(calls, "admin3", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(
	    of_user(calls, "users_disable", NULL, 1, ",\"reason\":\"left\""),
	    0);
	assert_int_equal(calls_ask(calls, "grants_remove", NULL,
				   "{\"grant\":2,\"emergency\":true}"),
			 0);
	assert_int_equal(calls_ask(calls, "users_list", NULL, ""), 0);
	assert_int_equal(calls_number(calls, "administrators"), 1);
}

static void an_emergency_is_for_the_operator_alone(void **state)
{
	struct calls *calls = *state;
	char token[TOKEN_TEXT_SIZE + 1];

	(void)calls_user(calls, "admin1", "administrator", "", token);
	assert_int_equal(create(calls, "admin2", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(calls_ask(calls, "grants_remove", token,
				   "{\"grant\":2,\"emergency\":true}"),
			 -ERR_PARAMETER);
	assert_int_equal(of_user(calls, "users_disable", token, 2,
				 ",\"reason\":\"emergency\""),
			 -ERR_PARAMETER);
	/* And the operator decides nothing else. */
	assert_int_equal(calls_ask(calls, "sessions_list", NULL, ""),
			 -ERR_FORBIDDEN);
}

/* --- AUTH-1 --- */

static bool has_problem(const char *password, int64_t length,
			enum error problem)
{
	const struct password_rules rules = {.length = length,
					     .classes = 4,
					     .login = "hana.sato",
					     .name = "Sato Hana"};
	enum error problems[PASSWORD_PROBLEMS_MAX];
	int count = password_problems(&rules, password, problems);

	for (int i = 0; i < count; i++)
		if (problems[i] == problem)
			return true;
	return problem == ERR_NONE && count == 0;
}

static void passwords_meet_the_municipal_profile(void **state)
{
	char longest[160];

	(void)state;
	assert_true(has_problem("Kx7-wq4Z", 8, ERR_NONE));
	assert_true(has_problem("Kx7-wq4", 8, ERR_PASSWORD_SHORT));
	assert_true(has_problem("Kx7-wq4Z", 12, ERR_PASSWORD_SHORT));
	assert_true(has_problem("kx7-wq4z", 8, ERR_PASSWORD_CLASSES));
	assert_true(has_problem("KX7-WQ4Z", 8, ERR_PASSWORD_CLASSES));
	assert_true(has_problem("Kxa-wqcZ", 8, ERR_PASSWORD_CLASSES));
	assert_true(has_problem("Kx7awq4Z", 8, ERR_PASSWORD_CLASSES));
	assert_true(has_problem("Hana-wq4Z9", 8, ERR_PASSWORD_PERSONAL));
	assert_true(has_problem("xSATO7-wqZ", 8, ERR_PASSWORD_PERSONAL));
	/* Characters count, not bytes. */
	assert_true(has_problem("あいうエ7aB", 8, ERR_PASSWORD_SHORT));
	assert_true(has_problem("あいうエオ7aB", 8, ERR_NONE));
	for (int i = 0; i < 128; i++)
		longest[i] = "aB3-zK8_qW"[i % 10];
	longest[128] = '\0';
	assert_true(has_problem(longest, 8, ERR_NONE));
	longest[128] = 'x';
	longest[129] = '\0';
	assert_true(has_problem(longest, 8, ERR_PASSWORD_LONG));
}

static void common_passwords_are_refused_in_every_dress(void **state)
{
	static const char *const refused[] = {
	    "password",    "P@ssw0rd1!", "Sakura2024!",      "!Qwerty123",
	    "1qaz2wsx",    "Abcd1234!",  "Aa1!Aa1!Aa1!Aa1!", "Welcome1!",
	    "Kanuma#2025", "Soumu-2024", "Tokyo2020!",       "Adm1n!23",
	};
	static const char *const allowed[] = {
	    "Kx7-wq4Z",
	    CALLS_PASSWORD,
	    "naze-Ame9ga Furu",
	    "7hT!mq2V",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!password_is_common(refused[i]))
			fail_msg("allowed: %s", refused[i]);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (password_is_common(allowed[i]))
			fail_msg("refused: %s", allowed[i]);
	for (int i = 0; i < 200; i++) {
		char made[PASSWORD_TEMPORARY_SIZE + 1];

		/* A name of four letters may be in it by chance. */
		password_make_temporary(made);
		assert_false(has_problem(made, 12, ERR_PASSWORD_SHORT));
		assert_false(has_problem(made, 12, ERR_PASSWORD_LONG));
		assert_false(has_problem(made, 12, ERR_PASSWORD_CLASSES));
		assert_false(has_problem(made, 12, ERR_PASSWORD_COMMON));
	}
}

static void administrators_have_stronger_passwords(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(create(calls, "admin1",
				",\"role\":\"administrator\","
				"\"password\":\"Kx7-wq4Z\""),
			 -ERR_PASSWORD_WEAK);
	assert_int_equal(
	    create(calls, "staff1",
		   ",\"role\":\"staff\",\"password\":\"Kx7-wq4Z\""),
	    0);
}

static void passwords_lie_sealed_argon2id(void **state)
{
	struct calls *calls = *state;
	struct password_state *found = calloc(1, sizeof(*found));
	sqlite3_stmt *query;

	assert_non_null(found);
	assert_int_equal(create(calls, "staff1", ",\"password\":\"Kx7-wq4Z\""),
			 0);
	assert_int_equal(password_read(calls->store, 1, clock_now_ms(), found),
			 0);
	assert_non_null(strstr(found->hash, "$argon2id$v=19$m=19456,t=2,p=1$"));
	assert_int_equal(password_verify("Kx7-wq4Z", found->hash), 0);
	assert_int_equal(password_verify("Kx7-wq4z", found->hash),
			 -ERR_LOGIN_REFUSED);
	assert_int_equal(password_verify("", ""), -ERR_LOGIN_REFUSED);
	free(found);
	assert_int_equal(
	    sqlite3_prepare_v2(calls->store->database.handle,
			       "SELECT instr(secret, CAST('argon2' AS BLOB))"
			       " FROM credential",
			       -1, &query, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(query, 0), 0);
	assert_int_equal(sqlite3_finalize(query), SQLITE_OK);
}

/* --- AUTH-8 --- */

static void who_does_not_come_any_more_is_listed_and_disabled(void **state)
{
	const int64_t day_ms = INT64_C(24) * 3600 * 1000;
	struct calls *calls = *state;
	struct user_filter filter = {.dormant = true, .limit = 100};
	json_t *list = json_array();
	size_t count = 0;
	struct user user;

	assert_int_equal(create(calls, "admin1", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(create(calls, "admin2", ",\"role\":\"administrator\""),
			 0);
	assert_int_equal(create(calls, "staff1", ",\"role\":\"staff\""), 0);
	filter.now_ms = clock_now_ms() + 89 * day_ms;
	assert_int_equal(users_list_write(calls->store, &filter, list), 0);
	assert_int_equal(json_array_size(list), 0);
	filter.now_ms = clock_now_ms() + 91 * day_ms;
	assert_int_equal(users_list_write(calls->store, &filter, list), 0);
	assert_int_equal(json_array_size(list), 3);
	json_decref(list);
	/* The last two administrators stay. */
	assert_int_equal(store_begin(calls->store), 0);
	assert_int_equal(
	    users_disable_dormant(calls->store, filter.now_ms, &count), 0);
	assert_int_equal(store_commit(calls->store), 0);
	assert_int_equal(count, 1);
	assert_int_equal(user_read(calls->store, 3, &user), 0);
	assert_false(user.active);
}

#define PEOPLE_TEST(name)                                                      \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PEOPLE_TEST(a_login_name_belongs_to_one_person_for_ever),
	    PEOPLE_TEST(nothing_of_a_user_changes_without_a_record),
	    PEOPLE_TEST(who_audits_does_not_act),
	    PEOPLE_TEST(nobody_gives_a_role_to_himself),
	    PEOPLE_TEST(a_role_holds_for_a_department_and_those_below),
	    PEOPLE_TEST(a_department_is_administered_from_within_or_above),
	    PEOPLE_TEST(two_administrators_remain),
	    PEOPLE_TEST(an_emergency_is_for_the_operator_alone),
	    PEOPLE_TEST(passwords_meet_the_municipal_profile),
	    PEOPLE_TEST(common_passwords_are_refused_in_every_dress),
	    PEOPLE_TEST(administrators_have_stronger_passwords),
	    PEOPLE_TEST(passwords_lie_sealed_argon2id),
	    PEOPLE_TEST(who_does_not_come_any_more_is_listed_and_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
