#include "sanitizers/mail/clear.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
#define END                                                                    \
	"-----BEGIN PGP SIGNATURE-----\r\n\r\niHUE\r\n"                        \
	"-----END PGP SIGNATURE-----\r\n"

static struct arena *arena;

static struct clear_block find(const char *text)
{
	struct clear_block block;

	assert_int_equal(clear_find(arena, view_of_string(text), &block), 0);
	return block;
}

static void a_block_is_found_within_a_text(void **state)
{
	struct clear_block block = find("before\r\n" BEGIN "words\r\n" END "x");

	(void)state;
	assert_int_equal(block.begin, 8);
	assert_int_equal(block.end, 8 + strlen(BEGIN "words\r\n" END));
	assert_true(view_equal(block.text, view_of_string("words\r\n")));
}

static void marks_in_front_of_dashes_go(void **state)
{
	struct clear_block block =
	    find(BEGIN "- -----BEGIN PGP SIGNED MESSAGE-----\r\n- - a\r\n" END);

	(void)state;
	assert_true(view_equal(
	    block.text, view_of_string("-----BEGIN PGP SIGNED MESSAGE-----\r\n"
				       "- a\r\n")));
}

static void what_is_not_complete_is_no_block(void **state)
{
	(void)state;
	assert_int_equal(find("words\r\n").end, 0);
	assert_int_equal(find(BEGIN "words\r\n").end, 0);
	assert_int_equal(
	    find(BEGIN "words\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nx").end,
	    0);
	assert_int_equal(find(" " BEGIN "words\r\n" END).end, 0);
}

static void a_line_that_begins_with_a_dash_ends_it(void **state)
{
	(void)state;
	assert_int_equal(find(BEGIN "a\r\n-b\r\n" END).end, 0);
}

static void no_other_field_may_stand_in_front_of_the_text(void **state)
{
	(void)state;
	assert_int_equal(find("-----BEGIN PGP SIGNED MESSAGE-----\r\n"
			      "Pay: at once\r\n\r\nwords\r\n" END)
			     .end,
			 0);
}

static void a_broken_block_does_not_hide_a_good_one(void **state)
{
	struct clear_block block = find(BEGIN "a\r\n" BEGIN "b\r\n" END);

	(void)state;
	assert_true(view_equal(block.text, view_of_string("b\r\n")));
}

static void an_encrypted_message_is_seen_on_any_line(void **state)
{
	(void)state;
	assert_true(clear_is_encrypted(
	    view_of_string("a\n-----BEGIN PGP MESSAGE-----\n")));
	assert_true(clear_is_encrypted(
	    view_of_string("-----BEGIN PGP MESSAGE, PART 1/2-----\n")));
	assert_false(clear_is_encrypted(
	    view_of_string("write -----BEGIN PGP MESSAGE----- there\n")));
	assert_false(clear_is_encrypted(view_of_string(BEGIN "a\r\n" END)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_block_is_found_within_a_text),
	    cmocka_unit_test(marks_in_front_of_dashes_go),
	    cmocka_unit_test(what_is_not_complete_is_no_block),
	    cmocka_unit_test(a_line_that_begins_with_a_dash_ends_it),
	    cmocka_unit_test(no_other_field_may_stand_in_front_of_the_text),
	    cmocka_unit_test(a_broken_block_does_not_hide_a_good_one),
	    cmocka_unit_test(an_encrypted_message_is_seen_on_any_line),
	};
	int failed;

	arena = arena_new(1024 * 1024);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
