/*
 * Two municipalities in one vault. Every operation of the console is called
 * with what belongs to the other one, by each role, and has to answer as if it
 * were not there.
 */
#define _GNU_SOURCE
#include "quarantine/review/stop.h"
#include "tests/support/console_calls.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/banned.h"

enum { ROLES = 5, TENANTS = 2, TEXT = 1024 };

static const char *const roles[ROLES] = {"administrator", "reviewer",
					 "approver", "staff", "auditor"};
static const char *const tenants[TENANTS] = {"asahi", "kanuma"};
static const char *const departments[TENANTS] = {"a-zeimu", "k-zeimu"};

/* What there is of a tenant, as operations name it. */
struct world {
	char tokens[ROLES][TOKEN_TEXT_SIZE + 1];
	int64_t users[ROLES];
	char item[ITEM_ID_SIZE + 1];
	char request[ITEM_ID_SIZE + 1];
	char exception[ITEM_ID_SIZE + 1];
	char incident[ITEM_ID_SIZE + 1];
	char upload[ITEM_ID_SIZE + 1];
	char check[ITEM_ID_SIZE + 1];
	int64_t grant;
	int64_t client;
	int64_t session;
	int64_t seq;
};
static struct world worlds[TENANTS];

static void ask(struct calls *calls, const char *operation, const char *token,
		const char *parameters)
{
	int error = calls_ask(calls, operation, token, parameters);

	if (error != 0)
		fail_msg("%s %s: %s", operation, parameters, error_name(error));
}

static void take(struct calls *calls, const char *key, char *id)
{
	assert_true(text_copy(id, ITEM_ID_SIZE + 1, calls_text(calls, key)));
	assert_int_equal(strlen(id), ITEM_ID_SIZE);
}

static void make_people(struct calls *calls, int tenant)
{
	struct world *world = &worlds[tenant];
	char text[TEXT];

	(void)snprintf(text, sizeof(text), "{\"name\":\"%s\"}",
		       departments[tenant]);
	ask(calls, "units_create", NULL, text);
	for (int i = 0; i < ROLES; i++) {
		char login[64];

		/* The same login names in both. */
		(void)snprintf(login, sizeof(login), "%s", roles[i]);
		world->users[i] = calls_user(
		    calls, login, roles[i],
		    i == 1 || i == 2 || i == 3 ? departments[tenant] : "",
		    world->tokens[i]);
	}
	(void)snprintf(text, sizeof(text),
		       "{\"user\":%d,\"role\":\"approver\"}",
		       (int)world->users[1]);
	ask(calls, "grants_add", NULL, text);
	world->grant = calls_number(calls, "grant");
	ask(calls, "session_show", world->tokens[3], "");
	ask(calls, "sessions_list", world->tokens[3], "");
	world->session = json_integer_value(json_object_get(
	    json_array_get(json_object_get(calls->answer, "sessions"), 0),
	    "number"));
	assert_true(world->session > 0);
}

static void make_things(struct calls *calls, int tenant)
{
	struct world *world = &worlds[tenant];
	struct vault_record record;
	char text[TEXT];
	char ends[TIME_TEXT_SIZE + 1];

	time_write(clock_now_ms() + 3600 * 1000, ends);
	review_hold_item(calls->store, departments[tenant], &record);
	(void)text_copy(world->item, sizeof(world->item), record.item_id);
	(void)snprintf(
	    text, sizeof(text),
	    "{\"id\":\"%s\",\"kind\":\"release_sanitized\",\"reason\":\"r\"}",
	    world->item);
	ask(calls, "items_request", world->tokens[1], text);
	take(calls, "request", world->request);
	(void)snprintf(text, sizeof(text),
		       "{\"rule\":\"x\",\"department\":\"%s\",\"reason\":\"r\","
		       "\"ends\":\"%s\"}",
		       departments[tenant], ends);
	ask(calls, "exceptions_request", world->tokens[1], text);
	take(calls, "id", world->exception);
	ask(calls, "incidents_open", world->tokens[1],
	    "{\"kind\":\"x\",\"description\":\"d\"}");
	take(calls, "id", world->incident);
	ask(calls, "files_begin", world->tokens[3],
	    "{\"name\":\"a.txt\",\"bytes\":1}");
	take(calls, "id", world->upload);
	ask(calls, "self_checks_run", world->tokens[0], "");
	take(calls, "id", world->check);
	(void)snprintf(text, sizeof(text),
		       "{\"name\":\"c\",\"unit\":\"%s\",\"operations\":"
		       "[\"upload\"],\"expires\":\"%s\"}",
		       departments[tenant], ends);
	ask(calls, "clients_create", world->tokens[0], text);
	world->client = calls_number(calls, "client");
	world->seq = (int64_t)calls->store->audit.state.tree.size - 1;
}

