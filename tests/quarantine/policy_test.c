/* Versions of the policies: who may do what, what comes into force, what the
 * database refuses, and that the log holds all of it. */
#define _GNU_SOURCE
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "quarantine/console/call.h"
#include "quarantine/policy/change.h"
#include "quarantine/policy/check.h"
#include "quarantine/policy/version.h"
#include "quarantine/review/proof.h"
#include "quarantine/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define FIRST "policies:\n  - name: \"default\"\n"
#define SECOND "policies:\n  - name: default\n    mode: text\n"

static int settles(struct store *store, bool refused,
		   enum settings_reason reason, const char *actor,
		   const char *version, const char *text)
{
	static struct settings_state settings;

	settings =
	    (struct settings_state){.refused = refused, .reason = reason};
	(void)text_copy(settings.actor, sizeof(settings.actor), actor);
	(void)text_copy(settings.version, sizeof(settings.version), version);
	if (refused)
		(void)text_copy(settings.detail, sizeof(settings.detail),
				"[{\"line\":3,\"key\":\"a\",\"ja\":\"あ\","
				"\"en\":\"b\"}]");
	return REVIEW_RUN(
	    store, policy_settle(store, &settings, view_of_string(text)));
}

static void starts(struct store *store)
{
	assert_int_equal(
	    settles(store, false, SETTINGS_START, "local:root", "", FIRST), 0);
}

static int proposes(struct store *store, enum person person, const char *text,
		    char ret_id[ITEM_ID_SIZE + 1])
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.1", clock_now_ms()};
	struct policy_version present;
	struct policy_asking asking = {
	    .text = text, .rolls_back = "", .reason = "改正"};

	assert_int_equal(policy_in_state(store, "in_force", &present), 0);
	asking.base = present.id;
	return REVIEW_RUN(store,
			  policy_propose(store, &reviewer, &asking, ret_id));
}

static int decides(struct store *store, enum person person, const char *id,
		   bool approve)
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.2", clock_now_ms()};
	bool superseded = false;
	struct audit_state saved;
	int error;
	int ended;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_change_begin(store, &saved), 0);
	error = policy_decide(store, &reviewer, id, approve, "可", &superseded);
	ended = store_change_end(store, &saved, superseded ? 0 : error);
	assert_int_equal(store_commit(store), 0);
	return superseded ? error : ended;
}

static const char *state_of(struct store *store, const char *id)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT state FROM policy_version WHERE id = '%s'", id);
	return review_value(store, sql);
}

static void what_stands_in_the_file_is_a_version(void **state)
{
	struct store *store = *state;

	starts(store);
	assert_string_equal(
	    review_value(store, "SELECT origin || ' ' || author_login || ' ' ||"
				" state FROM policy_version"),
	    "file local:root in_force");
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM config_change"), "2");
	/* Told again, as after each start of the vault. */
	starts(store);
	assert_int_equal(
	    settles(store, false, SETTINGS_RELOAD, "local:taro", "", FIRST), 0);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM policy_version"), "1");
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM config_change"), "2");
	assert_int_equal(
	    settles(store, false, SETTINGS_RELOAD, "local:taro", "", SECOND),
	    0);
	assert_string_equal(
	    review_value(store, "SELECT group_concat(state || ' ' ||"
				" author_login, ', ') FROM policy_version"),
	    "replaced local:root, in_force local:taro");
	assert_string_equal(
	    review_value(store, "SELECT actor || ' ' || reason || ' ' ||"
				" (before_sha256 = (SELECT sha256 FROM"
				"  policy_version WHERE number = 1))"
				" FROM config_change WHERE number = 3"),
	    "local:taro reload 1");
	assert_int_equal(
	    settles(store, true, SETTINGS_RELOAD, "local:taro", "", ""), 0);
	assert_string_equal(review_value(store,
					 "SELECT subject || ' ' || outcome FROM"
					 " config_change WHERE number = 4"),
			    "file refused");
}

