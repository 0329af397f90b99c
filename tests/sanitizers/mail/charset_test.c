#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/transfer.h"
#include "tests/support/local_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int prepare(void **state)
{
	(void)state;
	local_prepare();
	return 0;
}

static void assert_text(const char *bytes, const char *charset,
			const char *text)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(4096);
	size_t broken = 0;

	charset_decode(&out, view_of_string(bytes), charset, &broken);
	buffer_u8(&out, 0);
	assert_string_equal((const char *)out.data, text);
	assert_int_equal(broken, 0);
}

static void the_characters_of_windows_are_read_in_iso_2022_jp(void **state)
{
	(void)state;
	assert_text("\x1B$B-!|b\x1B(B", "ISO-2022-JP", "①髙");
	assert_text("\x1B(I1234\x1B(B", "iso-2022-jp", "ｱｲｳｴ");
	assert_text("\x0E"
		    "1234\x0F \xB1",
		    "ISO-2022-JP", "ｱｲｳｴ ｱ");
	assert_text("\x1B$(D0!\x1B(B", "ISO-2022-JP-1", "丂");
	assert_text("\x1B$@F|\x1B(J a", "ISO-2022-JP", "日 a");
	/* A line ends in ASCII, whatever was shifted in. */
	assert_text("\x1B$BF|\na", "ISO-2022-JP", "日\na");
}

static void shift_jis_is_that_of_windows(void **state)
{
	(void)state;
	assert_text("\x87\x40\xFB\xFC", "Shift_JIS", "①髙");
	assert_text("\x95\x5C", "x-sjis", "表");
	assert_text("\xAD\xA1", "EUC-JP", "①");
}

static void what_is_declared_wrong_is_guessed(void **state)
{
	(void)state;
	assert_text("\x93\xFA\x96\x7B\x8C\xEA\x82\xC5\x82\xB7", "utf-8",
		    "日本語です");
	assert_text("日本語です", "iso-2022-jp", "日本語です");
	assert_text("\x1B$BF|\x1B(B", "us-ascii", "日");
	assert_text("日本語です", "x-unknown", "日本語です");
}

static void other_countries_have_tables(void **state)
{
	(void)state;
	assert_text("\xC1\xCC", "koi8-r", "ал");
	assert_text("\xC4\xE3\xBA\xC3", "gb2312", "你好");
	assert_text("\xA7\x41\xA6\x6E", "big5", "你好");
	assert_text("\xB0\xA1", "euc-kr", "가");
}

static void assert_base64(const char *text, const char *decoded, bool damaged)
{
	uint8_t to[64];
	bool found = false;
	size_t size = transfer_base64(view_of_string(text), to, &found);

	assert_int_equal(size, strlen(decoded));
	assert_memory_equal(to, decoded, size);
	assert_int_equal(found, damaged);
}

static void base64_is_read_strictly(void **state)
{
	(void)state;
	assert_base64("aGVsbG8=", "hello", false);
	assert_base64("aGVs\r\nbG8=\r\n\r\n", "hello", false);
	assert_base64("aG Vs bG8 =", "hello", false);
	assert_base64("aGVsbG8", "hello", true);
	assert_base64("aGVsbG8=aGVsbG8=", "hello", true);
	assert_base64("aGV*sbG8=", "hello", true);
	assert_base64("aGVsbG8==", "hello", true);
	assert_base64("a", "", true);
	assert_base64("", "", false);
}

static void assert_quoted(const char *text, const char *decoded, bool damaged)
{
	uint8_t to[64];
	bool found = false;
	size_t size = transfer_quoted(view_of_string(text), to, &found);

	assert_int_equal(size, strlen(decoded));
	assert_memory_equal(to, decoded, size);
	assert_int_equal(found, damaged);
}

static void quoted_printable_is_read_strictly(void **state)
{
	(void)state;
	assert_quoted("a=3Db=\r\nc  \r\n", "a=bc\r\n", false);
	assert_quoted("a=3db= \t\nc", "a=bc", false);
	assert_quoted("a=ZZ", "a=ZZ", true);
	assert_quoted("a=4", "a=4", true);
	assert_quoted("a=", "a", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_characters_of_windows_are_read_in_iso_2022_jp),
	    cmocka_unit_test(shift_jis_is_that_of_windows),
	    cmocka_unit_test(what_is_declared_wrong_is_guessed),
	    cmocka_unit_test(other_countries_have_tables),
	    cmocka_unit_test(base64_is_read_strictly),
	    cmocka_unit_test(quoted_printable_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
