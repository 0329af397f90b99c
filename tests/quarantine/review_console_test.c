/* The operations of the console on items and requests: what a session sees,
 * pages, one reason for many, what is refused. */
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/console/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct call call = {.content = -1};

/* As the dispatcher runs it; the answer is call.answer until the next. */
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
	assert_true(error != 0 || call.parameters_ended);
	assert_int_equal(store_change_end(store, &saved, call.keep ? 0 : error),
			 call.keep ? 0 : error);
	assert_int_equal(store_commit(store), 0);
	return error;
}

static size_t count(const char *key)
{
	return json_array_size(json_object_get(call.answer, key));
}

static const char *text(const char *key)
{
	const char *value =
	    json_string_value(json_object_get(call.answer, key));

	return value == NULL ? "" : value;
}

static void a_session_finds_what_is_of_its_departments(void **state)
{
	struct store *store = *state;
	struct vault_record tax;
	struct vault_record welfare;
	struct vault_record both;
	char parameters[128];

	review_hold_item(store, TAX, &tax);
	review_hold_item(store, WELFARE, &welfare);
	vault_sample(&both, ERR_TYPE_FORBIDDEN, "b.docm");
	both.channel = CHANNEL_MAIL;
	(void)text_copy(both.department, sizeof(both.department), TAX);
	both.recipients =
	    view_of_string("address\tone@city.example\t" TAX "\n"
			   "address\ttwo@city.example\t" WELFARE "\n");
	assert_int_equal(review_record(store, &both, "to both"), 0);

	assert_int_equal(run(store, SAM, items_search, "{}"), 0);
	assert_int_equal(count("items"), 2);
	assert_int_equal(run(store, UMA, items_search, "{}"), 0);
	assert_int_equal(count("items"), 2);
	assert_int_equal(run(store, AUD, items_search, "{}"), 0);
	assert_int_equal(count("items"), 3);
	assert_int_equal(
	    run(store, AUD, items_search, "{\"department\":\"" WELFARE "\"}"),
	    0);
	assert_int_equal(count("items"), 2);
	assert_int_equal(
	    run(store, SAM, items_search, "{\"department\":\"" WELFARE "\"}"),
	    0);
	assert_int_equal(count("items"), 0);
	(void)snprintf(parameters, sizeof(parameters), "{\"id\":\"%s\"}",
		       welfare.item_id);
	assert_int_equal(run(store, SAM, items_show, parameters),
			 -ERR_NOT_FOUND);
	assert_int_equal(run(store, SAM, items_timeline, parameters),
			 -ERR_NOT_FOUND);
	assert_int_equal(run(store, UMA, items_show, parameters), 0);
	assert_string_equal(text("state"), "held");
	assert_int_equal(count("recipients"), 1);
}

static void pages_follow_each_other(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	size_t seen = 0;
	char parameters[128] = "{\"limit\":3,\"state\":\"held\"}";

	for (int i = 0; i < 7; i++)
		review_hold_item(store, TAX, &record);
	for (int page = 0; page < 3; page++) {
		assert_int_equal(run(store, RIN, items_search, parameters), 0);
		seen += count("items");
		(void)snprintf(
		    parameters, sizeof(parameters),
		    "{\"limit\":3,\"state\":\"held\",\"cursor\":%lld}",
		    json_integer_value(json_object_get(call.answer, "next")));
	}
	assert_int_equal(seen, 7);
	assert_null(json_object_get(call.answer, "next"));
}

static void filters_find(void **state)
{
	static const struct {
		const char *parameters;
		size_t found;
	} cases[] = {
	    {"{\"name\":\"DOCM\"}", 1},
	    {"{\"name\":\"xlsm\"}", 0},
	    {"{\"reason\":\"type.forbidden\"}", 1},
	    {"{\"reason\":\"infected\"}", 0},
	    {"{\"state\":\"held\",\"channel\":\"folder\"}", 1},
	    {"{\"channel\":\"mail\"}", 0},
	    {"{\"direction\":\"inbound\"}", 1},
	    {"{\"legal_hold\":\"true\"}", 0},
	    {"{\"legal_hold\":\"false\"}", 1},
	    {"{\"since\":\"2000-01-01T00:00:00.000Z\"}", 1},
	    {"{\"until\":\"2000-01-01T00:00:00.000Z\"}", 0},
	};
	struct store *store = *state;
	struct vault_record record;

	review_hold_item(store, TAX, &record);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    run(store, RIN, items_search, cases[i].parameters), 0);
		if (count("items") != cases[i].found)
			fail_msg("%s", cases[i].parameters);
	}
	assert_int_equal(run(store, RIN, items_search, "{\"state\":\"lost\"}"),
			 -ERR_PARAMETER);
	assert_int_equal(run(store, RIN, items_search, "{\"limit\":100000}"),
			 -ERR_PARAMETER);
	assert_int_equal(run(store, RIN, items_search, "{\"tenant\":\"x\"}"),
			 -ERR_PARAMETER);
}

