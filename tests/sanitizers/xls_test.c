#include "sanitizers/ole/compound.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("xls"), 0);
}

static void assert_text(const char *name, const char *password,
			const char *wanted)
{
	struct buffer input = sample_read("xls", name);
	const char *const passwords[] = {password};
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.modes[FORMAT_XLS] = MODE_TEXT;
	run = local_run_with(buffer_contents(&input), name, &policy, passwords,
			     password == NULL ? 0 : 1, false);
	assert_int_equal(run->error, 0);
	if (!view_equal(buffer_contents(&run->output), view_of_string(wanted)))
		fail_msg("%s: %.*s", name, (int)run->output.size,
			 (const char *)run->output.data);
	local_run_free(run);
	buffer_free(&input);
}

static void text_mode_writes_cells_in_their_columns(void **state)
{
	static const char plain[] = "[シート: 予算]\n"
				    "品目\t金額\n机\t12000\n\tTRUE\n\t24000\n"
				    "\n[シート: 空]\n";

	(void)state;
	assert_text("予算書.xls", NULL, plain);
	assert_text("rc4.xls", "秘密himitsu", plain);
	assert_text("excel5.xls", NULL, "[シート: 表1]\n品目\n5\n10\n");
}

static void text_mode_shows_values_and_comments(void **state)
{
	(void)state;
	assert_text("comment.xls", NULL,
		    "[シート: 表1]\n[コメント] コメント\n");
	assert_text("dde.xls", NULL, "[シート: a]\nshown\n");
	assert_text("auto-open.xls", NULL, "[シート: a]\n1\n");
}

/* ---- the records that come out ---- */

struct opened {
	struct buffer input;
	struct arena *arena;
	struct local_run *run;
	struct view stream;
};

static struct opened open_output(const char *name)
{
	struct opened opened = {.input = sample_read("xls", name),
				.arena = arena_new((size_t)16 << 20)};
	const struct compound_entry *entry;
	struct compound *compound;

	opened.run = local_run(buffer_contents(&opened.input), name, NULL);
	assert_int_equal(opened.run->error, 0);
	assert_int_equal(compound_open(opened.arena,
				       buffer_contents(&opened.run->output),
				       &compound),
			 0);
	entry = compound_find_stream(compound_root(compound), "Workbook");
	assert_non_null(entry);
	assert_int_equal(compound_read(compound, entry, &opened.stream), 0);
	return opened;
}

static void close_output(struct opened *opened)
{
	local_run_free(opened->run);
	arena_free(opened->arena);
	buffer_free(&opened->input);
}

/* The body of the record of this kind behind `skip` others. */
static struct view find_record(struct view stream, uint16_t type, size_t skip)
{
	struct cursor cursor = cursor_at(stream, 0);

	while (cursor_left(&cursor) >= 4) {
		uint16_t found = cursor_u16le(&cursor);
		struct view body = cursor_take(&cursor, cursor_u16le(&cursor));

		if (found == type && skip-- == 0)
			return body;
	}
	return view_of(NULL, 0);
}

static uint32_t number_at(struct view body, size_t at)
{
	struct cursor cursor = cursor_at(body, at);

	return cursor_u32le(&cursor);
}

/* What a formula that goes leaves, by the kind of its value. */
static void values_take_the_place_of_formulas(void **state)
{
	struct opened opened = open_output("linked.xls");

	(void)state;
	assert_null(find_record(opened.stream, 0x06, 0).data);
	assert_non_null(find_record(opened.stream, 0x203, 0).data);
	assert_int_equal(find_record(opened.stream, 0xFD, 1).size, 10);
	assert_null(find_record(opened.stream, 0xFD, 2).data);
	assert_int_equal(find_record(opened.stream, 0x205, 0).data[7], 0);
	assert_int_equal(find_record(opened.stream, 0x205, 1).data[6], 0x2A);
	assert_int_equal(find_record(opened.stream, 0x201, 0).size, 6);
	assert_int_equal(number_at(find_record(opened.stream, 0xFC, 0), 4), 2);
	close_output(&opened);
}

