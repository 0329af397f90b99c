#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void assert_becomes(const char *name, const char *input,
			   const char *output)
{
	struct local_run *run = local_run(view_of_string(input), name, NULL);
	struct view got = buffer_contents(&run->output);

	assert_int_equal(run->error, 0);
	assert_int_equal(got.size, strlen(output));
	assert_memory_equal(got.data, output, got.size);
	local_run_free(run);
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("csv"), 0);
}

static void a_formula_gets_an_apostrophe(void **state)
{
	(void)state;
	assert_becomes("a.csv", "a,=1+1\r\n", "a,'=1+1\r\n");
	assert_becomes("a.csv", "a,\"=1+1\"\r\n", "a,\"'=1+1\"\r\n");
	assert_becomes("a.csv", "＝1+1,@x\r\n", "'＝1+1,'@x\r\n");
	assert_becomes("a.csv", "a,  =1+1\r\n", "a,'  =1+1\r\n");
	assert_becomes("a.csv", "a,\"\t=1\"\r\n", "a,\"'\t=1\"\r\n");
	assert_becomes("a.csv", "\"\"\"=1\"\"\",b\n", "\"'\"\"=1\"\"\",b\n");
	assert_becomes("a.csv", "\xEF\xBB\xBF=1,b\n", "\xEF\xBB\xBF'=1,b\n");
}

static void a_number_stays(void **state)
{
	static const char *const numbers[] = {
	    "-5",
	    "+81-3-1234-5678",
	    "\"-1,234.5\"",
	    "-5%",
	    "-1.5E+10",
	    "－５",
	    "-",
	    "－",
	    "---",
	    "-5℃",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "x,%s,y\r\n", numbers[i]);
		assert_becomes("a.csv", line, line);
	}
}

static void what_only_begins_like_a_number_is_a_formula(void **state)
{
	(void)state;
	assert_becomes("a.csv", "a,-2+3\n", "a,'-2+3\n");
	assert_becomes("a.csv", "a,-5A1\n", "a,'-5A1\n");
	assert_becomes("a.csv", "a,+1|x\n", "a,'+1|x\n");
	assert_becomes("a.csv", "a,-e5\n", "a,'-e5\n");
}

static void
cells_of_another_reading_are_guarded_when_they_can_harm(void **state)
{
	(void)state;
	assert_becomes("a.csv", "a,\"x\n=cmd|y!A\"\n", "a,\"x\n'=cmd|y!A\"\n");
	assert_becomes("a.csv", "a,\"x\n= sum\"\n", "a,\"x\n= sum\"\n");
	assert_becomes("a.csv", "a,\"x\n- y (z)\"\n", "a,\"x\n- y (z)\"\n");
	assert_becomes("a.csv", "a,b;@f(x)\n", "a,b;'@f(x)\n");
}

static void the_separator_line_goes(void **state)
{
	struct local_run *run =
	    local_run(view_of_string("sep=;\na;=1\n"), "a.csv", NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("a;'=1\n")));
	assert_int_equal(local_run_count(run, REMOVAL_CSV_SEPARATOR), 1);
	assert_int_equal(local_run_count(run, REMOVAL_CSV_FORMULA), 1);
	assert_string_equal(run->removals[1].path, "row 1, column 2");
	local_run_free(run);
}

static void formulas_stay_where_the_policy_says_so(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.csv_formulas = 0;
	run = local_run(view_of_string("a,=1\n"), "a.csv", &policy);
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("a,=1\n")));
	local_run_free(run);
}

static void text_mode_gives_lines_with_tabs(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_CSV] = MODE_TEXT;
	run =
	    local_run(view_of_string("a,\"b \"\"c\"\", d\ne\"\r\n\"\",=1\r\n"),
		      "a.csv", &policy);
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("a\tb \"c\", d e\r\n\t=1\r\n")));
	assert_string_equal(run->job.extension, "txt");
	local_run_free(run);
}

static void utf8_by_policy_gets_a_mark(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.charset_out = CHARSET_UTF8;
	run =
	    local_run(view_of_string("\x82\xA0,\xB1,=1\r\n"), "a.csv", &policy);
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("\xEF\xBB\xBF"
					      "あ,ｱ,'=1\r\n")));
	assert_int_equal(local_run_count(run, REMOVAL_TEXT_CHARSET), 1);
	local_run_free(run);
}

static void the_name_keeps_its_extension(void **state)
{
	struct local_run *run =
	    local_run(view_of_string("a\tb\n1\t=1,2\n"), "表.TSV", NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_string_equal(run->job.extension, "tsv");
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("a\tb\n1\t'=1,2\n")));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_formula_gets_an_apostrophe),
	    cmocka_unit_test(a_number_stays),
	    cmocka_unit_test(what_only_begins_like_a_number_is_a_formula),
	    cmocka_unit_test(
		cells_of_another_reading_are_guarded_when_they_can_harm),
	    cmocka_unit_test(the_separator_line_goes),
	    cmocka_unit_test(formulas_stay_where_the_policy_says_so),
	    cmocka_unit_test(text_mode_gives_lines_with_tabs),
	    cmocka_unit_test(utf8_by_policy_gets_a_mark),
	    cmocka_unit_test(the_name_keeps_its_extension),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