static void a_request_shows_what_it_is_bound_to(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char parameters[256];
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"id\":\"%s\",\"kind\":\"release_sanitized\","
		       "\"reason\":\"業務に必要\"}",
		       record.item_id);
	assert_int_equal(run(store, RIN, items_request, parameters), 0);
	(void)text_copy(id, sizeof(id), text("request"));
	assert_int_equal(run(store, ANN, requests_list, "{\"state\":\"open\"}"),
			 0);
	assert_int_equal(count("requests"), 1);
	assert_int_equal(run(store, UMA, requests_list, "{\"state\":\"open\"}"),
			 0);
	assert_int_equal(count("requests"), 0);
	(void)snprintf(parameters, sizeof(parameters), "{\"id\":\"%s\"}", id);
	assert_int_equal(run(store, UMA, requests_show, parameters),
			 -ERR_NOT_FOUND);
	assert_int_equal(run(store, RIN, requests_show, parameters), 0);
	assert_true(json_is_true(json_object_get(call.answer, "own")));
	assert_int_equal(run(store, ANN, requests_show, parameters), 0);
	assert_false(json_is_true(json_object_get(call.answer, "own")));
	assert_string_equal(text("reason"), "業務に必要");
	assert_true(json_is_false(json_object_get(call.answer, "changed")));
	assert_int_equal(count("recipients"), 1);

	record.policy_sha256[0] ^= 1;
	assert_int_equal(review_record(store, &record, "the original"), 0);
	assert_int_equal(run(store, ANN, requests_show, parameters), 0);
	assert_true(json_is_true(json_object_get(call.answer, "changed")));
	assert_int_equal(run(store, ANN, requests_approve, parameters),
			 -ERR_STALE);
	assert_int_equal(run(store, ANN, requests_show, parameters), 0);
	assert_string_equal(text("state"), "superseded");
}

static void one_reason_covers_many_each_with_its_record(void **state)
{
	struct store *store = *state;
	struct vault_record record[3];
	const char *first;
	char parameters[512];

	for (int i = 0; i < 2; i++)
		review_hold_item(store, TAX, &record[i]);
	review_hold_item(store, WELFARE, &record[2]);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"ids\":[\"%s\",\"%s\",\"%s\",\"%032d\"],\"kind\":"
		       "\"delete\",\"reason\":\"誤送信\"}",
		       record[0].item_id, record[1].item_id, record[2].item_id,
		       0);
	assert_int_equal(run(store, RIN, items_batch_request, parameters), 0);
	assert_int_equal(count("results"), 4);
	first = json_string_value(json_object_get(
	    json_array_get(json_object_get(call.answer, "results"), 2),
	    "error"));
	assert_non_null(first);
	assert_string_equal(first, "not_found");
	assert_string_equal(review_value(store, "SELECT count(*) FROM request"),
			    "2");
	assert_string_equal(
	    review_value(store,
			 "SELECT count(*) FROM audit_entry WHERE"
			 " instr(line, '\"action\":\"item.request\"') > 0"),
	    "2");
}

static void an_item_that_was_looked_at_is_the_one_that_is_meant(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char parameters[256];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_record(store, &record, "the original"), 0);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"id\":\"%s\",\"kind\":\"delete\",\"version\":1,"
		       "\"reason\":\"x\"}",
		       record.item_id);
	assert_int_equal(run(store, RIN, items_request, parameters),
			 -ERR_PRECONDITION);
}

