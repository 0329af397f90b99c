#include "gateway/cli/table.h"

#include "base/utf8.h"

#include <inttypes.h>

#include "base/banned.h"

struct range {
	uint32_t first;
	uint32_t last;
};

static bool in_ranges(uint32_t character, const struct range *ranges,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* Blocks of wide characters and of combining marks; what is ambiguous counts
 * as narrow but for the marks that Japanese terminals show wide. */
static unsigned width_of(uint32_t character)
{
	static const struct range wide[] = {
	    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
	    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
	    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
	    {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
	    {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
	};
	static const struct range marks[] = {
	    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
	    {0x0610, 0x061A}, {0x064B, 0x065F}, {0x1AB0, 0x1AFF},
	    {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x3099, 0x309A},
	    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
	};

	if (character < 0x300)
		return 1;
	if (in_ranges(character, marks, sizeof(marks) / sizeof(marks[0])))
		return 0;
	return in_ranges(character, wide, sizeof(wide) / sizeof(wide[0])) ? 2
									  : 1;
}

unsigned text_width(const char *text)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);
	unsigned width = 0;

	while (cursor_left(&cursor) > 0)
		width += width_of(utf8_next(&cursor));
	return width;
}

void cell_write(struct buffer *buffer, const char *text, unsigned width,
		bool pad)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);
	bool cut = text_width(text) > width;
	unsigned room = cut && width > 0 ? width - 1 : width;
	unsigned used = 0;

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);
		unsigned places = width_of(character);

		if (used + places > room)
			break;
		used += places;
		buffer_utf8(buffer, character);
	}
	if (cut && width > 0) {
		buffer_utf8(buffer, 0x2026);
		used++;
	}
	if (pad && used < width)
		buffer_fill(buffer, ' ', width - used);
}

void table_print(const char *const *cells, size_t rows, size_t columns,
		 const unsigned *limits)
{
	unsigned widths[TABLE_COLUMNS_MAX] = {0};

	if (columns > TABLE_COLUMNS_MAX)
		return;
	for (size_t i = 0; i < rows * columns; i++) {
		unsigned width = text_width(cells[i]);
		unsigned limit = limits[i % columns];

		if (limit > 0 && width > limit)
			width = limit;
		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	for (size_t row = 0; row < rows; row++) {
		BUFFER_CLEANUP struct buffer line = buffer_make(64 * 1024);

		for (size_t i = 0; i < columns; i++) {
			bool last = i + 1 == columns;

			cell_write(&line, cells[row * columns + i], widths[i],
				   !last);
			buffer_text(&line, last ? "\n" : "  ");
		}
		if (buffer_error(&line) == 0)
			(void)fwrite(line.data, 1, line.size, stdout);
	}
}

void print_bytes(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	double value = (double)bytes;
	int unit = 0;

	while (unit < 3 && value >= 1024.0) {
		value /= 1024.0;
		unit++;
	}
	if (unit == 0)
		(void)printf("%" PRIu64 " B", bytes);
	else
		(void)printf("%.1f %s", value, units[unit]);
}
