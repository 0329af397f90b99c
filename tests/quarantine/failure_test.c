/* Ends of programs on record: once each, with what ended them; and what cannot
 * be recorded is not said to be. */
#define _GNU_SOURCE
#include "quarantine/oversight/failure.h"
#include "tests/support/review_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define COUNT(where)                                                           \
	"SELECT count(*) FROM audit_entry WHERE"                               \
	" json_extract(line, '$.object') LIKE 'program:%' AND " where
#define FIELD(field, where)                                                    \
	"SELECT json_extract(line, '$." field "') FROM audit_entry WHERE"      \
	" json_extract(line, '$.object') LIKE 'program:%' AND " where
#define ACTION_IS(action) "json_extract(line, '$.action') = '" action "'"

static const struct program_event an_end = {.change = PROGRAM_ENDED,
					    .cause = PROGRAM_CAUSE_SIGNAL,
					    .code = 9,
					    .time_ms = INT64_C(1795297594123),
					    .program = "sekisho-vault"};

static void an_end_is_a_record(void **state)
{
	struct store *store = *state;

	assert_int_equal(failure_note(store, &an_end), 0);
	assert_string_equal(review_value(store, COUNT("1")), "1");
	assert_string_equal(
	    review_value(store, FIELD("object", ACTION_IS("program.end"))),
	    "program:sekisho-vault");
	assert_string_equal(
	    review_value(store, FIELD("reason", ACTION_IS("program.end"))),
	    "signal.9");
	assert_string_equal(
	    review_value(store, FIELD("version", ACTION_IS("program.end"))),
	    "1795297594123");
	assert_string_equal(
	    review_value(store, FIELD("outcome", ACTION_IS("program.end"))),
	    "restarting");
	assert_string_equal(
	    review_value(store, FIELD("actor", ACTION_IS("program.end"))),
	    "sekishod");
}

static void what_is_told_twice_is_recorded_once(void **state)
{
	struct store *store = *state;
	struct program_event event = an_end;

	assert_int_equal(failure_note(store, &event), 0);
	store = review_reopen(store);
	*state = store;
	assert_int_equal(failure_note(store, &event), 0);
	assert_string_equal(review_value(store, COUNT("1")), "1");
	/* Another moment, and its coming back in the same one, are others. */
	event.time_ms++;
	assert_int_equal(failure_note(store, &event), 0);
	event.change = PROGRAM_BACK;
	event.cause = PROGRAM_CAUSE_NONE;
	assert_int_equal(failure_note(store, &event), 0);
	assert_string_equal(review_value(store, COUNT("1")), "3");
	assert_string_equal(
	    review_value(store, FIELD("outcome", ACTION_IS("program.start"))),
	    "running");
}

static void each_cause_has_its_name(void **state)
{
	static const struct {
		enum program_change change;
		enum program_cause cause;
		uint32_t code;
		const char *found;
	} cases[] = {
	    {PROGRAM_DOWN, PROGRAM_CAUSE_EXIT, 2, "exit.2 down"},
	    {PROGRAM_ENDED, PROGRAM_CAUSE_EXIT, 0, "exit.0 restarting"},
	    {PROGRAM_ENDED, PROGRAM_CAUSE_BROKER, 0, "broker.ended restarting"},
	    {PROGRAM_EVENTS_LOST, PROGRAM_CAUSE_NONE, 12, "events.12 lost"},
	};
	struct program_event event = an_end;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event.change = cases[i].change;
		event.cause = cases[i].cause;
		event.code = cases[i].code;
		event.time_ms++;
		assert_int_equal(failure_note(*state, &event), 0);
		assert_string_equal(
		    review_value(*state, "SELECT json_extract(line,"
					 " '$.reason') || ' ' ||"
					 " json_extract(line, '$.outcome')"
					 " FROM audit_entry"
					 " ORDER BY seq DESC LIMIT 1"),
		    cases[i].found);
	}
}

static void without_a_log_it_is_not_said_to_be_noted(void **state)
{
	struct store *store = *state;

	assert_int_equal(database_run(&store->database, "PRAGMA query_only=1"),
			 0);
	assert_int_not_equal(failure_note(store, &an_end), 0);
	assert_int_equal(database_run(&store->database, "PRAGMA query_only=0"),
			 0);
	assert_int_equal(failure_note(store, &an_end), 0);
	assert_string_equal(review_value(store, COUNT("1")), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_end_is_a_record, review_set_up,
					    review_tear_down),
	    cmocka_unit_test_setup_teardown(what_is_told_twice_is_recorded_once,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(each_cause_has_its_name,
					    review_set_up, review_tear_down),
	    cmocka_unit_test_setup_teardown(
		without_a_log_it_is_not_said_to_be_noted, review_set_up,
		review_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
