#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static void assert_output(const char *rtf, enum mode mode, const char *wanted)
{
	struct policy policy;
	struct local_run *run;
	struct view got;

	policy_default(&policy);
	policy.modes[FORMAT_RTF] = (uint8_t)mode;
	run = local_run(view_of_string(rtf), "a.rtf", &policy);
	got = buffer_contents(&run->output);
	if (run->error != 0 || got.size != strlen(wanted) ||
	    memcmp(got.data, wanted, got.size) != 0)
		print_error("error %d, got:\n%.*s\nwanted:\n%s\n", run->error,
			    (int)got.size, (const char *)got.data, wanted);
	assert_int_equal(run->error, 0);
	assert_int_equal(got.size, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.size);
	local_run_free(run);
}

static void assert_rebuilt(const char *rtf, const char *wanted)
{
	assert_output(rtf, MODE_REBUILD, wanted);
}

static void assert_text(const char *rtf, const char *wanted)
{
	assert_output(rtf, MODE_TEXT, wanted);
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("rtf"), 0);
}

static void a_document_is_written_in_one_way(void **state)
{
	(void)state;
	assert_rebuilt(
	    "{\\rt1\\ansi\r\n\\b  a\\'E9\xE9\\\\\\{ {}b\\par c}",
	    "{\\rtf1\\uc1\\ansi\\b  a\\'e9\\'e9\\\\\\{ b\\par\nc}\n");
}

static void fallback_is_one_question_mark(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1\\uc2\\u20837\\'93\\'fc{\\uc0\\u8364 x}"
		       "\\u8364abc\\u65\\tab\\tab d}",
		       "{\\rtf1\\uc1\\u20837?{\\u8364?x}\\u8364?c\\u65?d}\n");
}

static void an_object_leaves_what_it_shows(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1 a{\\object\\objemb{\\*\\objclass X}"
		       "{\\*\\objdata 0105}{\\result {\\b shown}}}b}",
		       "{\\rtf1\\uc1 a{{\\b shown}}b}\n");
}

static void a_field_that_goes_leaves_its_result(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1{\\field\\flddirty{\\*\\fldinst DDE a b}"
		       "{\\fldrslt {\\i c}}}}",
		       "{\\rtf1\\uc1{{{\\i c}}}}\n");
}

static void a_field_that_stays_keeps_its_instruction(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1{\\field{\\*\\fldinst {\\b HYPERLINK "
		       "\"http://a.example/\" \\\\o \"x\"}}{\\fldrslt c}}}",
		       "{\\rtf1\\uc1{\\field{\\*\\fldinst HYPERLINK "
		       "\"http://a.example/\" \\\\o \"x\"}{\\fldrslt c}}}\n");
}

static void what_goes_does_not_join_a_word_and_the_text_behind(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1\\fs21{\\*\\unknown x}{}44\\b{\\pxe}7}",
		       "{\\rtf1\\uc1\\fs21 44\\b 7}\n");
}

static void a_destination_behind_other_words_is_one(void **state)
{
	(void)state;
	assert_rebuilt("{\\rtf1{\\plain\\footnote note}a}",
		       "{\\rtf1\\uc1{\\plain{\\footnote note}}a}\n");
}

static void text_has_lines_cells_and_notes(void **state)
{
	(void)state;
	assert_text("{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset128 "
		    "M;}{\\f1\\fcharset204 C;}}{\\info{\\title no}}\\f0 "
		    "\\'93\\'fc\\'8e\\'44\\par a\\cell b\\cell\\row{\\f1\\'cf}"
		    "\\u20837?{\\footnote n}{\\*\\bkmkstart no}\\par}",
		    "入札\na\tb\nП入[n]\n");
}

static void text_takes_results_of_fields_and_no_instructions(void **state)
{
	(void)state;
	assert_text("{\\rtf1{\\field{\\*\\fldinst PAGE}{\\fldrslt 7}}\\~x"
		    "{\\pict\\pngblip 8950}\\emdash\\u-10179?\\u-8704?}",
		    "7\u00A0x—😀");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_document_is_written_in_one_way),
	    cmocka_unit_test(fallback_is_one_question_mark),
	    cmocka_unit_test(an_object_leaves_what_it_shows),
	    cmocka_unit_test(a_field_that_goes_leaves_its_result),
	    cmocka_unit_test(a_field_that_stays_keeps_its_instruction),
	    cmocka_unit_test(
		what_goes_does_not_join_a_word_and_the_text_behind),
	    cmocka_unit_test(a_destination_behind_other_words_is_one),
	    cmocka_unit_test(text_has_lines_cells_and_notes),
	    cmocka_unit_test(text_takes_results_of_fields_and_no_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
