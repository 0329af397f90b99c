#include "sanitizers/xlsb/xlsb.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("xlsb"), 0);
}

static void assert_text(const char *name, const char *wanted)
{
	struct buffer input = sample_read("xlsb", name);
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.modes[FORMAT_XLSB] = MODE_TEXT;
	run = local_run(buffer_contents(&input), name, &policy);
	assert_int_equal(run->error, 0);
	if (!view_equal(buffer_contents(&run->output), view_of_string(wanted)))
		fail_msg("%s: %.*s", name, (int)run->output.size,
			 (const char *)run->output.data);
	local_run_free(run);
	buffer_free(&input);
}

static void text_mode_writes_cells_in_their_columns(void **state)
{
	(void)state;
	assert_text("料金表.xlsb", "[シート: 集計]\n品目\t金額\n"
				   "会議室使用料\t1200\n合計\t2400\n");
	assert_text("styles.xlsb", "[シート: 集計]\n品目\t太字と細字\t東京\n"
				   "1,234,567\t2023/3/15\t1\nTRUE\t#N/A\n");
	assert_text("comments.xlsb", "[シート: 集計]\n1\n\n[コメント]\n"
				     "確認してください\n");
}

static void text_mode_shows_the_values_of_what_went(void **state)
{
	(void)state;
	assert_text("other-workbook.xlsb", "[シート: 集計]\n5\t1\n");
	assert_text("unknown-token.xlsb", "[シート: 集計]\n1\ttext\n");
	assert_text("macrosheet.xlsb", "[シート: a]\n1\n\n[シート: Macro1]\n");
}

/* ---- records ---- */

static void sizes_are_written_as_they_are_read(void **state)
{
	static const struct {
		unsigned number;
		size_t size;
	} heads[] = {{0, 0},       {127, 127},    {128, 128},
		     {362, 16383}, {2071, 16384}, {3999, 3000000}};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct buffer out = buffer_make(heads[i].size + 16);
		struct xlsb_record record;
		struct cursor cursor;

		xlsb_put_head(&out, heads[i].number, heads[i].size);
		buffer_fill(&out, 7, heads[i].size);
		cursor = cursor_at(buffer_contents(&out), 0);
		assert_int_equal(xlsb_next(&cursor, &record), 1);
		assert_int_equal(record.number, heads[i].number);
		assert_int_equal(record.body.size, heads[i].size);
		assert_int_equal(xlsb_next(&cursor, &record), 0);
		buffer_free(&out);
	}
}

static bool matches(const char *layout, const void *body, size_t size)
{
	struct xlsb_match match;

	return xlsb_matches(layout, view_of(body, size), &match);
}

static void a_layout_covers_a_record_from_end_to_end(void **state)
{
	(void)state;
	assert_true(matches("4", "abcd", 4));
	assert_false(matches("4", "abc", 3));
	assert_false(matches("4", "abcde", 5));
	assert_true(matches("*4", "", 0));
	assert_true(matches("*4", "abcd", 4));
	assert_false(matches("*4", "abcde", 5));
	assert_true(matches("2s", "ab\1\0\0\0x\0", 8));
	assert_true(matches("2s", "ab\xff\xff\xff\xff", 6));
	assert_false(matches("2s", "ab\2\0\0\0x\0", 8));
	assert_false(matches("2s", "ab\xfe\xff\xff\xff", 6));
	assert_true(matches("*2s|4", "a\0\0\0\0", 5));
	assert_true(matches("9|4", "abcd", 4));
	assert_true(matches("c2", "\2\0\0\0abcd", 8));
	assert_false(matches("c2", "\3\0\0\0abcd", 8));
	assert_false(matches("c16", "\xff\xff\xff\x7f", 4));
	assert_true(matches("f", "\1\0\0\0x\0\0\0\0", 9));
	assert_false(matches("f", "\1\0\0\0x\0\0\0\0y", 10));
	assert_true(matches("2X", "ab\0\0\1\0\5\0\5\0z", 11));
	assert_false(matches("2X", "ab\0\0\1\0\5\0\3\0z", 11));
	assert_true(matches("R", "\1\0\0\0\0\1\0\0\0\0\0\0\0", 13));
	assert_false(matches("R", "\2\0\0\0\0\0\0\0\0\0\0\0\0123456789", 23));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(text_mode_writes_cells_in_their_columns),
	    cmocka_unit_test(text_mode_shows_the_values_of_what_went),
	    cmocka_unit_test(sizes_are_written_as_they_are_read),
	    cmocka_unit_test(a_layout_covers_a_record_from_end_to_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
