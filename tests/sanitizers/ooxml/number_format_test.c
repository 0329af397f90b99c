#include "sanitizers/ooxml/number_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/banned.h"

static void check(const char *value, const char *code, bool date1904,
		  const char *wanted)
{
	struct buffer out = buffer_make(65536);

	number_format_show(&out, view_of_string(value), code, date1904);
	buffer_u8(&out, 0);
	if (strcmp((const char *)out.data, wanted) != 0)
		fail_msg("%s as %s: %s, not %s", value, code, out.data, wanted);
	buffer_free(&out);
}

static void numbers_are_shown_as_their_codes_say(void **state)
{
	static const struct {
		const char *value, *code, *shown;
	} cases[] = {
	    {"0.30000000000000004", NULL, "0.3"},
	    {"1234567", "General", "1234567"},
	    {"1234.5", "#,##0", "1,235"},
	    {"1234567.891", "#,##0.00", "1,234,567.89"},
	    {"999", "#,##0", "999"},
	    {"0", "#,##0", "0"},
	    {"0", "#", ""},
	    {"0.5", "#.##", ".5"},
	    {"5", "000", "005"},
	    {"0.256", "0%", "26%"},
	    {"0.2567", "0.0%", "25.7%"},
	    {"1.005", "0.00", "1.01"},
	    {"-1234", "#,##0;[Red]▲#,##0", "▲1,234"},
	    {"-1234", "#,##0", "-1,234"},
	    {"0", "0;-0;\"なし\"", "なし"},
	    {"480", "#,##0\"円\"", "480円"},
	    {"480", "[$¥-411]#,##0", "¥480"},
	    {"1234567", "#,##0,\"千円\"", "1,235千円"},
	    {"1000001", "000\\-0000", "100-0001"},
	    {"312345678", "00\\-0000\\-0000", "03-1234-5678"},
	    {"12345", "0.00E+00", "1.23E+04"},
	    {"0.5", "# ?/?", "0.5"},
	    {"150", "[>=100]0\"以上\";0", "150以上"},
	    {"50", "[>=100]0\"以上\";0", "50"},
	    {"7", "_(* #,##0_);_(* (#,##0)", " 7 "},
	    {"7", "@", "7"},
	    {"7", "General\"個\"", "7"},
	    {"#N/A", "0", "#N/A"},
	    {"text", "0", "text"},
	    {"1e400", "0", "1e400"},
	    {"nan", "0", "nan"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].value, cases[i].code, false, cases[i].shown);
}

static void days_are_shown_as_dates(void **state)
{
	static const struct {
		const char *value, *code, *shown;
	} cases[] = {
	    {"45292", "yyyy/m/d", "2024/1/1"},
	    {"45292", "yyyy\"年\"mm\"月\"dd\"日\"", "2024年01月01日"},
	    {"45292", "[$-411]ggge\"年\"m\"月\"d\"日\";@", "令和6年1月1日"},
	    {"43585", "ge.m.d", "H31.4.30"},
	    {"43586", "ge.m.d", "R1.5.1"},
	    {"45292", "m/d(aaa)", "1/1(月)"},
	    {"45292", "aaaa", "月曜日"},
	    {"45292", "dddd, mmmm d", "Monday, January 1"},
	    {"45292", "d-mmm-yy", "1-Jan-24"},
	    {"45292.5", "yyyy-mm-dd hh:mm:ss", "2024-01-01 12:00:00"},
	    {"0.75", "h:mm AM/PM", "6:00 PM"},
	    {"0.0625", "h:mm", "1:30"},
	    {"1.5", "[h]:mm", "36:00"},
	    {"0.000011574074", "mm:ss.0", "00:01.0"},
	    {"0.9999999", "h:mm:ss", "0:00:00"},
	    {"1", "yyyy/m/d", "1900/1/1"},
	    {"59", "yyyy/m/d", "1900/2/28"},
	    {"60", "yyyy/m/d", "1900/2/29"},
	    {"61", "yyyy/m/d", "1900/3/1"},
	    {"-1", "yyyy/m/d", "-1"},
	    {"99999999", "yyyy/m/d", "99999999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].value, cases[i].code, false, cases[i].shown);
	check("43830", "yyyy/m/d", true, "2024/1/1");
	check("0", "yyyy/m/d", true, "1904/1/1");
	check("45292", number_format_builtin(14), false, "2024/1/1");
	check("0.5", number_format_builtin(9), false, "50%");
	assert_null(number_format_builtin(0));
	assert_null(number_format_builtin(164));
}

/* Codes that nobody writes, but for breaking readers. */
static void strange_codes_do_no_harm(void **state)
{
	static const char *const codes[] = {
	    ";",
	    ";;;",
	    "\"",
	    "\\",
	    "[",
	    "[$",
	    "[h",
	    "_",
	    "*",
	    "0.",
	    ".",
	    "E+",
	    "0E+",
	    "[<",
	    "[>]",
	    "0;0;0;0;0;0;0",
	    "????????????????????????????????",
	    "0.00000000000000000000000000000000000000000000000000000000000",
	    "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%",
	    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
	    "[hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh]",
	    "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\xe5",
	    "\\\xe5",
	    "AM",
	    "A/"};
	static const char *const values[] = {"1e308", "-1e308", "1e-308",
					     "-0",    "0",      "45292.25"};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]);
		     v++) {
			struct buffer out = buffer_make(65536);

			number_format_show(&out, view_of_string(values[v]),
					   codes[i], false);
			assert_int_equal(buffer_error(&out), 0);
			assert_true(out.size < 2000);
			buffer_free(&out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_shown_as_their_codes_say),
	    cmocka_unit_test(days_are_shown_as_dates),
	    cmocka_unit_test(strange_codes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
