/* What is written is read back; what is cut, longer or out of range is not. */
#include "base/message.h"

#include "base/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/banned.h"

static struct submission a_submission(void)
{
	struct submission value = {.channel = CHANNEL_FOLDER,
				   .has_policy = true,
				   .record = true,
				   .refused = ERR_INTAKE_NAME,
				   .password_count = 2};

	item_id_new(value.item_id);
	policy_default(&value.policy);
	value.policy.limits.pages = 7;
	(void)snprintf(value.name, sizeof(value.name), "入札.docx");
	(void)snprintf(value.passwords[1], sizeof(value.passwords[1]),
		       "himitsu");
	return value;
}

static void a_submission_survives_the_way(void **state)
{
	static struct submission before;
	static struct submission after;
	BUFFER_CLEANUP struct buffer buffer = buffer_make(65536);

	(void)state;
	before = a_submission();
	submission_write(&buffer, &before);
	assert_int_equal(submission_read(buffer_contents(&buffer), &after), 0);
	assert_string_equal(after.item_id, before.item_id);
	assert_string_equal(after.name, before.name);
	assert_string_equal(after.passwords[1], "himitsu");
	assert_int_equal(after.policy.limits.pages, 7);
	assert_int_equal(after.refused, ERR_INTAKE_NAME);
	assert_int_equal(after.password_count, 2);
}

static void every_cut_and_every_surplus_is_refused(void **state)
{
	static struct submission value;
	BUFFER_CLEANUP struct buffer buffer = buffer_make(65536);
	struct view whole;

	(void)state;
	value = a_submission();
	submission_write(&buffer, &value);
	whole = buffer_contents(&buffer);
	for (size_t size = 0; size < whole.size; size++)
		assert_int_not_equal(
		    submission_read(view_slice(whole, 0, size), &value), 0);
	buffer_u8(&buffer, 0);
	assert_int_not_equal(submission_read(buffer_contents(&buffer), &value),
			     0);
}

static void an_outcome_out_of_range_is_refused(void **state)
{
	struct job_outcome outcome = {.error = ERR_COUNT};
	BUFFER_CLEANUP struct buffer buffer = buffer_make(4096);

	(void)state;
	job_outcome_write(&buffer, &outcome);
	assert_int_equal(job_outcome_read(buffer_contents(&buffer), &outcome),
			 -ERR_PROTOCOL);
}

static void the_zero_value_blocks(void **state)
{
	struct nested_outcome nested = {0};
	struct result result = {0};
	struct policy policy = {0};

	(void)state;
	assert_int_equal(nested.verdict, VERDICT_BLOCKED);
	assert_false(verdict_passes(result.verdict));
	assert_int_equal(policy.modes[1], MODE_BLOCK);
	assert_string_equal(verdict_name((enum verdict)999), "blocked");
	assert_false(verdict_passes((enum verdict)999));
}

static void a_policy_out_of_range_is_refused(void **state)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(4096);
	struct policy policy;
	struct cursor cursor;

	(void)state;
	policy_default(&policy);
	policy.links = LINKS_COUNT;
	policy_write(&buffer, &policy);
	cursor = cursor_at(buffer_contents(&buffer), 0);
	assert_int_equal(policy_read(&cursor, &policy), -ERR_PROTOCOL);
}

static void an_end_of_a_program_survives_the_way(void **state)
{
	struct program_event event = {.change = PROGRAM_DOWN,
				      .cause = PROGRAM_CAUSE_EXIT,
				      .code = 2,
				      .time_ms = INT64_C(1795297594123),
				      .program = "sekisho-vault"};
	struct program_event after;
	BUFFER_CLEANUP struct buffer buffer = buffer_make(256);
	struct view whole;

	(void)state;
	program_event_write(&buffer, &event);
	whole = buffer_contents(&buffer);
	assert_int_equal(program_event_read(whole, &after), 0);
	assert_int_equal(after.change, PROGRAM_DOWN);
	assert_int_equal(after.cause, PROGRAM_CAUSE_EXIT);
	assert_int_equal(after.code, 2);
	assert_int_equal(after.time_ms, event.time_ms);
	assert_string_equal(after.program, "sekisho-vault");
	for (size_t size = 0; size < whole.size; size++)
		assert_int_not_equal(
		    program_event_read(view_slice(whole, 0, size), &after), 0);
	event.change = PROGRAM_CHANGES;
	buffer.size = 0;
	program_event_write(&buffer, &event);
	assert_int_equal(program_event_read(buffer_contents(&buffer), &after),
			 -ERR_PROTOCOL);
	event.change = PROGRAM_BACK;
	event.time_ms = -1;
	buffer.size = 0;
	program_event_write(&buffer, &event);
	assert_int_equal(program_event_read(buffer_contents(&buffer), &after),
			 -ERR_PROTOCOL);
}