static void one_writes_and_another_approves(void **state)
{
	struct store *store = *state;
	char id[ITEM_ID_SIZE + 1];

	starts(store);
	assert_int_equal(proposes(store, BEN, SECOND, id), -ERR_FORBIDDEN);
	assert_int_equal(proposes(store, ADA, FIRST, id), -ERR_EXISTS);
	assert_int_equal(proposes(store, ADA, SECOND, id), 0);
	assert_int_equal(decides(store, ADA, id, true), -ERR_OWN_REQUEST);
	assert_int_equal(decides(store, ADA, id, false), -ERR_OWN_REQUEST);
	/* An approver of one department. */
	assert_int_equal(decides(store, ANN, id, true), -ERR_FORBIDDEN);
	assert_int_equal(decides(store, AUD, id, true), -ERR_FORBIDDEN);
	assert_string_equal(state_of(store, id), "proposed");
	assert_int_equal(decides(store, BEN, id, true), 0);
	assert_int_equal(decides(store, BEN, id, false), -ERR_STALE);
	assert_string_equal(state_of(store, id), "approved");
	assert_int_equal(
	    settles(store, false, SETTINGS_VERSION, "ben", id, SECOND), 0);
	assert_string_equal(state_of(store, id), "in_force");
	assert_string_equal(
	    review_value(store,
			 "SELECT c.actor || ' ' || c.reason FROM config_change"
			 " c JOIN policy_version v ON v.id = c.policy"
			 " AND v.sha256 = c.after_sha256"
			 " AND v.state = 'in_force' WHERE c.number = 3"),
	    "ben version");
}

static void the_database_itself_refuses(void **state)
{
	static const char *const changes[] = {
	    "UPDATE policy_version SET state = 'approved', version = 2,"
	    " approver = author, approver_login = 'x', decided_ms = 1"
	    " WHERE number = 2",
	    "UPDATE policy_version SET state = 'approved', version = 2,"
	    " approver = 99, approver_login = author_login WHERE number = 2",
	    "UPDATE policy_version SET state = 'approved', version = 2"
	    " WHERE number = 2",
	    "UPDATE policy_version SET state = 'in_force', version = 2,"
	    " approver = 99, approver_login = 'x' WHERE number = 2",
	    "UPDATE policy_version SET text = 'x', version = version + 1",
	    "UPDATE policy_version SET author = 3, version = version + 1",
	    "DELETE FROM policy_version",
	    "UPDATE config_change SET actor = 'x'",
	    "DELETE FROM config_change",
	    "INSERT INTO config_change SELECT 9, tenant, subject, outcome,"
	    " reason, actor, time_ms, randomblob(32), after_sha256, policy,"
	    " detail, year, seq FROM config_change LIMIT 1",
	};
	struct store *store = *state;
	char id[ITEM_ID_SIZE + 1];

	starts(store);
	assert_int_equal(proposes(store, ADA, SECOND, id), 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!review_refused(store, changes[i]))
			fail_msg("%s", changes[i]);
}

static void what_is_refused_leaves_the_old_one(void **state)
{
	struct store *store = *state;
	char id[ITEM_ID_SIZE + 1];
	char other[ITEM_ID_SIZE + 1];

	starts(store);
	assert_int_equal(proposes(store, ADA, SECOND, id), 0);
	assert_int_equal(proposes(store, ADA, "rules: []\n", other), 0);
	assert_int_equal(decides(store, BEN, id, true), 0);
	/* One after the other. */
	assert_int_equal(decides(store, BEN, other, true), -ERR_STALE);
	assert_string_equal(state_of(store, other), "proposed");
	assert_int_equal(
	    settles(store, true, SETTINGS_VERSION, "ben", id, SECOND), 0);
	assert_string_equal(state_of(store, id), "refused");
	/* Told twice. */
	assert_int_equal(
	    settles(store, true, SETTINGS_VERSION, "ben", id, SECOND), 0);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM config_change"), "3");
	assert_string_equal(
	    review_value(store, "SELECT result ->> '$[0].line' FROM"
				" policy_version WHERE state = 'refused'"),
	    "3");
	/* Another came into force since that one was made. */
	assert_int_equal(settles(store, false, SETTINGS_RELOAD, "local:root",
				 "", "rules: [] # by hand\n"),
			 0);
	assert_int_equal(decides(store, BEN, other, true), -ERR_STALE);
	assert_string_equal(state_of(store, other), "superseded");
}

/* --- against the log --- */

struct table {
	const char *name;
	char columns[32][32];
	char types[32][16];
	int count;
};

static void read_table(sqlite3 *handle, const char *name,
		       struct table *ret_table)
{
	sqlite3_stmt *statement = NULL;
	char sql[128];

	*ret_table = (struct table){.name = name};
	(void)snprintf(sql, sizeof(sql), "PRAGMA table_info(%s)", name);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL),
			 SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		int i = ret_table->count++;

		(void)text_copy(
		    ret_table->columns[i], 32,
		    (const char *)sqlite3_column_text(statement, 1));
		(void)text_copy(
		    ret_table->types[i], 16,
		    (const char *)sqlite3_column_text(statement, 2));
	}
	(void)sqlite3_finalize(statement);
}

static void count_report(void *context, const char *object)
{
	(void)object;
	(*(int *)context)++;
}

static void run_sql(sqlite3 *handle, const char *sql)
{
	if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
}

