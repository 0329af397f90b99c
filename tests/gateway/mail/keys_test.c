#include "gateway/mail/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/banned.h"

static char names[KEYS_MAX][KEY_NAME_MAX + 1];

static size_t names_of(const char *message)
{
	return keys_names(view_of_string(message), names);
}

static void names_are_made_of_selector_and_domain(void **state)
{
	(void)state;
	assert_int_equal(
	    names_of("DKIM-Signature: v=1; d=Example.JP;\r\n\ts=Sel ect;\r\n"
		     "ARC-Seal: i=1; s=a; d=b.jp\n"
		     "From: a@b\r\n\r\nDKIM-Signature: d=body.jp; s=x\r\n"),
	    2);
	assert_string_equal(names[0], "select._domainkey.example.jp");
	assert_string_equal(names[1], "a._domainkey.b.jp");
}

static void a_name_is_asked_for_once(void **state)
{
	(void)state;
	assert_int_equal(names_of("DKIM-Signature: d=a.jp; s=x\n"
				  "ARC-Message-Signature: s=X; d=A.jp\n\n"),
			 1);
}

static void what_is_no_name_is_not_asked_for(void **state)
{
	(void)state;
	assert_int_equal(names_of("DKIM-Signature: d=a/b; s=x\n"
				  "DKIM-Signature: d=a..jp; s=x\n"
				  "DKIM-Signature: d=.jp; s=x\n"
				  "DKIM-Signature: d=jp.; s=x\n"
				  "DKIM-Signature: d=a.jp; s=\n"
				  "DKIM-Signature: d=; s=x\n"
				  "DKIM-Signature: dd=a.jp; ss=x\n"
				  "DKIM-Signature: d\n"
				  "DKIM-Signature:\n"
				  "DKIM-Signature\n"
				  "X-DKIM-Signature: d=a.jp; s=x\n\n"),
			 0);
}

static void long_names_and_many_are_bounded(void **state)
{
	char message[8192] = "";
	size_t size = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		size += (size_t)snprintf(message + size, sizeof(message) - size,
					 "DKIM-Signature: d=%d.jp; s=x\n", i);
	assert_int_equal(names_of(message), KEYS_MAX);
	(void)snprintf(message, sizeof(message),
		       "DKIM-Signature: s=x; d=%0300d\n", 1);
	assert_int_equal(names_of(message), 0);
	(void)snprintf(message, sizeof(message),
		       "DKIM-Signature: s=x; d=%0250d\n", 1);
	assert_int_equal(names_of(message), 0);
}

static void keys_come_from_a_file(void **state)
{
	char path[] = "/tmp/keys-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct keys keys;
	char text[AUTHENTICATION_MAX + 1];

	(void)state;
	assert_non_null(file);
	assert_true(fputs("# keys\nx._domainkey.a.jpx v=other\n"
			  "X._domainkey.A.jp \t v=DKIM1; p=AAAA \r\n",
			  file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(keys_open("gw.example.jp", path, "", &keys), 0);
	keys_collect(&keys,
		     view_of_string("DKIM-Signature: d=a.jp; s=x\n"
				    "DKIM-Signature: d=b.jp; s=x\n\n"),
		     text);
	assert_string_equal(text, "gw.example.jp\n"
				  "x._domainkey.a.jp v=DKIM1; p=AAAA\n");
	assert_int_equal(unlink(path), 0);
}

static void a_server_that_is_not_there_is_said(void **state)
{
	struct keys keys;
	char text[AUTHENTICATION_MAX + 1];

	(void)state;
	/* Nobody listens on port 1 of loopback. */
	assert_int_equal(
	    keys_open("gw.example.jp", "", "inet:1@127.0.0.1", &keys), 0);
	keys_collect(&keys, view_of_string("DKIM-Signature: d=a.jp; s=x\n\n"),
		     text);
	assert_string_equal(text, "gw.example.jp\nx._domainkey.a.jp\n");
}

static void settings_that_cannot_be_used_are_refused(void **state)
{
	struct keys keys;
	char text[AUTHENTICATION_MAX + 1] = "x";

	(void)state;
	assert_int_equal(keys_open("a b", "", "inet:53@127.0.0.1", &keys),
			 -ERR_CONFIG);
	assert_int_equal(keys_open("gw.jp", "", "", &keys), -ERR_CONFIG);
	assert_int_equal(keys_open("gw.jp", "", "unix:/dns", &keys),
			 -ERR_CONFIG);
	assert_int_equal(keys_open("gw.jp", "/nonexistent", "", &keys),
			 -ERR_CONFIG);
	assert_int_equal(keys_open("", "", "", &keys), 0);
	keys_collect(&keys, view_of_string("DKIM-Signature: d=a; s=b\n\n"),
		     text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_made_of_selector_and_domain),
	    cmocka_unit_test(a_name_is_asked_for_once),
	    cmocka_unit_test(what_is_no_name_is_not_asked_for),
	    cmocka_unit_test(long_names_and_many_are_bounded),
	    cmocka_unit_test(keys_come_from_a_file),
	    cmocka_unit_test(a_server_that_is_not_there_is_said),
	    cmocka_unit_test(settings_that_cannot_be_used_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