static void alarms_survive_the_way(void **state)
{
	static struct alarms before;
	static struct alarms after;
	BUFFER_CLEANUP struct buffer buffer = buffer_make(FRAME_PAYLOAD_MAX);

	(void)state;
	before.count = ALARMS_MAX;
	for (size_t i = 0; i < ALARMS_MAX; i++) {
		struct alarm *alarm = &before.list[i];

		alarm->kind = ALARM_DEFINITIONS;
		(void)memset(alarm->key, 'k', ALARM_KEY_MAX);
		(void)memset(alarm->text[LANGUAGE_JA], 'j', ALARM_TEXT_MAX);
		(void)memset(alarm->text[LANGUAGE_EN], 'e', ALARM_TEXT_MAX);
	}
	/* As long as they can be, they fit in one frame. */
	alarms_write(&buffer, &before);
	assert_int_equal(buffer_error(&buffer), 0);
	assert_int_equal(alarms_read(buffer_contents(&buffer), &after), 0);
	assert_int_equal(after.count, ALARMS_MAX);
	assert_string_equal(after.list[7].key, before.list[7].key);
	assert_string_equal(after.list[7].text[LANGUAGE_JA],
			    before.list[7].text[LANGUAGE_JA]);
	assert_string_equal(after.list[7].text[LANGUAGE_EN],
			    before.list[7].text[LANGUAGE_EN]);
	buffer.data[0] = ALARMS_MAX + 1;
	assert_int_equal(alarms_read(buffer_contents(&buffer), &after),
			 -ERR_PROTOCOL);
	assert_int_equal(after.count, 0);
	buffer.data[0] = 1;
	assert_int_equal(alarms_read(buffer_contents(&buffer), &after),
			 -ERR_PROTOCOL);
	assert_string_equal(alarm_name(ALARM_LOG_WRITE), "log.unwritable");
}

static void who_was_told_survives_the_way(void **state)
{
	const struct alarm_told before = {.kind = ALARM_PROGRAM_DOWN,
					  .recipients = 3,
					  .code = 250,
					  .time_ms = 17};
	struct alarm_told after;
	BUFFER_CLEANUP struct buffer buffer = buffer_make(64);

	(void)state;
	alarm_told_write(&buffer, &before);
	assert_int_equal(alarm_told_read(buffer_contents(&buffer), &after), 0);
	assert_int_equal(after.kind, ALARM_PROGRAM_DOWN);
	assert_int_equal(after.recipients, 3);
	assert_int_equal(after.code, 250);
	assert_int_equal(after.time_ms, 17);
	buffer_u8(&buffer, 0);
	assert_int_equal(alarm_told_read(buffer_contents(&buffer), &after),
			 -ERR_PROTOCOL);
}

static void every_reason_and_removal_speaks_two_languages(void **state)
{
	(void)state;
	for (int i = 1; i < ERR_COUNT; i++) {
		assert_true(error_name(i)[0] != '\0');
		assert_true(error_sentence(i, LANGUAGE_JA)[0] != '\0');
		assert_true(error_sentence(i, LANGUAGE_EN)[0] != '\0');
		assert_int_equal(error_by_name(error_name(i)), i);
	}
	for (int i = 1; i < REMOVAL_COUNT; i++) {
		enum removal_kind kind = (enum removal_kind)i;

		assert_true(removal_sentence(kind, LANGUAGE_JA)[0] != '\0');
		assert_true(removal_sentence(kind, LANGUAGE_EN)[0] != '\0');
		assert_int_equal(removal_by_name(removal_name(kind)), i);
	}
	assert_string_equal(error_name(ERR_COUNT + 5), "internal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_submission_survives_the_way),
	    cmocka_unit_test(every_cut_and_every_surplus_is_refused),
	    cmocka_unit_test(an_outcome_out_of_range_is_refused),
	    cmocka_unit_test(the_zero_value_blocks),
	    cmocka_unit_test(a_policy_out_of_range_is_refused),
	    cmocka_unit_test(an_end_of_a_program_survives_the_way),
	    cmocka_unit_test(alarms_survive_the_way),
	    cmocka_unit_test(who_was_told_survives_the_way),
	    cmocka_unit_test(every_reason_and_removal_speaks_two_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