/* How many rows or records do not fit, after this was done; it is undone. */
static int found_after(struct database *database, const char *sql)
{
	int count = 0;

	run_sql(database->handle, "BEGIN; DROP TRIGGER policy_version_next;"
				  "DROP TRIGGER policy_version_first;"
				  "DROP TRIGGER policy_version_stays;"
				  "DROP TRIGGER config_change_fixed;"
				  "DROP TRIGGER config_change_follows;"
				  "DROP TRIGGER config_change_stays;"
				  "DROP INDEX policy_version_in_force");
	run_sql(database->handle, sql);
	assert_int_equal(proof_check(database, count_report, &count), 0);
	assert_int_equal(change_check(database, count_report, &count), 0);
	run_sql(database->handle, "ROLLBACK");
	return count;
}

static void check_columns(struct database *database, const char *name, int rows)
{
	struct table table;
	char sql[512];

	read_table(database->handle, name, &table);
	for (int row = 1; row <= rows; row++) {
		for (int i = 0; i < table.count; i++) {
			const char *column = table.columns[i];
			bool text = strcmp(table.types[i], "TEXT") == 0;
			bool bytes = strcmp(table.types[i], "BLOB") == 0;

			(void)snprintf(
			    sql, sizeof(sql),
			    "UPDATE %s SET %s = %s%s%s WHERE number = %d", name,
			    column, bytes ? "" : "coalesce(",
			    bytes ? "randomblob(32)" : column,
			    bytes  ? ""
			    : text ? " || 'x', 'x')"
				   : " + 100, 7)",
			    row);
			if (found_after(database, sql) == 0)
				fail_msg("not found: %s", sql);
		}
		(void)snprintf(sql, sizeof(sql),
			       "DELETE FROM %s WHERE number = %d", name, row);
		if (found_after(database, sql) == 0)
			fail_msg("not found: %s", sql);
	}
}

static void every_column_is_held_against_the_log(void **state)
{
	static struct database database;
	struct store *store = *state;
	struct problem problem = {0};
	char id[ITEM_ID_SIZE + 1];

	starts(store);
	assert_int_equal(proposes(store, ADA, SECOND, id), 0);
	assert_int_equal(decides(store, BEN, id, true), 0);
	assert_int_equal(
	    settles(store, true, SETTINGS_VERSION, "ben", id, SECOND), 0);
	assert_int_equal(settles(store, false, SETTINGS_RELOAD, "local:root",
				 "", "rules: []\n"),
			 0);
	assert_int_equal(database_open(STORE_DATABASE, &database, &problem), 0);
	run_sql(database.handle, "PRAGMA foreign_keys=OFF;"
				 "PRAGMA ignore_check_constraints=ON");
	assert_int_equal(found_after(&database, "SELECT 1"), 0);
	check_columns(&database, "policy_version", 3);
	check_columns(&database, "config_change", 4);
	assert_int_not_equal(
	    found_after(&database,
			"INSERT INTO config_change SELECT 9, tenant, subject,"
			" outcome, reason, actor, time_ms, before_sha256,"
			" after_sha256, policy, detail, year, seq"
			" FROM config_change WHERE number = 4"),
	    0);
	database_close(&database);
}

/* --- the console --- */

/* Says what sekisho-policy would: a text with "bad" in it is bad. */
static pid_t start_checker(void)
{
	static struct frame_space space;
	int pair[2];
	pid_t pid;

	assert_int_equal(frame_pair(pair), 0);
	pid = fork();
	if (pid == 0) {
		struct frame frame = {.fd = -1};

		(void)close(pair[0]);
		while (frame_receive(pair[1], &space, &frame) == 0) {
			struct view text = {NULL, 0};
			bool bad;
			int fd = -1;

			if (handle_map(frame.fd, &text) != 0)
				_exit(1);
			bad = view_find(text, view_of_string("bad"), 0) !=
			      SIZE_MAX;
			if (memory_file_from(
				"answer",
				view_of_string(
				    bad ? "{\"problems\":[{\"line\":2,\"key\":"
					  "\"k\",\"ja\":\"j\",\"en\":\"e\"}]}"
					: "{\"policies\":[]}"),
				&fd) != 0 ||
			    frame_send(pair[1], MESSAGE_POLICY_CHECKED,
				       frame.id, view_of("\0\0\0\0", 4),
				       fd) != 0)
				_exit(1);
		}
		_exit(0);
	}
	assert_true(pid > 0);
	(void)close(pair[1]);
	policy_check_use(pair[0]);
	return pid;
}

static struct call call = {.content = -1};

static int finish(struct call *slow)
{
	return slow->slow.finish(slow, slow->slow.data, slow->slow_result);
}

