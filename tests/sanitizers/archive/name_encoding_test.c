#include "sanitizers/archive/name_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(1024 * 1024);
	return arena == NULL ? -1 : name_encoding_prepare();
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* The first of the names, decoded after all of them voted. */
static void decodes_to(const char *const *names, size_t count,
		       const char *expected)
{
	struct name_votes votes = {0};
	struct view text;

	for (size_t i = 0; i < count; i++)
		name_votes_cast(&votes, arena, view_of_string(names[i]));
	text = name_votes_decode(&votes, arena, view_of_string(names[0]));
	if (!view_equal(text, view_of_string(expected)))
		fail_msg("%.*s instead of %s", (int)text.size,
			 (const char *)text.data, expected);
}

static void each_encoding_is_found(void **state)
{
	(void)state;
	/* 公告 */
	decodes_to((const char *[]){"\x8C\xF6\x8D\x90.txt"}, 1, "公告.txt");
	decodes_to((const char *[]){"\xB8\xF8\xB9\xF0.txt"}, 1, "公告.txt");
	decodes_to((const char *[]){"公告.txt"}, 1, "公告.txt");
	/* Characters of Windows beyond Shift_JIS. */
	decodes_to((const char *[]){"\x87\x40\xFB\xFC.txt"}, 1, "①髙.txt");
	/* ü as old western archives write it, valid in no other. */
	decodes_to((const char *[]){"M\x81.txt"}, 1, "Mü.txt");
}

static void half_width_kana_are_not_accents(void **state)
{
	(void)state;
	/* ﾃｽ in CP932 is "ý" in UTF-8. */
	decodes_to((const char *[]){"\xC3\xBD.txt"}, 1, "ﾃｽ.txt");
	decodes_to((const char *[]){"\xC3\xBD\xC4\xDE.txt"}, 1, "ﾃｽﾄﾞ.txt");
}

static void one_name_decides_for_another(void **state)
{
	(void)state;
	/* Alone C3 A9 could be kana; beside 公告 in UTF-8 it is é. */
	decodes_to((const char *[]){"\xC3\xA9.txt", "公告.txt"}, 2, "é.txt");
	/* Alone C6 FE BB A5 could only be EUC-JP; テスト says so as well. */
	decodes_to((const char *[]){"\xC6\xFE\xBB\xA5.txt",
				    "\xA5\xC6\xA5\xB9\xA5\xC8.txt"},
		   2, "入札.txt");
	/* A name that the winner cannot read is read in what can. */
	decodes_to(
	    (const char *[]){"\x8C\xF6\x8D\x90.txt", "公告.txt", "入札.txt"}, 3,
	    "公告.txt");
}

static void cp932_is_written_only_where_it_reads_back(void **state)
{
	struct view bytes = name_encoding_cp932(arena, view_of_string("公告①"));

	(void)state;
	assert_true(
	    view_equal(bytes, view_of_string("\x8C\xF6\x8D\x90\x87\x40")));
	assert_null(name_encoding_cp932(arena, view_of_string("한국")).data);
	assert_null(name_encoding_cp932(arena, view_of_string("😀")).data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_encoding_is_found),
	    cmocka_unit_test(half_width_kana_are_not_accents),
	    cmocka_unit_test(one_name_decides_for_another),
	    cmocka_unit_test(cp932_is_written_only_where_it_reads_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