static void the_timeline_tells_who_said_what(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];
	char parameters[128];
	const json_t *last;

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_DENIED), 0);
	(void)snprintf(parameters, sizeof(parameters), "{\"id\":\"%s\"}",
		       record.item_id);
	assert_int_equal(run(store, SAM, items_timeline, parameters), 0);
	assert_int_equal(count("timeline"), 3);
	last = json_array_get(json_object_get(call.answer, "timeline"), 2);
	assert_string_equal(json_string_value(json_object_get(last, "actor")),
			    "ann");
	assert_string_equal(json_string_value(json_object_get(last, "comment")),
			    "決裁");
	assert_string_equal(json_string_value(json_object_get(last, "action")),
			    "request.deny");
}

static void exceptions_have_two_people_and_an_end(void **state)
{
	struct store *store = *state;
	char parameters[256];
	char id[ITEM_ID_SIZE + 1];

	assert_int_equal(run(store, RIN, exceptions_request,
			     "{\"rule\":\"xlsm\",\"department\":\"" TAX "\","
			     "\"reason\":\"x\",\"ends\":"
			     "\"2999-01-01T00:00:00.000Z\"}"),
			 -ERR_PARAMETER);
	time_write(clock_now_ms() + 86400000, parameters + 200);
	(void)snprintf(parameters, 200,
		       "{\"rule\":\"xlsm\",\"department\":\"" TAX "\","
		       "\"reason\":\"x\",\"ends\":\"%s\"}",
		       parameters + 200);
	assert_int_equal(run(store, UMA, exceptions_request, parameters),
			 -ERR_FORBIDDEN);
	assert_int_equal(run(store, ANN, exceptions_request, parameters), 0);
	(void)text_copy(id, sizeof(id), text("id"));
	(void)snprintf(parameters, sizeof(parameters), "{\"id\":\"%s\"}", id);
	assert_int_equal(run(store, ANN, exceptions_approve, parameters),
			 -ERR_OWN_REQUEST);
	assert_int_equal(run(store, BEN, exceptions_approve, parameters), 0);
	assert_true(review_refused(store, "UPDATE exception SET ends_ms ="
					  " ends_ms + 1, version = version"
					  " + 1"));
	assert_true(review_refused(store, "DELETE FROM exception"));
	assert_int_equal(run(store, AUD, exceptions_list, "{}"), 0);
	assert_int_equal(count("exceptions"), 1);
	assert_int_equal(run(store, BEN, exceptions_end, parameters), 0);
	assert_int_equal(run(store, BEN, exceptions_end, parameters),
			 -ERR_STALE);
}

static void incidents_and_stops_are_on_record(void **state)
{
	struct store *store = *state;
	char parameters[256];

	assert_int_equal(run(store, ADA, incidents_open,
			     "{\"kind\":\"malware\",\"description\":\"x\"}"),
			 0);
	(void)snprintf(parameters, sizeof(parameters),
		       "{\"id\":\"%s\",\"description\":\"y\"}", text("id"));
	assert_int_equal(run(store, ADA, incidents_close, parameters), 0);
	assert_int_equal(run(store, ADA, incidents_close, parameters),
			 -ERR_STALE);
	assert_int_equal(run(store, ADA, stops_stop,
			     "{\"scope\":\"release\",\"reason\":\"x\"}"),
			 0);
	assert_int_equal(run(store, ADA, stops_list, "{}"), 0);
	assert_int_equal(count("stops"), 2);
	assert_int_equal(run(store, ADA, stops_resume, "{\"reason\":\"y\"}"),
			 0);
	assert_int_equal(run(store, ADA, stops_list, "{}"), 0);
	assert_int_equal(count("stops"), 6);
	assert_true(review_refused(store, "DELETE FROM traffic_stop"));
	call_free(&call);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_session_finds_what_is_of_its_departments),
	    TEST(pages_follow_each_other),
	    TEST(filters_find),
	    TEST(a_request_shows_what_it_is_bound_to),
	    TEST(one_reason_covers_many_each_with_its_record),
	    TEST(an_item_that_was_looked_at_is_the_one_that_is_meant),
	    TEST(the_timeline_tells_who_said_what),
	    TEST(exceptions_have_two_people_and_an_end),
	    TEST(incidents_and_stops_are_on_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
