#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static struct local_run *run_sample(const char *name)
{
	struct buffer input = sample_read("msg", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);

	buffer_free(&input);
	assert_int_equal(run->error, 0);
	return run;
}

static void assert_has(const struct local_run *run, const char *text)
{
	if (view_find(buffer_contents(&run->output), view_of_string(text), 0) ==
	    SIZE_MAX)
		fail_msg("no %s in\n%.*s", text, (int)run->output.size,
			 (const char *)run->output.data);
}

static void assert_lacks(const struct local_run *run, const char *text)
{
	if (view_find(buffer_contents(&run->output), view_of_string(text), 0) !=
	    SIZE_MAX)
		fail_msg("%s in\n%.*s", text, (int)run->output.size,
			 (const char *)run->output.data);
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("msg"), 0);
}

static void who_when_and_what_about_are_kept(void **state)
{
	struct local_run *run = run_sample("入札公告.msg");

	(void)state;
	assert_string_equal(format_name(run->job.output_format), "eml");
	assert_string_equal(run->job.extension, "eml");
	assert_string_equal(run->job.mime, "message/rfc822");
	assert_has(run, "<yamada@example.lg.jp>");
	assert_has(run, "<suzuki@example.jp>");
	assert_has(run, "<sato@example.jp>");
	assert_has(run, "Date: Sat, 21 Nov 2026 03:00:00 +0000\r\n");
	assert_has(run, "Message-ID: <20261121.1@example.lg.jp>\r\n");
	local_run_free(run);
}

/* What an encoded subject, name or body says, as text. */
static void assert_says(const char *name, const char *encoded)
{
	struct local_run *run = run_sample(name);

	assert_has(run, encoded);
	local_run_free(run);
}

static void strings_of_every_code_page_are_read(void **state)
{
	(void)state;
	/* 山田 太郎, 本文です。, Grüße, Привет */
	assert_says("ansi.msg", "=?UTF-8?B?5bGx55SwIOWkqumDjg==?=");
	assert_says("ansi.msg", "5pys5paH44Gn44GZ44CC");
	assert_says("ansi-locale.msg", "=?UTF-8?B?R3LDvMOfZQ==?=");
	assert_says("ansi-1251.msg", "=?UTF-8?B?0J/RgNC40LLQtdGC?=");
}

static void names_without_an_address_are_readable(void **state)
{
	struct local_run *run = run_sample("no-recipients.msg");

	(void)state;
	assert_has(run, "To: =?UTF-8?B?6Yi05pyoIOiKseWtkA==?=:;");
	assert_has(run, "sato@example.jp");
	local_run_free(run);
	run = run_sample("exchange.msg");
	assert_has(run, "From: =?UTF-8?B?5bGx55SwIOWkqumDjg==?=:;");
	assert_lacks(run, "/O=EXAMPLE");
	local_run_free(run);
}

static void what_is_no_mail_says_itself_in_its_text(void **state)
{
	(void)state;
	/* in base64: Start: Tue, 1 Dec 2026; Due: Thu, 31 Dec; Name: ... */
	assert_says("予定.msg",
		    "6ZaL5aeLIC8gU3RhcnQ6IFR1ZSwgMSBEZWMgMjAyNiAwMTow");
	assert_says("仕事.msg",
		    "5pyf6ZmQIC8gRHVlOiBUaHUsIDMxIERlYyAyMDI2IDAwOjAw");
	assert_says("連絡先.msg",
		    "5rCP5ZCNIC8gTmFtZTog6auY5qmLIOS4gOmDjg0K5Lya56S+");
}

static void a_message_within_is_one_within(void **state)
{
	struct local_run *run = run_sample("within.msg");

	(void)state;
	assert_has(run, "Content-Type: message/rfc822");
	/* Re: 前の便, and its own file */
	assert_has(run, "=?UTF-8?B?UmU6IOWJjeOBruS+vw==?=");
	assert_has(run, "filename*0*=UTF-8''%E5%86%85.txt");
	local_run_free(run);
}

static void nothing_ends_a_line_of_the_header(void **state)
{
	struct local_run *run = run_sample("second-header.msg");

	(void)state;
	assert_lacks(run, "\nBcc:");
	assert_has(run, "Subject: a Bcc: x@example.com body\r\n");
	local_run_free(run);
	run = run_sample("address.msg");
	assert_lacks(run, "\nX:");
	local_run_free(run);
}

static void where_a_sound_lies_is_told(void **state)
{
	struct local_run *run = run_sample("reminder.msg");

	(void)state;
	assert_int_equal(local_run_count(run, REMOVAL_MSG_REMINDER), 1);
	for (size_t i = 0; i < run->removal_count; i++)
		if (run->removals[i].kind == REMOVAL_MSG_REMINDER)
			assert_string_equal(run->removals[i].detail,
					    "\\\\192.0.2.1\\share\\ring.wav");
	assert_lacks(run, "192.0.2.1");
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(who_when_and_what_about_are_kept),
	    cmocka_unit_test(strings_of_every_code_page_are_read),
	    cmocka_unit_test(names_without_an_address_are_readable),
	    cmocka_unit_test(what_is_no_mail_says_itself_in_its_text),
	    cmocka_unit_test(a_message_within_is_one_within),
	    cmocka_unit_test(nothing_ends_a_line_of_the_header),
	    cmocka_unit_test(where_a_sound_lies_is_told),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
