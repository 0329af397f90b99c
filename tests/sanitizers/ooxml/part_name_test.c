#include "sanitizers/ooxml/part_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static void targets_resolve_inside_the_package(void **state)
{
	static const struct {
		const char *source, *target, *part;
	} cases[] = {
	    {"", "word/document.xml", "word/document.xml"},
	    {"word/document.xml", "media/a.png", "word/media/a.png"},
	    {"word/document.xml", "../docProps/a.xml", "docProps/a.xml"},
	    {"word/document.xml", "/xl/a.xml", "xl/a.xml"},
	    {"word/document.xml", ".\\media\\a.png", "word/media/a.png"},
	    {"word/document.xml", "%6dedia/a%2Epng", "word/media/a.png"},
	    {"xl/a.xml", "x//y/./z", "xl/x/y/z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    part_name_resolve(arena, cases[i].source, cases[i].target),
		    cases[i].part);
}

static void targets_that_leave_the_package_are_none(void **state)
{
	static const char *const targets[] = {"../../a",
					      "..\\..\\..\\etc\\passwd",
					      "%2e%2e/%2e%2e/a",
					      "",
					      "/",
					      "a%00b",
					      "a\nb"};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		assert_null(part_name_resolve(arena, i == 3 ? "" : "word/d.xml",
					      targets[i]));
}

static void relative_names_lead_back(void **state)
{
	(void)state;
	assert_string_equal(
	    part_name_relative(arena, "xl/worksheets/s.xml", "xl/media/a.png"),
	    "../media/a.png");
	assert_string_equal(part_name_relative(arena, "", "word/document.xml"),
			    "word/document.xml");
	assert_string_equal(part_name_relative(arena, "a/b.xml", "c/d.xml"),
			    "../c/d.xml");
	assert_string_equal(part_name_safe(arena, "word/メディア;a.exe", "png"),
			    "word/_____________a.png");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(targets_resolve_inside_the_package),
	    cmocka_unit_test(targets_that_leave_the_package_are_none),
	    cmocka_unit_test(relative_names_lead_back),
	};
	int failed;

	arena = arena_new(1024 * 1024);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
