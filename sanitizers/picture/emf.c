#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

enum {
	RECORD_HEADER = 1,
	RECORD_END = 14,
	HEADER_SIZE = 108, /* with both extensions, nothing behind */
	HEADER_LEAST = 88,
	SIGNATURE = 0x464D4520,
	END_SIZE = 20,
	TYPES = 128,
	STOCK = 0x80, /* first byte of the number of an object of Windows */
	FONT_LEAST = 104,
	FONT_PANOSE = 332,
	REGION_HEADER = 32,
	OPTION_PAIRS = 0x2000, /* distances in two directions */
};

enum check {
	NONE,
	FIXED,
	OBJECT,
	POINTS,
	POLYGONS,
	BITMAP,
	BRUSH,
	TEXT,
	FONT,
	PEN,
	PALETTE,
	REGION,
};

static const struct rule {
	size_t size;
	enum check check;
	bool draws;
} rules[TYPES] = {
#define EMF(type, check, size, draws) [type] = {size, check, draws},
#include "sanitizers/picture/emf.def"
#undef EMF
};

static uint32_t number(struct view view, size_t offset)
{
	struct cursor cursor = cursor_at(view, offset);

	return cursor_u32le(&cursor);
}

static size_t rounded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* `count` things of `each` bytes behind `fixed`; 0 where they do not fit. */
static size_t with(struct view record, size_t fixed, size_t count, size_t each)
{
	if (record.size < fixed || count > (record.size - fixed) / each)
		return 0;
	return fixed + count * each;
}

static bool lies_within(struct view record, size_t fixed, size_t offset,
			size_t size)
{
	return offset >= fixed && offset <= record.size &&
	       size <= record.size - offset;
}

