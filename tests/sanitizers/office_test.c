#include "sanitizers/detect.h"
#include "sanitizers/office/engine.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	static const char *const formats[] = {"vsd", "pub", "wps", "wpd",
					      "word95"};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		assert_int_equal(sample_check_folder(formats[i]), 0);
}

static int run_sample(const char *format, const char *name,
		      const struct policy *policy)
{
	struct buffer input = sample_read(format, name);
	struct local_run *run =
	    local_run(buffer_contents(&input), name, policy);
	int error = run->error;

	local_run_free(run);
	buffer_free(&input);
	return error;
}

static int run_in_mode(const char *format, const char *name, enum mode mode)
{
	struct policy policy;

	policy_default(&policy);
	memset(policy.modes, (int)mode, sizeof(policy.modes));
	return run_sample(format, name, &policy);
}

static void what_is_opaque_is_converted_where_the_policy_says_so(void **state)
{
	(void)state;
	assert_int_equal(run_in_mode("vsd", "図面.vsd", MODE_REBUILD),
			 -ERR_BLOCKED_BY_POLICY);
	assert_int_equal(run_in_mode("vsd", "図面.vsd", MODE_CONVERT),
			 -ERR_CONVERTED_ELSEWHERE);
	assert_int_equal(run_in_mode("wpd", "文書.wpd", MODE_PDF),
			 -ERR_CONVERTED_ELSEWHERE);
	assert_int_equal(run_in_mode("xlsb", "料金表.xlsb", MODE_CONVERT),
			 -ERR_CONVERTED_ELSEWHERE);
	assert_int_equal(run_in_mode("vsd", "図面.vsd", MODE_BLOCK),
			 -ERR_BLOCKED_BY_POLICY);
	assert_int_equal(run_in_mode("vsd", "図面.vsd", MODE_PICTURE),
			 -ERR_MODE_UNSUPPORTED);
}

/* Not by the mode of what has the same extension and another structure. */
static void a_document_of_word_95_has_a_mode_of_its_own(void **state)
{
	struct policy policy;

	(void)state;
	policy_default(&policy);
	assert_int_equal(run_sample("word95", "word95.doc", &policy),
			 -ERR_CONVERTED_ELSEWHERE);
	policy.modes[FORMAT_WORD95] = MODE_BLOCK;
	assert_int_equal(run_sample("word95", "word95.doc", &policy),
			 -ERR_BLOCKED_BY_POLICY);
	assert_int_equal(run_sample("doc", "bookmark.doc", &policy), 0);
}

/* Else what the engine makes would go to the engine again. */
static void what_the_engine_makes_is_rebuilt(void **state)
{
	(void)state;
	assert_int_equal(run_in_mode("xlsx", "plain.xlsx", MODE_CONVERT), 0);
	assert_int_equal(run_in_mode("docx", "plain.docx", MODE_CONVERT), 0);
	assert_int_equal(run_in_mode("pptx", "plain.pptx", MODE_CONVERT), 0);
	assert_int_equal(run_in_mode("pdf", "text.pdf", MODE_PDF), 0);
	assert_int_equal(run_in_mode("docx", "plain.docx", MODE_PDF),
			 -ERR_CONVERTED_ELSEWHERE);
}

static void text_takes_the_way_over_the_engine_where_both_are_text(void **state)
{
	struct policy policy;

	(void)state;
	assert_int_equal(run_in_mode("wpd", "文書.wpd", MODE_TEXT),
			 -ERR_CONVERTED_ELSEWHERE);
	policy_default(&policy);
	policy.modes[FORMAT_WPD] = MODE_TEXT;
	assert_int_equal(run_sample("wpd", "文書.wpd", &policy),
			 -ERR_MODE_UNSUPPORTED);
}

/* A route to a format that there is not would end in an object that nobody
 * knows. */
static void every_route_leads_to_a_format_that_is_rebuilt(void **state)
{
	static const char *const kinds[] = {
#define ENGINE(kind, reads, output, writes, draws) #kind,
#include "sanitizers/office/engine.def"
#undef ENGINE
	};
	struct engine_route route;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct sanitizer *output;

		assert_true(engine_route(kinds[i], MODE_PDF, &route));
		assert_string_equal(route.output, "pdf");
		assert_non_null(strstr(route.writes, "_pdf_Export"));
		if (!engine_route(kinds[i], MODE_CONVERT, &route))
			continue;
		output = sanitizer_for(format_by_name(route.output));
		assert_non_null(output);
		assert_non_null(output->rebuild);
		assert_false(engine_route(route.output, MODE_CONVERT, &route));
	}
	assert_false(engine_route("exe", MODE_CONVERT, &route));
	assert_false(engine_route("xlsb", MODE_TEXT, &route));
}

/* And of those without a form of their own, each has a route or is held. */
static void every_format_without_a_rebuild_says_what_instead(void **state)
{
	struct engine_route route;

	(void)state;
	for (int i = 1; i < FORMAT_COUNT; i++) {
		const struct sanitizer *sanitizer =
		    sanitizer_for((enum format)i);

		if (sanitizer->rebuild != NULL)
			continue;
		assert_true(sanitizer->instead == MODE_BLOCK ||
			    sanitizer->instead == MODE_CONVERT);
		assert_true(
		    engine_route(sanitizer->name, MODE_CONVERT, &route));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(
		what_is_opaque_is_converted_where_the_policy_says_so),
	    cmocka_unit_test(a_document_of_word_95_has_a_mode_of_its_own),
	    cmocka_unit_test(what_the_engine_makes_is_rebuilt),
	    cmocka_unit_test(
		text_takes_the_way_over_the_engine_where_both_are_text),
	    cmocka_unit_test(every_route_leads_to_a_format_that_is_rebuilt),
	    cmocka_unit_test(every_format_without_a_rebuild_says_what_instead),
	};

	return sizeof(tests) > 0 && detect_prepare() == 0
		   ? cmocka_run_group_tests(tests, NULL, NULL)
		   : 1;
}
