#include "sanitizers/picture/metafile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { ROOM = 1 << 20 };

static void put_record(struct buffer *out, uint32_t type,
		       const uint32_t *values, size_t count)
{
	buffer_u32le(out, type);
	buffer_u32le(out, (uint32_t)(8 + 4 * count));
	for (size_t i = 0; i < count; i++)
		buffer_u32le(out, values[i]);
}

static struct buffer enhanced(uint32_t type, const uint32_t *values,
			      size_t count)
{
	static const uint32_t line[] = {5, 5};
	static const uint32_t end[] = {0, 16, 20};
	struct buffer out = buffer_make(ROOM);

	buffer_u32le(&out, 1);
	buffer_u32le(&out, 108);
	buffer_fill(&out, 0, 32);
	buffer_u32le(&out, 0x464D4520);
	buffer_u32le(&out, 0x10000);
	buffer_fill(&out, 0, 8);
	buffer_u32le(&out, 4);
	buffer_fill(&out, 0, 48);
	put_record(&out, 54, line, 2);
	put_record(&out, type, values, count);
	put_record(&out, 14, end, 3);
	return out;
}

static uint32_t value_at(const struct buffer *buffer, size_t offset)
{
	struct cursor cursor = cursor_at(buffer_contents(buffer), offset);

	return cursor_u32le(&cursor);
}

/* How many records go. */
static size_t dropped(uint32_t type, const uint32_t *values, size_t count)
{
	struct buffer input = enhanced(type, values, count);
	struct buffer out = buffer_make(ROOM);
	struct metafile_result result;

	assert_int_equal(metafile_filter(METAFILE_ENHANCED,
					 buffer_contents(&input), &out,
					 &result),
			 0);
	assert_true(result.drawn > 0);
	/* Size and number of records are what they are. */
	assert_int_equal(value_at(&out, 48), out.size);
	assert_int_equal(value_at(&out, 52), result.dropped > 0 ? 3 : 4);
	buffer_free(&input);
	buffer_free(&out);
	return result.dropped;
}

static void records_that_fit_stay(void **state)
{
	static const uint32_t points[] = {0, 0, 0, 0, 2, 1, 1, 2, 2};
	static const uint32_t pen[] = {3, 0, 1, 0, 0xFF};
	static const uint32_t stock[] = {0x80000005};

	(void)state;
	assert_int_equal(dropped(4, points, 9), 0);
	assert_int_equal(dropped(38, pen, 5), 0);
	assert_int_equal(dropped(37, stock, 1), 0);
}

static void records_that_count_wrongly_go(void **state)
{
	static const uint32_t points[] = {0, 0, 0, 0, 3, 1, 1, 2, 2};
	static const uint32_t many[] = {0, 0, 0, 0, 0x40000000, 1, 1};
	static const uint32_t pen[] = {4, 0, 1, 0, 0xFF};
	static const uint32_t zero[] = {0, 0, 1, 0, 0xFF};
	static const uint32_t polygons[] = {0, 0, 0, 0, 2, 2, 1, 2, 9, 9, 9, 9};

	(void)state;
	assert_int_equal(dropped(4, points, 9), 1);
	assert_int_equal(dropped(4, many, 7), 1);
	assert_int_equal(dropped(38, pen, 5), 1);
	assert_int_equal(dropped(38, zero, 5), 1);
	assert_int_equal(dropped(8, polygons, 12), 1);
}

static void what_does_not_draw_goes(void **state)
{
	static const uint32_t comment[] = {4, 0x2B464D45};

	(void)state;
	assert_int_equal(dropped(70, comment, 2), 1);
	assert_int_equal(dropped(105, comment, 2), 1);
	assert_int_equal(dropped(0xFFFFFFFF, comment, 2), 1);
}

static void a_record_is_cut_to_what_it_needs(void **state)
{
	static const uint32_t mode[] = {1, 0xE011CFD0, 0xE11AB1A1};
	struct buffer input = enhanced(17, mode, 3);
	struct buffer out = buffer_make(ROOM);
	struct metafile_result result;

	(void)state;
	assert_int_equal(metafile_filter(METAFILE_ENHANCED,
					 buffer_contents(&input), &out,
					 &result),
			 0);
	assert_int_equal(out.size, input.size - 8);
	assert_true(view_find(buffer_contents(&out), view_of(mode + 1, 4), 0) ==
		    SIZE_MAX);
	buffer_free(&input);
	buffer_free(&out);
}

static void between_what_a_record_leads_to_nothing_stays(void **state)
{
	static const struct metafile_span spans[] = {
	    {12, 2}, {0, 4}, {10, 3}, {14, 0}};
	struct buffer out = buffer_make(ROOM);

	(void)state;
	metafile_write_spans(&out, view_of_string("0123456789abcdefg"), 2,
			     spans, 4);
	assert_int_equal(out.size, 15);
	assert_memory_equal(out.data, "23\0\0\0\0\0\0abcd\0\0\0", 15);
	buffer_free(&out);
}

static void bitmaps_are_as_large_as_they_say(void **state)
{
	uint8_t header[40] = {40, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24};
	struct view view = view_of(header, sizeof(header));

	(void)state;
	assert_true(metafile_bitmap_fits(view, view_of(header, 24)));
	assert_false(metafile_bitmap_fits(view, view_of(header, 23)));
	header[16] = 4; /* JPEG */
	assert_false(metafile_bitmap_fits(view, view_of(header, 24)));
	header[16] = 0;
	header[14] = 8; /* a palette that is not there */
	assert_false(metafile_bitmap_fits(view, view_of(header, 24)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_that_fit_stay),
	    cmocka_unit_test(records_that_count_wrongly_go),
	    cmocka_unit_test(what_does_not_draw_goes),
	    cmocka_unit_test(a_record_is_cut_to_what_it_needs),
	    cmocka_unit_test(between_what_a_record_leads_to_nothing_stays),
	    cmocka_unit_test(bitmaps_are_as_large_as_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
