/* Buffers, arenas and UTF-8: limits by construction. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void a_buffer_stops_at_its_maximum(void **state)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(4);

	(void)state;
	buffer_text(&buffer, "abc");
	buffer_text(&buffer, "de");
	assert_int_equal(buffer_error(&buffer), -ERR_LIMIT_OUTPUT);
	assert_int_equal(buffer.size, 3);
	buffer_text(&buffer, "f");
	assert_int_equal(buffer.size, 3);
}

static void an_arena_gives_no_more_than_its_limit(void **state)
{
	struct arena *arena = arena_new(1000);

	(void)state;
	assert_non_null(arena_alloc(arena, 900));
	assert_null(arena_alloc(arena, 200));
	assert_null(arena_array(arena, SIZE_MAX / 2, 3));
	assert_non_null(arena_alloc(arena, 16));
	arena_free(arena);
	arena_free(NULL);
}

static void invalid_utf8_is_repaired(void **state)
{
	char cut[] = "関\xe6\x89";
	char broken[] = "a\xffz";
	char surrogate[] = "\xed\xa0\x80!!!!";

	(void)state;
	utf8_repair(cut);
	assert_string_equal(cut, "関");
	utf8_repair(broken);
	assert_string_equal(broken, "a?z");
	assert_false(utf8_valid(view_of_string("\xc0\x80")));
	assert_false(utf8_valid(view_of_string("\xf4\x90\x80\x80")));
	assert_false(utf8_valid(view_of_string(surrogate)));
	assert_true(utf8_valid(view_of_string("𠮟る")));
}

static void text_is_cut_between_characters(void **state)
{
	char text[6];

	(void)state;
	assert_false(text_copy(text, sizeof(text), "関所"));
	assert_string_equal(text, "関");
	assert_true(text_copy(text, sizeof(text), "abcde"));
}

static void copies_that_do_not_fit_copy_nothing(void **state)
{
	uint8_t bytes[2] = {7, 7};

	(void)state;
	assert_false(bytes_copy(bytes, 2, view_of_string("abc")));
	assert_int_equal(bytes[0], 7);
	assert_true(bytes_copy(bytes, 2, view_of_string("ab")));
	assert_int_equal(bytes[1], 'b');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_buffer_stops_at_its_maximum),
	    cmocka_unit_test(an_arena_gives_no_more_than_its_limit),
	    cmocka_unit_test(invalid_utf8_is_repaired),
	    cmocka_unit_test(text_is_cut_between_characters),
	    cmocka_unit_test(copies_that_do_not_fit_copy_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
