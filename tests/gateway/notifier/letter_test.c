/* What administrators read; that a site's texts change it and nothing in them
 * becomes another header field. */
#define _GNU_SOURCE
#include "gateway/notifier/notifier.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { LETTER_MAX = 128 * 1024 };

static const char *addresses[] = {"one@city.example.jp", "two@city.example.jp"};
static struct config config = {
    .mail = {.notice_from = "gw@city.example.jp"},
    .alarms = {.to = {addresses, 2}, .again_hours = 24},
};
static struct alarm alarm_ = {
    .kind = ALARM_DEFINITIONS,
    .text = {[LANGUAGE_JA] = "状態: stale\n", [LANGUAGE_EN] = "State: stale\n"},
};

static struct buffer write_letter(enum language language, const char *texts)
{
	const struct letter letter = {.config = &config,
				      .texts = view_of_string(texts),
				      .node = "gate-1",
				      .alarm = &alarm_,
				      .now_ms = INT64_C(1795297594123)};
	struct buffer out = buffer_make(LETTER_MAX);

	config.language = (uint8_t)language;
	letter_write(&letter, &out);
	assert_int_equal(buffer_error(&out), 0);
	return out;
}

static bool holds(const struct buffer *buffer, const char *text)
{
	return view_find(buffer_contents(buffer), view_of_string(text), 0) !=
	       SIZE_MAX;
}

static void a_letter_says_what_where_and_when(void **state)
{
	BUFFER_CLEANUP struct buffer out = write_letter(LANGUAGE_EN, "");

	(void)state;
	assert_true(holds(&out, "From: Sekisho <gw@city.example.jp>\r\n"));
	assert_true(holds(
	    &out, "To: one@city.example.jp,\r\n two@city.example.jp\r\n"));
	assert_true(holds(&out, "Subject: [Sekisho] The malware definitions "));
	assert_true(holds(&out, "Date: Sat, 21 Nov 2026 21:46:34 +0000\r\n"));
	assert_true(holds(&out, "Auto-Submitted: auto-generated\r\n"));
	assert_true(holds(&out, "definitions.stale"));
	assert_true(holds(&out, "State: stale"));
	assert_true(holds(&out, "Gateway: gate-1"));
	assert_true(holds(&out, "every 24 hours") || holds(&out, "24"));
}

static void japanese_comes_as_ascii_lines(void **state)
{
	BUFFER_CLEANUP struct buffer out = write_letter(LANGUAGE_JA, "");
	size_t column = 0;

	(void)state;
	assert_true(holds(&out, "Subject: =?UTF-8?B?"));
	for (size_t i = 0; i < out.size; i++) {
		assert_in_range(out.data[i], 1, 126);
		column = out.data[i] == '\n' ? 0 : column + 1;
		assert_in_range(column, 0, 200);
		if (out.data[i] == '\n')
			assert_int_equal(out.data[i - 1], '\r');
	}
}

static void a_site_has_its_own_words(void **state)
{
	BUFFER_CLEANUP struct buffer out =
	    write_letter(LANGUAGE_EN, "[alarm_subject]\nCall 119: {code}\n"
				      "Bcc: all@example.com\n"
				      "[alarm_body.en]\nAt {node}: {what}\n");

	(void)state;
	assert_true(holds(&out, "Subject: Call 119: definitions.stale\r\n"));
	assert_false(holds(&out, "Bcc:"));
	assert_true(holds(&out, "At gate-1: The malware"));
	assert_false(holds(&out, "Kind:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_letter_says_what_where_and_when),
	    cmocka_unit_test(japanese_comes_as_ascii_lines),
	    cmocka_unit_test(a_site_has_its_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
