/* The parts of sekisho-web that make texts out of hostile ones. */
#include "gateway/web/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/banned.h"

static void expect_decoded(const char *text, const char *wanted)
{
	char decoded[64];

	assert_true(route_decode(text, decoded, sizeof(decoded)));
	assert_string_equal(decoded, wanted);
}

static void expect_refused(const char *text)
{
	char decoded[64];

	assert_false(route_decode(text, decoded, sizeof(decoded)));
}

static void percent_encoding_gives_text_or_nothing(void **state)
{
	char small[4];

	(void)state;
	expect_decoded("", "");
	expect_decoded("a%20b", "a b");
	expect_decoded("%E9%96%A2%e6%89%80", "関所");
	expect_decoded("%2e%2E%2f", "../");
	expect_refused("%");
	expect_refused("%4");
	expect_refused("%zz");
	expect_refused("%00");
	expect_refused("a%0d%0aSet-Cookie: b");
	expect_refused("%7f");
	expect_refused("%ff%fe");
	expect_refused("%c0%af"); /* an overlong slash */
	expect_refused("%ed%a0%80");
	assert_true(route_decode("abc", small, sizeof(small)));
	assert_false(route_decode("abcd", small, sizeof(small)));
}

static void expect_disposition(const char *name, const char *wanted)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(4096);

	reply_disposition(&buffer, name);
	buffer_u8(&buffer, 0);
	assert_int_equal(buffer_error(&buffer), 0);
	assert_string_equal((const char *)buffer.data, wanted);
}

static void a_name_cannot_end_the_header_it_is_in(void **state)
{
	(void)state;
	expect_disposition("a.txt", "attachment; filename=\"a.txt\"; "
				    "filename*=UTF-8''a.txt");
	expect_disposition("税.txt", "attachment; filename=\"___.txt\"; "
				     "filename*=UTF-8''%E7%A8%8E.txt");
	expect_disposition("\"; filename=\"b.html\r\nX: y",
			   "attachment; filename=\"___filename__b.html__X__y\";"
			   " filename*=UTF-8''%22%3B%20filename%3D%22b.html"
			   "%0D%0AX%3A%20y");
	expect_disposition("a';*%", "attachment; filename=\"a____\"; "
				    "filename*=UTF-8''a%27%3B%2A%25");
}

static void the_token_of_requests_follows_from_the_session_alone(void **state)
{
	char one[65];
	char same[65];
	char other[65];

	(void)state;
	guard_token("aa", one);
	guard_token("aa", same);
	guard_token("ab", other);
	assert_int_equal(strlen(one), 64);
	assert_string_equal(one, same);
	assert_string_not_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(percent_encoding_gives_text_or_nothing),
	    cmocka_unit_test(a_name_cannot_end_the_header_it_is_in),
	    cmocka_unit_test(
		the_token_of_requests_follows_from_the_session_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