static int set_up(void **state)
{
	static const char *const rules[][2] = {
	    {"a-*", "asahi"}, {"k-*", "kanuma"}, {NULL, NULL}};
	struct calls *calls = calloc(1, sizeof(*calls));

	assert_non_null(calls);
	calls_open_tenants(calls, rules);
	for (int i = 0; i < TENANTS; i++) {
		calls->tenant = tenants[i];
		make_people(calls, i);
		make_things(calls, i);
	}
	assert_int_equal(store_checkpoint(calls->store), 0);
	calls->tenant = tenants[0];
	*state = calls;
	return 0;
}

static int tear_down(void **state)
{
	calls_close(*state);
	free(*state);
	return 0;
}

/* --- every operation --- */

/* NULL: it names nothing of anybody else; what it lists is looked at. */
static const struct {
	const char *operation;
	const char *parameters;
} walk[] = {
#define WALK(operation, parameters) {#operation, parameters},
#include "tests/quarantine/tenant_walk.def"
#undef WALK
};
enum { WALKS = sizeof(walk) / sizeof(walk[0]) };

/* What is nowhere. */
static const struct world nothing = {
    .item = "00000000000000000000000000000000",
    .request = "00000000000000000000000000000000",
    .exception = "00000000000000000000000000000000",
    .incident = "00000000000000000000000000000000",
    .upload = "00000000000000000000000000000000",
    .check = "00000000000000000000000000000000",
    .users = {999999},
    .grant = 999999,
    .client = 999999,
    .session = 999999,
    .seq = 999999,
};

/* @name and #name as they are in this world. */
static void fill_in(const char *template, const struct world *world,
		    const char *unit, char *text)
{
	char ends[TIME_TEXT_SIZE + 1];
	char user[24];
	char grant[24];
	char client[24];
	char session[24];
	char seq[24];
	const struct {
		const char *name;
		const char *value;
	} values[] = {
	    {"@item", world->item},
	    {"@request", world->request},
	    {"@exception", world->exception},
	    {"@incident", world->incident},
	    {"@upload", world->upload},
	    {"@unit", unit},
	    {"@soon", ends},
	    {"@check", world->check},
	    {"@login", "nobody-here"},
	    {"#user", user},
	    {"#grant", grant},
	    {"#client", client},
	    {"#session", session},
	    {"#seq", seq},
	};
	size_t used = 0;

	time_write(clock_now_ms() + 3600 * 1000, ends);
	(void)snprintf(user, sizeof(user), "%d", (int)world->users[0]);
	(void)snprintf(grant, sizeof(grant), "%d", (int)world->grant);
	(void)snprintf(client, sizeof(client), "%d", (int)world->client);
	(void)snprintf(session, sizeof(session), "%d", (int)world->session);
	(void)snprintf(seq, sizeof(seq), "%d", (int)world->seq);
	text[0] = '\0';
	while (*template != '\0') {
		size_t i = 0;

		while (i < sizeof(values) / sizeof(values[0]) &&
		       strncmp(template, values[i].name,
			       strlen(values[i].name)) != 0)
			i++;
		if (i == sizeof(values) / sizeof(values[0]))
			used += (size_t)snprintf(text + used, TEXT - used, "%c",
						 *template ++);
		else {
			used += (size_t)snprintf(text + used, TEXT - used, "%s",
						 values[i].value);
			template += strlen(values[i].name);
		}
		assert_true(used < TEXT);
	}
}

/* Nothing of the other tenant stands in an answer but what was asked for. */
static void check_answer(const struct calls *calls, const char *operation,
			 const char *asked, const struct world *other,
			 const char *unit)
{
	char *text = json_dumps(calls->answer, JSON_ENCODE_ANY);
	const char *const marks[] = {unit,
				     other->item,
				     other->request,
				     other->exception,
				     other->incident,
				     other->upload,
				     other->check};

	assert_non_null(text);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i]) != NULL &&
		    strstr(asked, marks[i]) == NULL)
			fail_msg("%s: %s in %s", operation, marks[i], text);
	free(text);
}

static int64_t scope(struct calls *calls, const char *tenant)
{
	QUERY_CLEANUP struct query query =
	    query_make(&calls->store->database,
		       "SELECT count(*) FROM audit_scope WHERE tenant = ?");

	query_text(&query, tenant);
	assert_int_equal(query_step(&query), 1);
	return query_column_integer(&query, 0);
}