/* The last setup counts: those of views would be the sheet's. */
static void a_view_takes_its_page_setup_along(void **state)
{
	struct opened opened = open_output("view.xls");

	(void)state;
	assert_int_equal(find_record(opened.stream, 0xA1, 0).data[0], 1);
	assert_null(find_record(opened.stream, 0xA1, 1).data);
	assert_null(find_record(opened.stream, 0x26, 0).data);
	close_output(&opened);
	opened = open_output("view-open.xls");
	assert_int_equal(find_record(opened.stream, 0xA1, 0).data[0], 1);
	assert_non_null(find_record(opened.stream, 0x23E, 0).data);
	close_output(&opened);
}

static void positions_lead_to_what_they_led_to(void **state)
{
	struct opened opened = open_output("blocks.xls");
	struct view index = find_record(opened.stream, 0x20B, 0);
	struct view block = find_record(opened.stream, 0xD7, 0);
	uint32_t at = number_at(find_record(opened.stream, 0x85, 0), 0);
	uint32_t block_at = number_at(index, 16);
	uint32_t row;

	(void)state;
	assert_int_equal(number_at(view_slice(opened.stream, at, 4), 0),
			 0x00100809);
	assert_ptr_equal(opened.stream.data + block_at + 4, block.data);
	row = block_at - number_at(block, 0);
	assert_int_equal(number_at(opened.stream, row) & 0xFFFF, 0x208);
	/* Of two rows the first cell: behind the second ROW, and three cells
	 * further, of which one was a formula with a text. */
	row += 20;
	row += number_at(block, 4) & 0xFFFF;
	assert_int_equal(number_at(opened.stream, row) & 0xFFFF, 0xFD);
	row += number_at(block, 4) >> 16;
	assert_int_equal(number_at(opened.stream, row) & 0xFFFF, 0x203);
	close_output(&opened);
}

static void positions_that_lead_nowhere_are_left_out(void **state)
{
	struct opened opened = open_output("blocks-wrong.xls");

	(void)state;
	assert_null(find_record(opened.stream, 0x20B, 0).data);
	assert_null(find_record(opened.stream, 0xD7, 0).data);
	assert_non_null(find_record(opened.stream, 0x208, 0).data);
	close_output(&opened);
}

static void a_macro_sheet_is_empty_and_hidden(void **state)
{
	struct opened opened = open_output("auto-open.xls");
	struct view entry = find_record(opened.stream, 0x85, 1);
	struct view sheet =
	    view_slice(opened.stream, number_at(entry, 0), SIZE_MAX);

	(void)state;
	assert_int_equal(entry.data[4], 2);
	assert_int_equal(entry.data[5], 0);
	assert_int_equal(find_record(sheet, 0x809, 0).data[2], 0x10);
	assert_null(find_record(sheet, 0x06, 0).data);
	assert_null(find_record(sheet, 0xFD, 0).data);
	assert_int_equal(view_find(opened.stream, view_of_string("EXEC"), 0),
			 SIZE_MAX);
	close_output(&opened);
}

/* Beyond a record the drawing goes on in CONTINUEs, which belong to it. */
static void a_long_drawing_keeps_its_texts(void **state)
{
	struct opened opened = open_output("many-boxes.xls");

	(void)state;
	assert_non_null(find_record(opened.stream, 0x1B6, 149).data);
	assert_non_null(find_record(opened.stream, 0x5D, 149).data);
	assert_null(find_record(opened.stream, 0x5D, 150).data);
	close_output(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(text_mode_writes_cells_in_their_columns),
	    cmocka_unit_test(text_mode_shows_values_and_comments),
	    cmocka_unit_test(values_take_the_place_of_formulas),
	    cmocka_unit_test(a_view_takes_its_page_setup_along),
	    cmocka_unit_test(positions_lead_to_what_they_led_to),
	    cmocka_unit_test(positions_that_lead_nowhere_are_left_out),
	    cmocka_unit_test(a_macro_sheet_is_empty_and_hidden),
	    cmocka_unit_test(a_long_drawing_keeps_its_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
