#include "sanitizers/pdf/to_unicode.h"

#include <stdlib.h>

#include "base/banned.h"

enum { RANGES_MAX = 100000, HEX_MAX = 64, SECTION_WORD_MAX = 16 };

struct reader {
	struct cursor at;
	struct text_range *ranges;
	size_t count;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static void skip_blanks(struct reader *reader)
{
	while (cursor_left(&reader->at) > 0 &&
	       is_blank(reader->at.view.data[reader->at.offset]))
		reader->at.offset++;
}

static int peek(struct reader *reader)
{
	skip_blanks(reader);
	return cursor_left(&reader->at) == 0
		   ? -1
		   : reader->at.view.data[reader->at.offset];
}

static int digit_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* "<...>": its bytes; false when it is none. */
static bool read_hex(struct reader *reader, uint8_t *bytes, size_t *ret_size)
{
	int high = -1;

	*ret_size = 0;
	if (peek(reader) != '<')
		return false;
	reader->at.offset++;
	while (cursor_left(&reader->at) > 0) {
		uint8_t byte = cursor_u8(&reader->at);
		int digit = digit_of(byte);

		if (byte == '>')
			return true;
		if (digit < 0)
			continue;
		if (high < 0) {
			high = digit;
			continue;
		}
		if (*ret_size < HEX_MAX)
			bytes[(*ret_size)++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	return false;
}

static uint32_t code_of(const uint8_t *bytes, size_t size)
{
	uint32_t code = 0;

	for (size_t i = 0; i < size && i < 4; i++)
		code = code << 8 | bytes[i];
	return code;
}

/* UTF-16, big-endian. */
static void set_text(struct text_range *range, const uint8_t *bytes,
		     size_t size)
{
	range->length = 0;
	if (size == 1)
		range->text[range->length++] = bytes[0];
	for (size_t i = 0; i + 1 < size && range->length < TEXT_DESTINATION_MAX;
	     i += 2) {
		uint32_t unit = (uint32_t)bytes[i] << 8 | bytes[i + 1];

		if ((unit & 0xfc00) == 0xd800 && i + 3 < size) {
			uint32_t low =
			    (uint32_t)bytes[i + 2] << 8 | bytes[i + 3];

			unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
			i += 2;
		}
		range->text[range->length++] = unit;
	}
}

static void add(struct reader *reader, uint32_t low, uint32_t high,
		const uint8_t *bytes, size_t size)
{
	struct text_range *range;

	if (reader->count == RANGES_MAX || high < low || size == 0)
		return;
	range = &reader->ranges[reader->count++];
	range->low = low;
	range->high = high;
	set_text(range, bytes, size);
}

static bool read_character(struct reader *reader)
{
	uint8_t from[HEX_MAX];
	uint8_t to[HEX_MAX];
	size_t from_size;
	size_t to_size;

	if (!read_hex(reader, from, &from_size) ||
	    !read_hex(reader, to, &to_size))
		return false;
	add(reader, code_of(from, from_size), code_of(from, from_size), to,
	    to_size);
	return true;
}

static bool read_range(struct reader *reader)
{
	uint8_t low[HEX_MAX];
	uint8_t high[HEX_MAX];
	uint8_t to[HEX_MAX];
	size_t low_size;
	size_t high_size;
	size_t to_size;
	uint32_t code;

	if (!read_hex(reader, low, &low_size) ||
	    !read_hex(reader, high, &high_size))
		return false;
	code = code_of(low, low_size);
	if (peek(reader) != '[') {
		if (!read_hex(reader, to, &to_size))
			return false;
		add(reader, code, code_of(high, high_size), to, to_size);
		return true;
	}
	reader->at.offset++;
	while (read_hex(reader, to, &to_size)) {
		add(reader, code, code, to, to_size);
		code++;
	}
	if (peek(reader) == ']')
		reader->at.offset++;
	return true;
}

static void read_sections(struct reader *reader, const char *word,
			  bool (*read)(struct reader *reader))
{
	struct view view = reader->at.view;
	size_t at = 0;

	while ((at = view_find(view, view_of_string(word), at)) != SIZE_MAX) {
		at += strlen(word);
		reader->at = cursor_at(view, at);
		while (read(reader))
			continue;
	}
}

static int by_code(const void *a, const void *b)
{
	const struct text_range *left = a;
	const struct text_range *right = b;

	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	return left->high < right->high ? -1 : left->high > right->high;
}

int to_unicode_read(struct arena *arena, struct view program,
		    struct text_range **ret_ranges, size_t *ret_count)
{
	struct reader reader = {.at = cursor_at(program, 0)};
	struct text_range *ranges;

	reader.ranges = calloc(RANGES_MAX, sizeof(*reader.ranges));
	if (reader.ranges == NULL)
		return -ERR_MEMORY;
	read_sections(&reader, "beginbfchar", read_character);
	read_sections(&reader, "beginbfrange", read_range);
	qsort(reader.ranges, reader.count, sizeof(*reader.ranges), by_code);
	ranges = arena_array(arena, reader.count + 1, sizeof(*ranges));
	for (size_t i = 0; ranges != NULL && i < reader.count; i++)
		ranges[i] = reader.ranges[i];
	free(reader.ranges);
	if (ranges == NULL)
		return -ERR_MEMORY;
	*ret_ranges = ranges;
	*ret_count = reader.count;
	return 0;
}

const struct text_range *to_unicode_find(const struct text_range *ranges,
					 size_t count, uint32_t code)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code < ranges[middle].low)
			high = middle;
		else if (code > ranges[middle].high)
			low = middle + 1;
		else
			return &ranges[middle];
	}
	return NULL;
}