static int run(struct store *store, enum person person, call_handler *handler,
	       const char *parameters)
{
	struct audit_state saved;
	int error;

	call_free(&call);
	call = (struct call){.store = store,
			     .session = review_session(person),
			     .token = "",
			     .source = "192.0.2.9",
			     .now_ms = clock_now_ms(),
			     .answer = json_object(),
			     .content = -1};
	call.parameters = json_loads(parameters, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(call.parameters);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_change_begin(store, &saved), 0);
	error = handler(&call);
	if (error == CALL_SLOW)
		call.slow_result = call.slow.work(call.slow.data);
	if (error == CALL_SLOW)
		error = finish(&call);
	assert_int_equal(store_change_end(store, &saved, call.keep ? 0 : error),
			 call.keep ? 0 : error);
	assert_int_equal(store_commit(store), 0);
	return error;
}

static const char *text(const char *key)
{
	const char *value =
	    json_string_value(json_object_get(call.answer, key));

	return value == NULL ? "" : value;
}

static void the_console_shows_what_is_wrong(void **state)
{
	struct store *store = *state;
	struct policy_version present;
	char parameters[1024];
	const json_t *list;
	pid_t checker;

	starts(store);
	assert_int_equal(run(store, ADA, policies_check,
			     "{\"policy\":\"default\",\"text\":\"x: y\"}"),
			 -ERR_UNAVAILABLE);
	checker = start_checker();
	assert_int_equal(policy_in_state(store, "in_force", &present), 0);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"policy\":\"default\",\"text\":\"bad\\n\","
		       "\"base\":\"%s\",\"reason\":\"r\"}",
		       present.id);
	assert_int_equal(run(store, ADA, policies_propose, parameters),
			 -ERR_PARAMETER);
	list = json_object_get(call.answer, "problems");
	assert_int_equal(json_integer_value(
			     json_object_get(json_array_get(list, 0), "line")),
			 2);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"policy\":\"default\",\"text\":\"rules: []\\n\","
		       "\"base\":\"%s\",\"reason\":\"r\"}",
		       present.id);
	assert_int_equal(run(store, ADA, policies_propose, parameters), 0);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"policy\":\"default\",\"id\":\"%s\"}", text("id"));
	assert_int_equal(run(store, ADA, policies_show, parameters), 0);
	assert_string_equal(text("state"), "proposed");
	assert_string_equal(text("text"), "rules: []\n");
	assert_string_equal(text("reason"), "r");
	assert_true(json_is_true(json_object_get(call.answer, "own")));
	assert_int_equal(run(store, BEN, policies_withdraw, parameters),
			 -ERR_FORBIDDEN);
	assert_int_equal(run(store, ADA, policies_withdraw, parameters), 0);
	assert_int_equal(run(store, ADA, policies_show,
			     "{\"policy\":\"other\","
			     "\"id\":\"00000000000000000000000000000000\"}"),
			 -ERR_NOT_FOUND);
	call_free(&call);
	policy_check_use(-1);
	assert_int_equal(kill(checker, SIGKILL), 0);
	assert_int_equal(waitpid(checker, NULL, 0), checker);
}

static void versions_come_in_pages(void **state)
{
	struct store *store = *state;
	char words[64];

	starts(store);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(words, sizeof(words), "rules: [] # %d\n", i);
		assert_int_equal(settles(store, false, SETTINGS_RELOAD,
					 "local:root", "", words),
				 0);
	}
	assert_int_equal(run(store, AUD, policies_versions,
			     "{\"policy\":\"default\",\"limit\":4}"),
			 0);
	assert_int_equal(
	    json_array_size(json_object_get(call.answer, "versions")), 4);
	(void)snprintf(
	    words, sizeof(words), "{\"policy\":\"default\",\"cursor\":%d}",
	    (int)json_integer_value(json_object_get(call.answer, "next")));
	assert_int_equal(run(store, AUD, policies_versions, words), 0);
	assert_int_equal(
	    json_array_size(json_object_get(call.answer, "versions")), 2);
	assert_int_equal(run(store, AUD, config_changes_list, "{\"limit\":3}"),
			 0);
	assert_int_equal(
	    json_array_size(json_object_get(call.answer, "changes")), 3);
	assert_true(json_integer_value(json_object_get(call.answer, "next")) >
		    1);
	call_free(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_stands_in_the_file_is_a_version, review_set_up,
		review_tear_down),
	    cmocka_unit_test_setup_teardown(one_writes_and_another_approves,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(the_database_itself_refuses,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(what_is_refused_leaves_the_old_one,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(
		every_column_is_held_against_the_log, review_set_up,
		review_tear_down),
	    cmocka_unit_test_setup_teardown(the_console_shows_what_is_wrong,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(versions_come_in_pages,
					    review_set_up, review_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
