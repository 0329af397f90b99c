/* What the daily examination finds in records, and what it leaves alone. */
#define _GNU_SOURCE
#include "quarantine/examine.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const char day[] = "2026-11-18"; /* a Wednesday */
static const int64_t hour_ms = INT64_C(3600) * 1000;

/* `hour` of that day in Japan. */
static struct record record_at(int hour, const char *action, const char *object)
{
	struct record record = {0};

	assert_int_equal(time_read("2026-11-17T15:00:00.000Z", &record.time_ms),
			 0);
	record.time_ms += hour * hour_ms;
	(void)text_copy(record.node, sizeof(record.node), "gate-1");
	(void)text_copy(record.actor, sizeof(record.actor), "sekishod");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), action);
	(void)text_copy(record.object, sizeof(record.object), object);
	return record;
}

static json_int_t found(struct examination *examination, const char *kind,
			const char *who)
{
	json_t *result = examination_result(examination, NULL);
	json_int_t count = 0;
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(result, "findings"), i, finding)
	{
		const char *its =
		    json_string_value(json_object_get(finding, "kind"));

		if (strcmp(its, kind) == 0 &&
		    strcmp(json_string_value(json_object_get(finding, "who")),
			   who) == 0)
			count = json_integer_value(
			    json_object_get(finding, "count"));
	}
	json_decref(result);
	return count;
}

static int set_up(void **state)
{
	*state = examination_new(day);
	return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	examination_free(*state);
	return 0;
}

static void feed(struct examination *examination, struct record record,
		 const char *reason)
{
	(void)text_copy(record.reason, sizeof(record.reason), reason);
	examination_record(examination, &record);
}

static void programs_that_ended_are_counted(void **state)
{
	struct examination *examination = *state;

	feed(examination, record_at(10, "program.end", "program:sekisho-vault"),
	     "signal.9");
	feed(examination, record_at(11, "program.end", "program:sekisho-vault"),
	     "exit.1");
	feed(examination,
	     record_at(11, "program.start", "program:sekisho-vault"), "");
	feed(examination,
	     record_at(12, "program.end", "program:sekisho-broker"),
	     "signal.11");
	/* Ended with it, and by nothing of their own. */
	feed(examination,
	     record_at(12, "program.end", "program:sekisho-worker"),
	     "broker.ended");
	feed(examination, record_at(13, "program.lost", "program:sekishod"),
	     "events.4");
	/* Of the next day. */
	feed(examination, record_at(24, "program.end", "program:sekisho-vault"),
	     "signal.9");
	assert_int_equal(found(examination, "programs", "sekisho-vault"), 2);
	assert_int_equal(found(examination, "programs", "sekisho-broker"), 1);
	assert_int_equal(found(examination, "programs", "sekisho-worker"), 0);
	assert_int_equal(found(examination, "programs", "sekishod"), 1);
}

static void refused_tokens_are_counted_by_their_reason(void **state)
{
	struct examination *examination = *state;

	for (int i = 0; i < 3; i++)
		feed(examination, record_at(9 + i, "token.refuse", "item:1"),
		     "token.spent");
	feed(examination, record_at(14, "token.refuse", "item:2"),
	     "token.signature");
	assert_int_equal(found(examination, "tokens", "token.spent"), 3);
	assert_int_equal(found(examination, "tokens", "token.signature"), 1);
}

/* What was set for it stays set until somebody takes it back. */
static void exceptions_that_are_over_are_told(void **state)
{
	struct record over = record_at(9, "exception.ended", "exception:1");
	struct record taken = record_at(10, "exception.ended", "exception:2");

	(void)text_copy(over.unit, sizeof(over.unit), "税務課");
	(void)text_copy(taken.unit, sizeof(taken.unit), "福祉課");
	feed(*state, over, "expired");
	/* Somebody ended it, and knows. */
	feed(*state, taken, "none");
	assert_int_equal(found(*state, "exceptions_over", "税務課"), 1);
	assert_int_equal(found(*state, "exceptions_over", "福祉課"), 0);
	assert_true(examination_tells("exceptions_over"));
	assert_false(examination_tells("settings"));
	assert_false(examination_tells("no such"));
}

static void programs_have_no_working_hours(void **state)
{
	struct record person = record_at(22, "item.look", "item:1");

	feed(*state, record_at(2, "program.end", "program:sekisho-web"),
	     "signal.9");
	(void)text_copy(person.actor, sizeof(person.actor), "tanaka");
	(void)text_copy(person.role, sizeof(person.role), "reviewer");
	feed(*state, person, "");
	assert_int_equal(found(*state, "out_of_hours", "sekishod"), 0);
	assert_int_equal(found(*state, "out_of_hours", "tanaka"), 1);
	assert_int_equal(found(*state, "nothing", ""), 0);
}

static void every_finding_has_its_sentence(void **state)
{
	(void)state;
	assert_non_null(examination_sentence("programs", LANGUAGE_JA));
	assert_non_null(examination_sentence("tokens", LANGUAGE_EN));
	assert_null(examination_sentence("no such", LANGUAGE_EN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(programs_that_ended_are_counted,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		refused_tokens_are_counted_by_their_reason, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(exceptions_that_are_over_are_told,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(programs_have_no_working_hours,
					    set_up, tear_down),
	    cmocka_unit_test(every_finding_has_its_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