static void try_one(struct calls *calls, size_t at, int role)
{
	const char *token = worlds[0].tokens[role];
	char foreign[TEXT];
	char absent[TEXT];
	json_t *answer;
	int error;

	fill_in(walk[at].parameters, &worlds[1], departments[1], foreign);
	fill_in(walk[at].parameters, &nothing, "k-nowhere", absent);
	error = calls_ask(calls, walk[at].operation, token, foreign);
	check_answer(calls, walk[at].operation, foreign, &worlds[1],
		     departments[1]);
	answer = json_incref(calls->answer);
	if (strcmp(foreign, absent) != 0) {
		int other = calls_ask(calls, walk[at].operation, token, absent);

		if (other != error ||
		    (error == 0 && json_object_size(answer) !=
				       json_object_size(calls->answer)))
			fail_msg("%s by %s: %s, but %s of what is nowhere",
				 walk[at].operation, roles[role],
				 error_name(error), error_name(other));
		/* Lists alone may be asked for what is not there. */
		if (error == 0 &&
		    strcmp(walk[at].operation, "items_search") != 0 &&
		    strcmp(walk[at].operation, "audit_entries") != 0 &&
		    strcmp(walk[at].operation, "items_batch_request") != 0)
			fail_msg("%s by %s was done", walk[at].operation,
				 roles[role]);
	}
	json_decref(answer);
}

static void nothing_of_another_tenant_is_there(void **state)
{
	struct calls *calls = *state;
	int64_t before = scope(calls, tenants[1]);

	for (size_t i = 0; i < WALKS; i++)
		for (int role = 0; role < ROLES && walk[i].parameters != NULL;
		     role++)
			try_one(calls, i, role);
	/* No change without a record, so nothing of it was changed. */
	assert_int_equal(scope(calls, tenants[1]), before);
	assert_true(before > 20);
	assert_true(scope(calls, tenants[0]) > 20);
	/* And its own people find it as it was. */
	calls->tenant = tenants[1];
	for (int i = 0; i < ROLES; i++)
		ask(calls, "session_show", worlds[1].tokens[i], "");
}

static void the_walk_names_every_operation(void **state)
{
	static const char *const operations[] = {
#define OPERATION(name, roles, access, handler) #name,
#include "quarantine/console/operation.def"
#undef OPERATION
	};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]);
	     i++) {
		bool found = false;

		for (size_t j = 0; j < WALKS; j++)
			found |= strcmp(walk[j].operation, operations[i]) == 0;
		if (!found)
			fail_msg("%s", operations[i]);
	}
}

/* The same questions at home find something: the walk would prove nothing. */
static void at_home_it_is_there(void **state)
{
	static const char *const own[] = {"users_show",     "grants_list",
					  "items_show",     "items_parts",
					  "items_findings", "items_timeline",
					  "requests_show",  "audit_proofs"};
	struct calls *calls = *state;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		size_t at = 0;
		char text[TEXT];

		while (strcmp(walk[at].operation, own[i]) != 0)
			at++;
		fill_in(walk[at].parameters, &worlds[0], departments[0], text);
		ask(calls, own[i], worlds[0].tokens[4], text);
	}
	ask(calls, "items_search", worlds[0].tokens[4],
	    "{\"department\":\"a-zeimu\"}");
	assert_int_equal(
	    json_array_size(json_object_get(calls->answer, "items")), 1);
}

static void a_session_is_nobody_at_another_console(void **state)
{
	struct calls *calls = *state;

	for (int i = 0; i < ROLES; i++)
		assert_int_equal(
		    calls_ask(calls, "session_show", worlds[1].tokens[i], ""),
		    -ERR_UNAUTHENTICATED);
	assert_int_equal(calls_ask(calls, "session_login", "",
				   "{\"login\":\"reviewer\",\"password\":"
				   "\"wrong\"}"),
			 -ERR_LOGIN_REFUSED);
	calls->tenant = "nowhere";
	assert_int_equal(
	    calls_ask(calls, "session_show", worlds[0].tokens[0], ""),
	    -ERR_NOT_FOUND);
	calls->tenant = NULL;
	assert_int_equal(
	    calls_ask(calls, "session_show", worlds[0].tokens[0], ""),
	    -ERR_UNAUTHENTICATED);
}

static void each_tenant_stops_its_own_traffic(void **state)
{
	struct calls *calls = *state;
	struct stops list[4];
	size_t count = 0;
	bool stopped = false;

	ask(calls, "stops_stop", worlds[0].tokens[0],
	    "{\"scope\":\"release\",\"direction\":\"inbound\","
	    "\"reason\":\"r\"}");
	assert_int_equal(stop_read(calls->store, list, 4, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].tenant, "asahi");
	assert_true(list[0].stopped[STOP_RELEASE][DIRECTION_INBOUND]);
	assert_false(list[0].stopped[STOP_INTAKE][DIRECTION_INBOUND]);
	for (int i = 0; i < TENANTS; i++) {
		QUERY_CLEANUP struct query query =
		    query_make(&calls->store->database,
			       "SELECT number FROM item WHERE id = ?");

		query_text(&query, worlds[i].item);
		assert_int_equal(query_step(&query), 1);
		assert_int_equal(stop_of_item(calls->store, STOP_RELEASE,
					      query_column_integer(&query, 0),
					      &stopped),
				 0);
		assert_int_equal(stopped, i == 0);
	}
	calls->tenant = tenants[1];
	ask(calls, "stops_list", worlds[1].tokens[0], "");
	assert_int_equal(
	    json_array_size(json_object_get(calls->answer, "stops")), 0);
}