/* Bounds, how many polygons and points, how many points each. */
static size_t polygons(struct view record, size_t each)
{
	size_t count = number(record, 24);
	size_t points = number(record, 28);
	size_t fixed = with(record, 32, count, 4);
	size_t sum = 0;

	if (fixed == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		sum += number(record, 32 + 4 * i);
	return sum == points ? with(record, fixed, points, each) : 0;
}

/* Places of a bitmap's header and pixels at `at`; a record of which they are
 * a part is written whole. */
static size_t bitmap(struct view record, size_t at, bool needed)
{
	size_t header = number(record, at);
	size_t header_size = number(record, at + 4);
	size_t bits = number(record, at + 8);
	size_t bits_size = number(record, at + 12);

	if (record.size < at + 16)
		return 0;
	if (header_size == 0 && bits_size == 0 && !needed)
		return record.size;
	if (!lies_within(record, at + 16, header, header_size) ||
	    !lies_within(record, at + 16, bits, bits_size) ||
	    !metafile_bitmap_fits(view_slice(record, header, header_size),
				  view_slice(record, bits, bits_size)))
		return 0;
	return record.size;
}

static size_t text(struct view record, size_t each)
{
	size_t count = number(record, 44);
	size_t start = number(record, 48);
	size_t distances = number(record, 72);
	size_t pairs = (number(record, 52) & OPTION_PAIRS) != 0 ? 8 : 4;

	if (record.size < 76 || count > record.size)
		return 0;
	if (count > 0 && !lies_within(record, 76, start, count * each))
		return 0;
	if (distances != 0 && count > 0 &&
	    !lies_within(record, 76, distances, count * pairs))
		return 0;
	return record.size;
}

static size_t region(struct view record)
{
	size_t size = number(record, 8);
	size_t count = number(record, 24);

	if (size == 0)
		return record.size < 16 ? 0 : 16;
	if (record.size < 16 + REGION_HEADER || size > record.size - 16 ||
	    number(record, 16) != REGION_HEADER ||
	    with(view_slice(record, 16, size), REGION_HEADER, count, 16) == 0)
		return 0;
	return 16 + size;
}

static bool is_object(struct view record, uint32_t handles)
{
	uint32_t object = number(record, 8);

	return record.size >= 12 &&
	       ((object > 0 && object < handles) || object >> 24 == STOCK);
}

/* How much of a record is written; 0: nothing. */
static size_t judge(struct view record, uint32_t type, uint32_t handles)
{
	const struct rule *rule = &rules[type];

	if (rule->check >= BRUSH && rule->check != TEXT &&
	    rule->check != REGION && !is_object(record, handles))
		return 0;
	switch (rule->check) {
	case OBJECT:
		return is_object(record, handles) && record.size >= rule->size
			   ? rule->size
			   : 0;
	case FIXED:
		return record.size >= rule->size ? rule->size : 0;
	case POINTS:
		return with(record, 28, number(record, 24), rule->size);
	case POLYGONS:
		return polygons(record, rule->size);
	case BITMAP:
		return bitmap(record, rule->size, false);
	case BRUSH:
		return bitmap(record, rule->size, true);
	case TEXT:
		return text(record, rule->size);
	case FONT:
		return record.size >= FONT_PANOSE  ? FONT_PANOSE
		       : record.size >= FONT_LEAST ? FONT_LEAST
						   : 0;
	case PEN:
		return number(record, 16) == 0 && number(record, 24) == 0
			   ? with(record, rule->size, number(record, 48), 4)
			   : 0;
	case PALETTE:
		return with(record, rule->size, number(record, 12) >> 16, 4);
	case REGION:
		return region(record);
	case NONE:
	default:
		return 0;
	}
}

static uint64_t pixels(struct view record, uint32_t type)
{
	const struct rule *rule = &rules[type];
	size_t header = number(record, rule->size);

	if ((rule->check != BITMAP && rule->check != BRUSH) ||
	    number(record, rule->size + 4) == 0)
		return 0;
	return metafile_bitmap_pixels(view_slice(record, header, SIZE_MAX));
}

static void write_record(struct buffer *out, uint32_t type, struct view record)
{
	size_t size = rounded(record.size);

	buffer_u32le(out, type);
	buffer_u32le(out, (uint32_t)size);
	buffer_view(out, view_slice(record, 8, SIZE_MAX));
	buffer_fill(out, 0, size - record.size);
}

/* Bounds, frame and device are what the picture is placed by. */
static void write_header(struct buffer *out, struct view header)
{
	buffer_u32le(out, RECORD_HEADER);
	buffer_u32le(out, HEADER_SIZE);
	buffer_view(out, view_slice(header, 8, 32));
	buffer_u32le(out, SIGNATURE);
	buffer_u32le(out, 0x10000);
	buffer_fill(out, 0, 8); /* size and records: when they are known */
	buffer_u32le(out, number(header, 56) & 0xFFFF);
	buffer_fill(out, 0, 12); /* description, palette */
	buffer_view(out, view_slice(header, 72, 16));
	buffer_fill(out, 0, 12); /* format of pixels */
	if (number(header, 4) >= HEADER_SIZE && header.size >= HEADER_SIZE)
		buffer_view(out, view_slice(header, 100, 8));
	else
		for (size_t i = 0; i < 2; i++)
			buffer_u32le(out, number(header, 80 + 4 * i) * 1000);
}

static void write_end(struct buffer *out, size_t start, uint32_t records)
{
	buffer_u32le(out, RECORD_END);
	buffer_u32le(out, END_SIZE);
	buffer_u32le(out, 0);
	buffer_u32le(out, END_SIZE - 4);
	buffer_u32le(out, END_SIZE);
	buffer_patch_u32le(out, start + 48, (uint32_t)(out->size - start));
	buffer_patch_u32le(out, start + 52, records + 2);
}

bool metafile_is_enhanced(struct view input)
{
	return input.size >= HEADER_LEAST &&
	       number(input, 0) == RECORD_HEADER &&
	       number(input, 40) == SIGNATURE;
}

int metafile_filter_emf(struct view input, struct buffer *out,
			struct metafile_result *ret_result)
{
	struct metafile_result result = {0};
	size_t at = number(input, 4);
	uint32_t handles = number(input, 56) & 0xFFFF;
	size_t start = out->size;
	uint32_t records = 0;

	if (!metafile_is_enhanced(input) || at < HEADER_LEAST)
		return -ERR_MALFORMED;
	write_header(out, input);
	for (;;) {
		uint32_t type = number(input, at);
		size_t size = number(input, at + 4);
		struct view record;

		if (at > input.size || input.size - at < 8 || size < 8 ||
		    size > input.size - at)
			return -ERR_MALFORMED;
		if (type == RECORD_END)
			break;
		record = view_slice(input, at, size);
		at += size;
		size = type < TYPES ? judge(record, type, handles) : 0;
		if (size == 0) {
			if (result.dropped++ == 0)
				result.first = type;
			continue;
		}
		result.drawn += rules[type].draws;
		result.pixels += pixels(record, type);
		write_record(out, type, view_slice(record, 0, size));
		records++;
	}
	write_end(out, start, records);
	*ret_result = result;
	return buffer_error(out);
}
