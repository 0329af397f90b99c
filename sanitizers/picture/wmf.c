#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

enum {
	PLACE_SIZE = 22,
	PLACE_WORDS = 10, /* in front of their checksum */
	HEADER_SIZE = 18,
	HEADER_WORDS = 9,
	RECORD_FIXED = 6, /* size, function */
	FUNCTION_END = 0,
	FUNCTION_BRUSH = 0x02FC,
	FUNCTION_REGION = 0x06FF,
	FONT_MAX = 9 + 16, /* words, with the name */
	BRUSH_HOLLOW = 1,
	TEXT_CLIPPED = 6, /* a rectangle follows */
};

enum check {
	NONE,
	FIXED,
	POINTS,
	POLYGONS,
	BITMAP,
	TEXTOUT,
	EXTTEXT,
	OBJECT, /* this and what follows: makes an object */
	BRUSH,
	FONT,
	PALETTE,
};

static const struct rule {
	size_t words;
	enum check check;
	uint16_t function;
	bool draws;
} rules[] = {
#define WMF(function, check, words, draws) {words, check, function, draws},
#include "sanitizers/picture/wmf.def"
#undef WMF
};

static uint16_t word(struct view view, size_t index)
{
	struct cursor cursor = cursor_at(view, 2 * index);

	return cursor_u16le(&cursor);
}

static const struct rule *rule_for(uint16_t function)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].function == function)
			return &rules[i];
	return NULL;
}

static size_t within(struct view body, size_t size)
{
	return size <= body.size ? size : SIZE_MAX;
}

static size_t polygons(struct view body)
{
	size_t count = word(body, 0);
	size_t points = 0;

	if (within(body, 2 + 2 * count) == SIZE_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i < count; i++)
		points += word(body, 1 + i);
	return within(body, 2 + 2 * count + 4 * points);
}

static size_t bitmap(struct view body, size_t words)
{
	struct view header = view_slice(body, 2 * words, SIZE_MAX);
	size_t size = metafile_bitmap_header(header);

	if (size == 0 ||
	    !metafile_bitmap_fits(header, view_slice(header, size, SIZE_MAX)))
		return SIZE_MAX;
	return body.size;
}

/* y, x, count, options, a rectangle by these, characters, distances. */
static size_t extended_text(struct view body)
{
	size_t count = word(body, 2);
	size_t size = 8;

	if ((word(body, 3) & TEXT_CLIPPED) != 0)
		size += 8;
	size += (count + 1) & ~(size_t)1;
	if (body.size >= size + 2 * count)
		size += 2 * count;
	return within(body, size);
}

/* How many bytes behind the function are written; SIZE_MAX: none of it. */
static size_t judge(const struct rule *rule, struct view body)
{
	switch (rule->check) {
	case FIXED:
	case OBJECT:
		return within(body, 2 * rule->words);
	case POINTS:
		return within(body, 2 + 4 * (size_t)word(body, 0));
	case POLYGONS:
		return polygons(body);
	case BITMAP:
		return bitmap(body, rule->words);
	case BRUSH:
		return rule->words == 0 ? SIZE_MAX : bitmap(body, rule->words);
	case TEXTOUT:
		return within(
		    body, 2 + ((word(body, 0) + (size_t)1) & ~(size_t)1) + 4);
	case EXTTEXT:
		return extended_text(body);
	case FONT:
		if (body.size < 2 * rule->words)
			return SIZE_MAX;
		return body.size < 2 * FONT_MAX ? body.size
						: (size_t)2 * FONT_MAX;
	case PALETTE:
		return within(body, 4 + 4 * (size_t)word(body, 1));
	case NONE:
	default:
		return SIZE_MAX;
	}
}

static void write_record(struct buffer *out, uint16_t function,
			 struct view body, uint32_t *largest)
{
	uint32_t words = (uint32_t)((RECORD_FIXED + body.size + 1) / 2);

