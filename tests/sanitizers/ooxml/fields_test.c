#include "sanitizers/ooxml/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct policy policy;

static bool allowed(const char *instruction)
{
	return field_allowed(&policy, view_of_string(instruction));
}

static void fields_on_the_list_stay(void **state)
{
	static const char *const instructions[] = {
	    "PAGE",
	    " page \\* MERGEFORMAT ",
	    "DATE \\@ \"yyyy年M月d日\"",
	    "TOC \\o \"1-3\" \\h \\z \\u",
	    "REF _Ref123 \\h",
	    "SEQ 図 \\* ARABIC",
	    "HYPERLINK \\l \"place\"",
	    "HYPERLINK \"https://a.example/\" \\o \"tip\" \\t \"_blank\"",
	    "EQ \\o\\ad(\\s\\up 9(a),b)",
	    "XE \"word:sub\" \\t \"see\"",
	    "SYMBOL 61472 \\f \"Wingdings\" \\s 10",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]);
	     i++)
		if (!allowed(instructions[i]))
			fail_msg("%s", instructions[i]);
}

static void others_go(void **state)
{
	static const char *const instructions[] = {
	    "",
	    "DDE cmd",
	    "dDeAuTo cmd",
	    "PAGEX",
	    "PAGE DDE cmd",
	    "PAGE \\* DDE cmd",
	    "\"PAGE\"",
	    "= 1+1",
	    "INCLUDEPICTURE \"http://a/\"",
	    "REF a b",
	    "TOC \"http://a.example/\"",
	    "HYPERLINK",
	    "HYPERLINK \"file:///c:/a\"",
	    "HYPERLINK \"https://a.example/\" \"file:///c:/a\"",
	    "HYPERLINK \\\\\\\\server\\\\share",
	    "HYPERLINK \"https://a",
	    "PAGE\x13 DDE",
	    "P\xc3\x84GE",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]);
	     i++)
		if (allowed(instructions[i]))
			fail_msg("%s", instructions[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_on_the_list_stay),
	    cmocka_unit_test(others_go),
	};

	policy_default(&policy);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
