#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

enum {
	INFO_HEADER = 40,
	MASKS = 12,
	PLAIN = 0,
	BITFIELDS = 3,
	SIDE_MAX = 32767,
};

static uint32_t number(struct view view, size_t offset, size_t size)
{
	struct cursor cursor = cursor_at(view, offset);

	return size == 2 ? cursor_u16le(&cursor) : cursor_u32le(&cursor);
}

size_t metafile_bitmap_header(struct view header)
{
	uint32_t bits = number(header, 14, 2);
	uint32_t packing = number(header, 16, 4);
	uint32_t colours = number(header, 32, 4);

	if (header.size < INFO_HEADER || number(header, 0, 4) != INFO_HEADER ||
	    number(header, 12, 2) != 1 || colours > 256)
		return 0;
	if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 &&
	    bits != 32)
		return 0;
	if (packing != PLAIN &&
	    (packing != BITFIELDS || (bits != 16 && bits != 32)))
		return 0;
	if (bits <= 8 && (colours == 0 || colours > UINT32_C(1) << bits))
		colours = UINT32_C(1) << bits;
	return INFO_HEADER + 4 * (size_t)colours +
	       (packing == BITFIELDS ? MASKS : 0);
}

bool metafile_bitmap_fits(struct view header, struct view bits)
{
	size_t size = metafile_bitmap_header(header);
	int64_t width = (int32_t)number(header, 4, 4);
	int64_t height = (int32_t)number(header, 8, 4);
	uint64_t row;

	if (height < 0)
		height = -height;
	if (size == 0 || size > header.size || width <= 0 || height == 0 ||
	    width > SIDE_MAX || height > SIDE_MAX)
		return false;
	row = ((uint64_t)width * number(header, 14, 2) + 31) / 32 * 4;
	return row * (uint64_t)height <= bits.size;
}

int metafile_filter(enum metafile_kind kind, struct view input,
		    struct buffer *out, struct metafile_result *ret_result)
{
	return kind == METAFILE_ENHANCED
		   ? metafile_filter_emf(input, out, ret_result)
		   : metafile_filter_wmf(input, out, ret_result);
}
