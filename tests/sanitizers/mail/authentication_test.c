#include "sanitizers/mail/authentication.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static const char *check(const char *header, const char *given)
{
	struct mail_tree tree;
	const char *value = NULL;

	assert_int_equal(mail_tree_read(arena, view_of_string(header), &tree),
			 0);
	assert_int_equal(authentication_check(arena, tree.root->fields,
					      tree.root->body,
					      view_of_string(given), &value),
			 0);
	return value;
}

static void a_message_without_a_signature_has_none(void **state)
{
	(void)state;
	assert_string_equal(check("From: a@b.jp\n\nwords\n", "gw.jp\n"),
			    "gw.jp; dkim=none");
}

/* The key of RFC 6376's examples is not needed to say no. */
static void nothing_passes_without_a_key(void **state)
{
	static const char message[] =
	    "DKIM-Signature: v=1; a=rsa-sha256; d=a.jp; s=x; h=from;\n"
	    " bh=AAAA; b=AAAA\nFrom: a@b.jp\n\nwords\n";

	(void)state;
	assert_string_equal(check(message, "gw.jp\n"),
			    "gw.jp; dkim=permerror header.d=a.jp header.s=x");
	assert_string_equal(check(message, "gw.jp\nx._domainkey.a.jp\n"),
			    "gw.jp; dkim=temperror header.d=a.jp header.s=x");
	assert_string_equal(
	    check(message, "gw.jp\nx._domainkey.a.jp v=DKIM1; p=!!\n"),
	    "gw.jp; dkim=permerror header.d=a.jp header.s=x");
}

static void a_field_that_is_none_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(
	    check("DKIM-Signature: x\nFrom: a@b.jp\n\nwords\n", "gw.jp\n"),
	    "gw.jp; dkim=permerror");
	assert_string_equal(
	    check("DKIM-Signature: v=1; a=rsa-sha256; d=a<b; s=\x80; h=from; "
		  "bh=AAAA; b=AAAA\nFrom: a@b.jp\n\nwords\n",
		  "gw.jp\n"),
	    "gw.jp; dkim=permerror");
}

static void the_field_has_a_line_for_each_result(void **state)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(4096);

	(void)state;
	authentication_write(&out,
			     view_of_string("gw.jp; dkim=none; arc=none"));
	assert_true(view_equal(
	    buffer_contents(&out),
	    view_of_string("Authentication-Results: gw.jp;\r\n dkim=none;\r\n"
			   " arc=none\r\n")));
	out.size = 0;
	authentication_write(&out, view_of_string("gw.jp; a\r\nBcc: b@c"));
	assert_int_equal(out.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_without_a_signature_has_none),
	    cmocka_unit_test(nothing_passes_without_a_key),
	    cmocka_unit_test(a_field_that_is_none_is_an_error),
	    cmocka_unit_test(the_field_has_a_line_for_each_result),
	};
	int failed;

	arena = arena_new(16 * 1024 * 1024);
	failed = authentication_prepare() != 0 ||
		 cmocka_run_group_tests(tests, NULL, NULL) != 0;
	arena_free(arena);
	return failed;
}
