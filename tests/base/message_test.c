/* What is written is read back; what is cut, longer or out of range is not. */
#include "base/message.h"

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
	    cmocka_unit_test(every_reason_and_removal_speaks_two_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