static void a_department_is_its_tenants_whoever_makes_it(void **state)
{
	struct calls *calls = *state;

	assert_int_equal(calls_ask(calls, "units_create", worlds[0].tokens[0],
				   "{\"name\":\"k-other\"}"),
			 -ERR_PARAMETER);
	assert_int_equal(calls_ask(calls, "units_create", worlds[0].tokens[0],
				   "{\"name\":\"other\"}"),
			 -ERR_PARAMETER);
	ask(calls, "units_create", worlds[0].tokens[0],
	    "{\"name\":\"a-other\"}");
	assert_int_equal(calls_ask(calls, "units_update", worlds[0].tokens[0],
				   "{\"unit\":\"a-other\",\"name\":\"k-x\"}"),
			 -ERR_PARAMETER);
}

/* Threads have a connection of their own, which is bound from the first. */
static void another_connection_is_bound_too(void **state)
{
	struct calls *calls = *state;
	struct problem problem = {0};
	struct database database;
	char text[64];
	char *content;

	assert_int_equal(tenant_open_readonly(STORE_DATABASE, tenants[1],
					      &database, &problem),
			 0);
	{
		QUERY_CLEANUP struct query query =
		    query_make(&database, "SELECT count(*), min(tenant),"
					  " max(tenant) FROM item");

		assert_int_equal(query_step(&query), 1);
		assert_int_equal(query_column_integer(&query, 0), 1);
		assert_string_equal(query_column_text(&query, 1), tenants[1]);
		assert_string_equal(query_column_text(&query, 2), tenants[1]);
	}
	database_close(&database);
	(void)snprintf(text, sizeof(text), "{\"id\":\"%s\"}",
		       worlds[0].incident);
	ask(calls, "incidents_bundle", worlds[0].tokens[0], text);
	content = json_dumps(calls->answer, JSON_ENCODE_ANY);
	assert_non_null(content);
	assert_null(strstr(content, worlds[1].item));
	assert_null(strstr(content, departments[1]));
	free(content);
}

/* What a query forgets is not forgotten. */
static void a_bound_connection_reads_and_writes_its_own_alone(void **state)
{
	struct calls *calls = *state;
	struct database *database = &calls->store->database;
	static const char users[] =
	    "SELECT count(DISTINCT tenant), min(tenant) FROM user";

	tenant_bind(database, tenants[0]);
	{
		QUERY_CLEANUP struct query query = query_make(database, users);

		assert_int_equal(query_step(&query), 1);
		assert_int_equal(query_column_integer(&query, 0), 1);
		assert_string_equal(query_column_text(&query, 1), tenants[0]);
	}
	assert_int_equal(store_begin(calls->store), 0);
	assert_int_equal(database_run(database, "UPDATE session SET used_ms ="
						" used_ms WHERE tenant ="
						" 'kanuma'"),
			 -ERR_NOT_FOUND);
	assert_int_equal(database_run(database, "UPDATE session SET used_ms ="
						" used_ms WHERE tenant ="
						" 'asahi'"),
			 0);
	assert_int_equal(database_run(database, "DELETE FROM credential"),
			 -ERR_NOT_FOUND);
	store_rollback(calls->store);
	tenant_bind(database, NULL);
	{
		QUERY_CLEANUP struct query query = query_make(database, users);

		assert_int_equal(query_step(&query), 1);
		assert_int_equal(query_column_integer(&query, 0), 2);
	}
}

static int come_home(void **state)
{
	struct calls *calls = *state;

	calls->tenant = tenants[0];
	return 0;
}

#define TENANT_TEST(test) cmocka_unit_test_setup(test, come_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_walk_names_every_operation),
	    TENANT_TEST(nothing_of_another_tenant_is_there),
	    TENANT_TEST(at_home_it_is_there),
	    TENANT_TEST(a_session_is_nobody_at_another_console),
	    TENANT_TEST(each_tenant_stops_its_own_traffic),
	    TENANT_TEST(a_department_is_its_tenants_whoever_makes_it),
	    TENANT_TEST(another_connection_is_bound_too),
	    TENANT_TEST(a_bound_connection_reads_and_writes_its_own_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
