#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void assert_text(const char *input, size_t size, const char *output)
{
	struct local_run *run = local_run(view_of(input, size), "a.txt", NULL);
	struct view got = buffer_contents(&run->output);

	assert_int_equal(run->error, 0);
	assert_int_equal(got.size, strlen(output));
	assert_memory_equal(got.data, output, got.size);
	local_run_free(run);
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("text"), 0);
}

static void utf8_text_comes_out_as_it_is(void **state)
{
	(void)state;
	assert_text("入札公告\n", strlen("入札公告\n"), "入札公告\n");
}

static void escape_sequences_go_whole(void **state)
{
	const char *input = "a\x1B[1;31mb\x1B[0m\x1B]0;t\x07"
			    "c\x1B(0d\x1B"
			    "ce\x1BPxy\x1B\\f\x1B]open\ng\n";

	(void)state;
	assert_text(input, strlen(input), "abcdef\ng\n");
}

static void joiners_stay_where_they_join(void **state)
{
	const char *input = "👨\u200D👩 葛\U000E0100 x\u200Dy z\U000E0100 "
			    "❤\uFE0F\uFE0F\n";

	(void)state;
	assert_text(input, strlen(input),
		    "👨\u200D👩 葛\U000E0100 xy z ❤\uFE0F\n");
}

static void each_sort_is_reported_once_with_its_count(void **state)
{
	const char *input = "日本語\nの\x07文\x07書\x01です。\u202Eabc\u202C\n"
			    "二十文字くらいの続きの文章がここにあります。";
	struct local_run *run = local_run(view_of_string(input), "a.txt", NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_int_equal(run->removal_count, 2);
	assert_int_equal(run->removals[0].kind, REMOVAL_TEXT_CONTROL);
	assert_string_equal(run->removals[0].path, "line 2");
	assert_string_equal(run->removals[0].detail, "3: U+0007, U+0001");
	assert_int_equal(run->removals[1].kind, REMOVAL_TEXT_BIDI);
	assert_string_equal(run->removals[1].detail, "2: U+202E, U+202C");
	local_run_free(run);
}

static void utf8_by_policy(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.charset_out = CHARSET_UTF8;
	run = local_run(view_of_string("\x93\xFA\x96\x7B \x87\x40 \xB1\n"),
			"a.log", &policy);
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("日本 ① ｱ\n")));
	assert_string_equal(run->job.extension, "log");
	assert_int_equal(local_run_count(run, REMOVAL_TEXT_CHARSET), 1);
	local_run_free(run);
}

static void text_mode_is_utf8(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_TEXT] = MODE_TEXT;
	run =
	    local_run(view_of("\xFE\xFF\x65\xE5\x67\x2C", 6), "a.txt", &policy);
	assert_int_equal(run->error, 0);
	assert_true(
	    view_equal(buffer_contents(&run->output), view_of_string("日本")));
	local_run_free(run);
}

static void what_shows_only_after_cleaning_is_refused(void **state)
{
	const char *input = "@ec\u200Bho off\r\ncalc\r\n"
			    "これは説明の文章です。長い文章です。\r\n";
	struct local_run *run = local_run(view_of_string(input), "a.txt", NULL);

	(void)state;
	assert_int_equal(run->error, -ERR_TYPE_EXECUTABLE);
	assert_string_equal(run->job.detected, "batch");
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(utf8_text_comes_out_as_it_is),
	    cmocka_unit_test(escape_sequences_go_whole),
	    cmocka_unit_test(joiners_stay_where_they_join),
	    cmocka_unit_test(each_sort_is_reported_once_with_its_count),
	    cmocka_unit_test(utf8_by_policy),
	    cmocka_unit_test(text_mode_is_utf8),
	    cmocka_unit_test(what_shows_only_after_cleaning_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
