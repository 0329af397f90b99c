#include "sanitizers/mail/header.h"
#include "sanitizers/mail/address.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/date.h"
#include "sanitizers/mail/names.h"
#include "sanitizers/mail/text.h"
#include "tests/support/local_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static int prepare(void **state)
{
	(void)state;
	local_prepare();
	arena = arena_new(64 * 1024 * 1024);
	return arena == NULL;
}

static void assert_decoded(const char *value, const char *text)
{
	struct text_losses losses = {0};

	assert_string_equal(
	    header_decode(arena, view_of_string(value), &losses), text);
}

static void encoded_words_are_joined_before_they_are_decoded(void **state)
{
	(void)state;
	assert_decoded("=?ISO-2022-JP?B?GyRCRn4bKEI=?=", "入");
	/* Cut between the two bytes of a kanji. */
	assert_decoded("=?ISO-2022-JP?B?GyRCRn47?= =?ISO-2022-JP?B?JRso"
		       "Qg==?=",
		       "入札");
	assert_decoded("=?utf-8?Q?=E5=85?= =?utf-8?Q?=A5_2?=", "入 2");
	assert_decoded("a =?utf-8?B?5YWl?= b", "a 入 b");
	assert_decoded("=?utf-8?X?abc?= =?utf-8?B",
		       "=?utf-8?X?abc?= =?utf-8?B");
}

static void raw_bytes_are_read_as_what_they_look_like(void **state)
{
	(void)state;
	assert_decoded("\x93\xFC\x8E\x44\x8C\xF6\x8D\x90\x82\xCC\x8C\x8F",
		       "入札公告の件");
	assert_decoded("\x1B$BF~;%\x1B(B", "入札");
	assert_decoded("入札", "入札");
}

static void what_deceives_goes_and_is_counted(void **state)
{
	struct text_losses losses = {0};

	(void)state;
	assert_string_equal(
	    header_decode(arena, view_of_string("a\u202Eb\x07 \u200B c"),
			  &losses),
	    "ab c");
	assert_int_equal(losses.bidi, 1);
	assert_int_equal(losses.control, 1);
	assert_int_equal(losses.invisible, 1);
}

/* What is written is read as what it was, on lines of at most 78 bytes. */
static void a_text_survives_the_way(void **state)
{
	static const char *const texts[] = {
	    "hello",
	    "入札公告の件名がとても長い場合でも、折り返して符号化しても元に戻る"
	    "ことを確かめる文字列です。",
	    "a =?utf-8?B?5YWl?= that is text",
	    "many many many many many many many many many many many many many "
	    "many many words",
	    "絵文字 👨\u200D👩\u200D👧 と異体字 葛\U000E0100",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		BUFFER_CLEANUP struct buffer out = buffer_make(4096);
		struct text_losses losses = {0};
		struct view value;
		size_t line = 0;

		compose_text_field(&out, "Subject", texts[i]);
		for (size_t k = 0; k < out.size; k++) {
			line = out.data[k] == '\n' ? 0 : line + 1;
			assert_true(line <= 79);
			assert_true(out.data[k] < 0x80);
		}
		value = mail_field_unfold(
		    arena, view_slice(buffer_contents(&out), 8, out.size));
		assert_string_equal(header_decode(arena, value, &losses),
				    texts[i]);
	}
}

static void assert_addresses(const char *value, const char *written)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(4096);
	struct text_losses losses = {0};
	size_t mended = 0;

	assert_int_equal(address_write_field(arena, &out, "To",
					     view_of_string(value), &mended,
					     &losses),
			 0);
	buffer_u8(&out, 0);
	assert_string_equal((const char *)out.data, written);
}

static void addresses_are_read_with_tolerance(void **state)
{
	(void)state;
	assert_addresses("a@b.example", "To: a@b.example\r\n");
	assert_addresses("A B <a@b.example>, \"C, D\" <c@d.example>",
			 "To: A B <a@b.example>,\r\n \"C, D\" "
			 "<c@d.example>\r\n");
	assert_addresses("a@b.example (入)",
			 "To: =?UTF-8?B?5YWl?= <a@b.example>\r\n");
	assert_addresses("a..b.@docomo.ne.jp",
			 "To: \"a..b.\"@docomo.ne.jp\r\n");
	assert_addresses("G: a@b.example, c@d.example;",
			 "To: G:a@b.example,\r\n c@d.example;\r\n");
	assert_addresses("undisclosed-recipients:;",
			 "To: undisclosed-recipients:;\r\n");
	assert_addresses("<@x.example:a@b.example>", "To: a@b.example\r\n");
	assert_addresses("jdoe@test (c) . example",
			 "To: c <jdoe@test.example>\r\n");
}

static void what_is_no_address_has_no_address(void **state)
{
	(void)state;
	assert_addresses("nobody", "To: nobody:;\r\n");
	assert_addresses("<a@b.example\r\nBcc: x@y.example>",
			 "To: \"<a@b.example Bcc: x@y.example>\":;\r\n");
	assert_addresses(" , ,", "");
}

static void assert_date(const char *value, const char *written)
{
	char date[DATE_SIZE] = "";

	(void)date_normalise(view_of_string(value), date);
	assert_string_equal(date, written);
}

static void dates_are_written_as_the_standard_has_them(void **state)
{
	(void)state;
	assert_date("Mon, 21 Nov 2026 12:00:00 +0900 (JST)",
		    "Sat, 21 Nov 2026 12:00:00 +0900");
	assert_date("1 Jan 99 1:02 GMT", "Fri, 1 Jan 1999 01:02:00 +0000");
	assert_date("Sat, 21 Nov 2026 12:34:56 -0000",
		    "Sat, 21 Nov 2026 12:34:56 -0000");
	assert_date("Sat Nov 21 12:34:56 2026",
		    "Sat, 21 Nov 2026 12:34:56 -0000");
	assert_date("21 Nov 2026 25:00:00 +0900", "");
	assert_date("31 Feb 2026 12:00:00 +0900", "");
	assert_date("yesterday", "");
}

static void names_are_made_safe(void **state)
{
	(void)state;
	assert_string_equal(mail_name_safe(arena, "..\\..\\a/b.txt"), "b.txt");
	assert_string_equal(mail_name_safe(arena, "a\u202Efdp.exe"),
			    "afdp.exe");
	assert_string_equal(mail_name_safe(arena, " a<b>:c.txt. "),
			    "a_b__c.txt");
	assert_string_equal(mail_name_safe(arena, "aux.pdf"), "_aux.pdf");
	assert_string_equal(mail_name_safe(arena, "か\u3099.txt"), "が.txt");
	assert_string_equal(mail_name_safe(arena, "..."), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encoded_words_are_joined_before_they_are_decoded),
	    cmocka_unit_test(raw_bytes_are_read_as_what_they_look_like),
	    cmocka_unit_test(what_deceives_goes_and_is_counted),
	    cmocka_unit_test(a_text_survives_the_way),
	    cmocka_unit_test(addresses_are_read_with_tolerance),
	    cmocka_unit_test(what_is_no_address_has_no_address),
	    cmocka_unit_test(dates_are_written_as_the_standard_has_them),
	    cmocka_unit_test(names_are_made_safe),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
