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
	OPTION_BYTES = 0x200,  /* a byte for each character */
	OPTION_PLAIN = 0x100,  /* no rectangle */
	NUMBERED = 72,         /* up to here a region is painted by a brush */
	MASK = 28,             /* from a bitmap's place to that of its mask */
	MESH_TRIANGLES = 2,
	MESH_EACH = 12,
	SPANS_MAX = 5,
};

enum check {
	NONE,
	FIXED,
	OBJECT,
	POINTS,
	POLYGONS,
	BITMAP,
	MASKED, /* a bitmap and its mask */
	PAINT,  /* a region */
	SMALL,  /* a short text */
	MESH,   /* of colours */
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

/* Rectangles at `at`, `size` bytes of them with their header. */
static size_t rectangles(struct view record, size_t at, size_t size)
{
	size_t count = number(record, at + 8);

	if (record.size < at + REGION_HEADER || size > record.size - at ||
	    number(record, at) != REGION_HEADER ||
	    with(view_slice(record, at, size), REGION_HEADER, count, 16) == 0)
		return 0;
	return at + size;
}

static size_t region(struct view record)
{
	size_t size = number(record, 8);

	if (size == 0)
		return record.size < 16 ? 0 : 16;
	return rectangles(record, 16, size);
}

static size_t small_text(struct view record, size_t fixed)
{
	uint32_t options = number(record, 20);

	if ((options & OPTION_PLAIN) == 0)
		fixed += 16;
	return with(record, fixed, number(record, 16),
		    (options & OPTION_BYTES) != 0 ? 1 : 2);
}

/* Corners, then triangles or rectangles by the numbers of their corners; some
 * write rectangles as long as triangles. */
static size_t mesh(struct view record, size_t fixed)
{
	size_t corners = number(record, 24);
	size_t count = number(record, 28);
	uint32_t mode = number(record, 32);
	size_t used = mode == MESH_TRIANGLES ? MESH_EACH : MESH_EACH - 4;
	size_t size;

	fixed = with(record, fixed, corners, 16);
	size = fixed == 0 ? 0 : with(record, fixed, count, used);
	if (size == 0 || mode > MESH_TRIANGLES)
		return 0;
	for (size_t at = fixed; at < size; at += 4)
		if (number(record, at) >= corners)
			return 0;
	return size;
}

static bool names_object(uint32_t object, uint32_t handles)
{
	return (object > 0 && object < handles) || object >> 24 == STOCK;
}

static bool is_object(struct view record, uint32_t handles)
{
	return record.size >= 12 && names_object(number(record, 8), handles);
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
	case MASKED:
		return bitmap(record, rule->size + MASK, false) == 0
			   ? 0
			   : bitmap(record, rule->size, false);
	case PAINT:
		if (type <= NUMBERED &&
		    !names_object(number(record, 28), handles))
			return 0;
		return rectangles(record, rule->size, number(record, 24));
	case SMALL:
		return small_text(record, rule->size);
	case MESH:
		return mesh(record, rule->size);
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

/* What stands in front of what the places of a bitmap name. */
static size_t fixed_size(uint32_t type)
{
	switch (type) {
	case 77:
	case 114:
	case 116:
		return 108;
	case 78:
		return 128;
	case 79:
		return 140;
	case 80:
		return 76;
	case 81:
		return 80;
	default:
		return rules[type].size + 16;
	}
}

/* The header and the pixels that it asks for; how many. */
static uint64_t span_bitmap(struct view record, size_t at,
			    struct metafile_span *spans, size_t *count)
{
	struct view header =
	    view_slice(record, number(record, at), number(record, at + 4));

	if (number(record, at + 4) == 0)
		return 0;
	spans[(*count)++] = (struct metafile_span){
	    number(record, at), metafile_bitmap_header(header)};
	spans[(*count)++] = (struct metafile_span){
	    number(record, at + 8), metafile_bitmap_size(header)};
	return metafile_bitmap_pixels(header);
}

static void span_text(struct view record, size_t each,
		      struct metafile_span *spans, size_t *count)
{
	size_t characters = number(record, 44);
	size_t pairs = (number(record, 52) & OPTION_PAIRS) != 0 ? 8 : 4;

	spans[0].size = 76;
	spans[(*count)++] =
	    (struct metafile_span){number(record, 48), characters * each};
	if (number(record, 72) != 0)
		spans[(*count)++] = (struct metafile_span){number(record, 72),
							   characters * pairs};
}

/* Between what a record leads to nothing stays. Returns the pixels in it. */
static uint64_t write_record(struct buffer *out, uint32_t type,
			     struct view record)
{
	const struct rule *rule = &rules[type];
	struct metafile_span spans[SPANS_MAX] = {{0, record.size}};
	size_t count = 1;
	uint64_t pixels = 0;

	if (rule->check == TEXT) {
		span_text(record, rule->size, spans, &count);
	} else if (rule->check == BITMAP || rule->check == BRUSH ||
		   rule->check == MASKED) {
		spans[0].size = fixed_size(type);
		pixels = span_bitmap(record, rule->size, spans, &count);
		if (rule->check == MASKED)
			pixels += span_bitmap(record, rule->size + MASK, spans,
					      &count);
	}
	buffer_u32le(out, type);
	buffer_u32le(out, (uint32_t)rounded(record.size));
	metafile_write_spans(out, record, 8, spans, count);
	buffer_fill(out, 0, rounded(record.size) - record.size);
	return pixels;
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
		result.pixels +=
		    write_record(out, type, view_slice(record, 0, size));
		records++;
	}
	write_end(out, start, records);
	*ret_result = result;
	return buffer_error(out);
}
