#include "sanitizers/archive/name_set.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;
static struct name_set *set;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(4 * 1024 * 1024);
	return name_set_new(arena, 100, &set);
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static int add(const char *name)
{
	return name_set_add(set, name_key(arena, name));
}

static void names_are_the_same_as_on_disk(void **state)
{
	(void)state;
	assert_int_equal(add("Report.txt"), 0);
	assert_int_equal(add("REPORT.TXT"), -ERR_NAME_COLLISION);
	assert_int_equal(add("\u304C.txt"), 0);
	assert_int_equal(add("\u304B\u3099.txt"), -ERR_NAME_COLLISION);
	assert_int_equal(add("stra\u00DFe"), 0);
	assert_int_equal(add("STRASSE"), -ERR_NAME_COLLISION);
	assert_int_equal(add("様式1"), 0);
	assert_int_equal(add("様式１"), 0);
}

static void taken_names_get_a_number(void **state)
{
	(void)state;
	assert_int_equal(add("folder/a.docx"), 0);
	assert_string_equal(name_set_take(set, "folder/a.docm", 8, ".docx"),
			    "folder/a (2).docx");
	assert_string_equal(name_set_take(set, "folder/A.docm", 8, ".docx"),
			    "folder/A (3).docx");
	assert_string_equal(name_set_take(set, "b.docm", 1, ".docx"), "b.docx");
}

static void what_grows_too_long_is_cut_between_characters(void **state)
{
	char name[NAME_PART_MAX + 1] = "";
	const char *made;
	const char *part;

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(name); i += 3)
		(void)snprintf(name + i, sizeof(name) - i, "公");
	made = name_set_take(set, name, strlen(name), ".removed.txt");
	assert_true(strlen(made) <= NAME_PART_MAX);
	assert_true(utf8_valid(view_of_string(made)));
	part = made + strlen(made) - strlen(".removed.txt");
	assert_string_equal(part, ".removed.txt");
	made = name_set_take(set, name, strlen(name), ".removed.txt");
	assert_true(strlen(made) <= NAME_PART_MAX);
	assert_non_null(strstr(made, " (2).removed.txt"));
}

static void a_full_set_says_so(void **state)
{
	int error = 0;

	(void)state;
	for (unsigned i = 0; i < 1000 && error == 0; i++)
		error = add(arena_format(arena, "%u", i));
	assert_int_equal(error, -ERR_LIMIT_MEMBERS);
}

static void extensions_are_found_in_the_last_part(void **state)
{
	(void)state;
	assert_int_equal(name_dot("a.b/c"), 5);
	assert_int_equal(name_dot("a/b.docx"), 3);
	assert_int_equal(name_dot(".bashrc"), 7);
	assert_int_equal(name_dot("2024.12"), 7);
	assert_int_equal(name_dot("第1.版"), strlen("第1.版"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_are_the_same_as_on_disk),
	    TEST(taken_names_get_a_number),
	    TEST(what_grows_too_long_is_cut_between_characters),
	    TEST(a_full_set_says_so),
	    TEST(extensions_are_found_in_the_last_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