	buffer_u32le(out, words);
	buffer_u16le(out, function);
	buffer_view(out, body);
	buffer_fill(out, 0, body.size & 1);
	if (*largest < words)
		*largest = words;
}

/* Objects have the first number that is free: one that is not made would give
 * its number to the next. */
static void write_hollow(struct buffer *out, uint32_t *largest)
{
	static const uint8_t brush[8] = {BRUSH_HOLLOW};

	write_record(out, FUNCTION_BRUSH, view_of(brush, sizeof(brush)),
		     largest);
}

static void take(struct view body, uint16_t function, struct buffer *out,
		 uint32_t *largest, struct metafile_result *result)
{
	const struct rule *rule = rule_for(function);
	size_t size = rule == NULL ? SIZE_MAX : judge(rule, body);

	if (size != SIZE_MAX) {
		result->drawn += rule->draws;
		if (rule->check == BITMAP || rule->check == BRUSH)
			result->pixels += metafile_bitmap_pixels(
			    view_slice(body, 2 * rule->words, SIZE_MAX));
		write_record(out, function, view_slice(body, 0, size), largest);
		return;
	}
	if (result->dropped++ == 0)
		result->first = function;
	if (function == FUNCTION_REGION ||
	    (rule != NULL && rule->check >= OBJECT))
		write_hollow(out, largest);
}

static bool is_placed(struct view input)
{
	return view_starts_with(input, "\xD7\xCD\xC6\x9A");
}

bool metafile_is_windows(struct view input)
{
	if (is_placed(input))
		input = view_slice(input, PLACE_SIZE, SIZE_MAX);
	return input.size >= HEADER_SIZE && word(input, 1) == HEADER_WORDS &&
	       (word(input, 0) == 1 || word(input, 0) == 2) &&
	       (word(input, 2) == 0x300 || word(input, 2) == 0x100);
}

/* Key, no handle, rectangle, units per inch, nothing, checksum. */
static void write_place(struct buffer *out, struct view place)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < PLACE_WORDS; i++) {
		uint16_t value = i == 2 || i > 7 ? 0 : word(place, i);

		buffer_u16le(out, value);
		sum ^= value;
	}
	buffer_u16le(out, sum);
}

int metafile_filter_wmf(struct view input, struct buffer *out,
			struct metafile_result *ret_result)
{
	struct metafile_result result = {0};
	struct cursor cursor;
	size_t start;
	uint32_t largest = 3;

	if (!metafile_is_windows(input))
		return -ERR_MALFORMED;
	if (is_placed(input)) {
		write_place(out, input);
		input = view_slice(input, PLACE_SIZE, SIZE_MAX);
	}
	cursor = cursor_at(input, HEADER_SIZE);
	start = out->size;
	buffer_u16le(out, 1);
	buffer_u16le(out, HEADER_WORDS);
	buffer_u16le(out, word(input, 2));
	buffer_u32le(out, 0);
	buffer_u16le(out, word(input, 5));
	buffer_fill(out, 0, 6);
	for (;;) {
		uint64_t size = (uint64_t)cursor_u32le(&cursor) * 2;
		uint16_t function = cursor_u16le(&cursor);
		struct view body;

		if (cursor.failed || size < RECORD_FIXED)
			return -ERR_MALFORMED;
		if (function == FUNCTION_END)
			break;
		if (size - RECORD_FIXED > cursor_left(&cursor))
			return -ERR_MALFORMED;
		body = cursor_take(&cursor, (size_t)size - RECORD_FIXED);
		take(body, function, out, &largest, &result);
	}
	buffer_u32le(out, 3);
	buffer_u16le(out, FUNCTION_END);
	buffer_patch_u32le(out, start + 6, (uint32_t)((out->size - start) / 2));
	buffer_patch_u32le(out, start + 12, largest);
	*ret_result = result;
	return buffer_error(out);
}
