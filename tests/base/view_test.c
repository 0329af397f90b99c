#include "base/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void a_cursor_never_leaves_its_view(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5};
	struct cursor cursor = cursor_at(view_of(bytes, 5), 0);

	(void)state;
	assert_int_equal(cursor_u32le(&cursor), 0x04030201);
	assert_int_equal(cursor_u16le(&cursor), 0);
	assert_true(cursor.failed);
	assert_int_equal(cursor_u8(&cursor), 0);
	assert_int_equal(cursor_left(&cursor), 0);
}

static void a_slice_is_cut_to_its_view(void **state)
{
	struct view view = view_of_string("abcdef");

	(void)state;
	assert_int_equal(view_slice(view, 4, SIZE_MAX).size, 2);
	assert_int_equal(view_slice(view, 6, 1).size, 0);
	assert_int_equal(view_slice(view, SIZE_MAX, SIZE_MAX).size, 0);
}

static void find_reports_absence(void **state)
{
	struct view view = view_of_string("abcabc");

	(void)state;
	assert_int_equal(view_find(view, view_of_string("ca"), 0), 2);
	assert_int_equal(view_find(view, view_of_string("abc"), 1), 3);
	assert_int_equal(view_find(view, view_of_string("abcd"), 3), SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_cursor_never_leaves_its_view),
	    cmocka_unit_test(a_slice_is_cut_to_its_view),
	    cmocka_unit_test(find_reports_absence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
