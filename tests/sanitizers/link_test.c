#include "sanitizers/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct policy policy;

static void only_four_schemes_are_links(void **state)
{
	static const char *const good[] = {"http://a/", "HTTPS://a/",
					   "mailto:a@example.jp",
					   "tel:0312345678", "#Sheet1!A1"};
	static const char *const bad[] = {"",
					  "file:///a",
					  "//a/b",
					  "\\\\a\\b",
					  "a.docx",
					  "http:a",
					  "java\tscript:x",
					  " http://a/",
					  "ftp://a/",
					  "vbscript:x",
					  "mailto:a?attachment=c:\\x",
					  "http\n://a/",
					  "ms-word:ofe|u|http://a"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(link_allowed(&policy, view_of_string(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(link_allowed(&policy, view_of_string(bad[i])));
}

static void removed_links_leave_places_in_the_document(void **state)
{
	struct policy strict = policy;

	(void)state;
	strict.links = LINKS_REMOVE;
	assert_true(link_allowed(&strict, view_of_string("#Sheet1!A1")));
	assert_false(link_allowed(&strict, view_of_string("https://a/")));
	assert_false(link_allowed(&strict, view_of_string("mailto:a@b")));
	assert_false(link_allowed(&strict, view_of_string("tel:1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_four_schemes_are_links),
	    cmocka_unit_test(removed_links_leave_places_in_the_document),
	};

	policy_default(&policy);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
