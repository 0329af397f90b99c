#include "sanitizers/picture/bmp_reader.h"

#include "sanitizers/picture/picture.h"

#include "base/banned.h"

enum {
	FILE_HEADER = 14,
	DIB_CORE = 12,
	DIB_INFO = 40,
	DIB_MASKS = 52,
	DIB_ALPHA = 56,
	DIB_V5 = 124,
	BI_RGB = 0,
	BI_RLE8 = 1,
	BI_RLE4 = 2,
	BI_BITFIELDS = 3,
	BI_ALPHABITFIELDS = 6,
};

static bool is_dib_size(uint32_t size)
{
	return size == DIB_CORE || size == 16 || size == DIB_INFO ||
	       size == DIB_MASKS || size == DIB_ALPHA || size == 64 ||
	       size == 108 || size == DIB_V5;
}

static bool is_depth(unsigned bits)
{
	return bits == 1 || bits == 4 || bits == 8 || bits == 16 ||
	       bits == 24 || bits == 32;
}

enum claim bmp_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, FILE_HEADER);
	uint32_t size = cursor_u32le(&cursor);

	if (!view_starts_with(input, "BM") || !is_dib_size(size))
		return CLAIM_NONE;
	cursor_skip(&cursor, size == DIB_CORE ? 4 : 8);
	if (cursor_u16le(&cursor) != 1 || cursor.failed)
		return CLAIM_NONE;
	return CLAIM_EXACT;
}

static uint32_t magnitude(uint32_t value, bool *ret_negative)
{
	*ret_negative = value > INT32_MAX;
	return *ret_negative ? 0U - value : value;
}

/* The fields behind width, height and depth; older headers end early. */
static void read_info(struct cursor *cursor, uint32_t size,
		      struct bmp_header *header, uint32_t *ret_colors)
{
	header->compression = cursor_u32le(cursor);
	cursor_skip(cursor, 4);
	header->density_x = cursor_u32le(cursor);
	header->density_y = cursor_u32le(cursor);
	*ret_colors = cursor_u32le(cursor);
	cursor_skip(cursor, 4);
	if (header->density_x > INT32_MAX || header->density_y > INT32_MAX)
		header->density_x = 0;
	if (size == 64 || header->compression == BI_RLE8 ||
	    header->compression == BI_RLE4)
		return;
	/* Bit fields follow the 40-byte header, or are part of it. */
	for (unsigned i = 0; i < 4; i++) {
		bool part = size >= (i < 3 ? DIB_MASKS : DIB_ALPHA);
		bool follows = size == DIB_INFO &&
			       (header->compression == BI_ALPHABITFIELDS ||
				(header->compression == BI_BITFIELDS && i < 3));

		if (part || follows)
			header->mask[i] = cursor_u32le(cursor);
	}
}

static void default_masks(struct bmp_header *header)
{
	if (header->compression != BI_RGB)
		return;
	/* Without bit fields the masks of the header are not used. */
	if (header->bits == 16) {
		header->mask[0] = 0x7C00;
		header->mask[1] = 0x03E0;
		header->mask[2] = 0x001F;
	} else {
		header->mask[0] = 0xFF0000;
		header->mask[1] = 0x00FF00;
		header->mask[2] = 0x0000FF;
	}
	header->mask[3] = 0;
}

static int read_palette(struct view input, size_t offset, uint32_t size,
			uint32_t colors, struct bmp_header *header)
{
	struct cursor cursor = cursor_at(input, offset);
	unsigned most;

	if (header->bits > 8) {
		/* A palette that true colour does not need: skipped. */
		header->headers_end = offset;
		return 0;
	}
	most = 1U << header->bits;
	header->colors = colors == 0 || colors > most ? most : colors;
	for (unsigned i = 0; i < header->colors; i++) {
		if (size == DIB_CORE && cursor.offset + 3 > header->data_offset)
			break;
		for (unsigned k = 3; k > 0; k--)
			header->color[i][k - 1] = cursor_u8(&cursor);
		if (size != DIB_CORE)
			cursor_skip(&cursor, 1);
	}
	header->headers_end = cursor.offset;
	return cursor.failed ? -ERR_TRUNCATED : 0;
}

/* Which depth goes with which compression. */
static int check_kind(const struct bmp_header *header)
{
	switch (header->compression) {
	case BI_RGB:
		return 0;
	case BI_RLE8:
		return header->bits == 8 && !header->top_down ? 0
							      : -ERR_MALFORMED;
	case BI_RLE4:
		return header->bits == 4 && !header->top_down ? 0
							      : -ERR_MALFORMED;
	case BI_BITFIELDS:
	case BI_ALPHABITFIELDS:
		return header->bits == 16 || header->bits == 32
			   ? 0
			   : -ERR_MALFORMED;
	default:
		return -ERR_TYPE_UNSUPPORTED;
	}
}

static void read_profile(struct view input, struct bmp_header *header)
{
	struct cursor cursor = cursor_at(input, FILE_HEADER + 56);
	uint32_t kind = cursor_u32le(&cursor);

	cursor_skip(&cursor, 52);
	header->profile_offset = cursor_u32le(&cursor);
	header->profile_size = cursor_u32le(&cursor);
	header->profile_linked = kind == 0x4C494E4B;  /* 'LINK' */
	if (kind != 0x4C494E4B && kind != 0x4D424544) /* 'MBED' */
		header->profile_size = 0;
}

int bmp_read_header(struct view input, struct bmp_header *ret_header)
{
	struct cursor cursor = cursor_at(input, 10);
	struct bmp_header header = {.data_offset = cursor_u32le(&cursor)};
	uint32_t size = cursor_u32le(&cursor);
	uint32_t colors = 0;
	bool negative = false;
	size_t behind;
	int error;

	if (!is_dib_size(size))
		return cursor.failed ? -ERR_TRUNCATED : -ERR_MALFORMED;
	if (size == DIB_CORE) {
		header.width = cursor_u16le(&cursor);
		header.height = cursor_u16le(&cursor);
	} else {
		header.width = cursor_u32le(&cursor);
		header.height =
		    magnitude(cursor_u32le(&cursor), &header.top_down);
	}
	cursor_skip(&cursor, 2);
	header.bits = cursor_u16le(&cursor);
	if (size >= DIB_INFO)
		read_info(&cursor, size, &header, &colors);
	if (cursor.failed)
		return -ERR_TRUNCATED;
	(void)magnitude(header.width, &negative);
	if (negative || !is_depth(header.bits))
		return -ERR_MALFORMED;
	error = check_kind(&header);
	if (error != 0)
		return error;
	default_masks(&header);
	if (size == DIB_V5)
		read_profile(input, &header);
	behind = FILE_HEADER + (size_t)size;
	if (cursor.offset > behind)
		behind = cursor.offset;
	error = read_palette(input, behind, size, colors, &header);
	if (error == 0 && header.data_offset > input.size)
		error = -ERR_TRUNCATED;
	if (error == 0 && header.data_offset < FILE_HEADER + (size_t)size)
		error = -ERR_MALFORMED;
	if (error == 0)
		*ret_header = header;
	return error;
}

/* A masked field as 8 bits. */
static uint8_t masked(uint32_t value, uint32_t mask)
{
	unsigned shift;
	uint64_t most;

	if (mask == 0)
		return 0;
	shift = (unsigned)__builtin_ctz(mask);
	most = mask >> shift;
	return (uint8_t)(((value & mask) >> shift) * 255ULL / most);
}

static void read_row(struct cursor *cursor, const struct bmp_header *header,
		     struct pixels *pixels, uint8_t *row)
{
	unsigned left = 0;
	uint8_t byte = 0;

	for (uint32_t x = 0; x < header->width; x++) {
		uint8_t *to = row + (size_t)x * pixels->bands;
		uint32_t value;

		if (header->bits <= 8) {
			const uint8_t *color;

			if (left == 0) {
				byte = cursor_u8(cursor);
				left = 8;
			}
			left -= header->bits;
			value =
			    (uint32_t)byte >> left & ((1U << header->bits) - 1);
			color = header->color[value];
			to[0] = color[0];
			to[1] = color[1];
			to[2] = color[2];
			continue;
		}
		if (header->bits == 24) {
			to[2] = cursor_u8(cursor);
			to[1] = cursor_u8(cursor);
			to[0] = cursor_u8(cursor);
			continue;
		}
		value = header->bits == 16 ? cursor_u16le(cursor)
					   : cursor_u32le(cursor);
		for (unsigned k = 0; k < pixels->bands; k++)
			to[k] = masked(value, header->mask[k]);
	}
}

static uint8_t *row_of(const struct bmp_header *header,
		       const struct pixels *pixels, uint32_t y)
{
	uint32_t from_top = header->top_down ? y : header->height - 1 - y;

	return pixels->data + pixels_stride(pixels) * from_top;
}

static int read_plain(struct cursor *cursor, const struct bmp_header *header,
		      struct pixels *pixels)
{
	uint64_t stride =
	    ((uint64_t)header->width * header->bits + 31) / 32 * 4;

	if (stride * header->height > cursor_left(cursor))
		return -ERR_TRUNCATED;
	for (uint32_t y = 0; y < header->height; y++) {
		size_t start = cursor->offset;

		read_row(cursor, header, pixels, row_of(header, pixels, y));
		cursor_seek(cursor, start + (size_t)stride);
	}
	return cursor->failed ? -ERR_TRUNCATED : 0;
}

/* Where run-length coding writes. */
struct run {
	const struct bmp_header *header;
	struct pixels *pixels;
	uint32_t x, y;
};

static void run_put(struct run *run, unsigned index)
{
	uint8_t *to;

	if (run->x >= run->header->width || run->y >= run->header->height)
		return;
	to = row_of(run->header, run->pixels, run->y) +
	     (size_t)run->x++ * run->pixels->bands;
	for (unsigned k = 0; k < 3; k++)
		to[k] = run->header->color[index][k];
}

/* `count` indices as they are, padded to an even number of bytes. */
static void run_absolute(struct run *run, struct cursor *cursor, unsigned count)
{
	bool narrow = run->header->bits == 4;
	unsigned bytes = narrow ? (count + 1) / 2 : count;
	uint8_t byte = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!narrow || i % 2 == 0)
			byte = cursor_u8(cursor);
		if (narrow)
			run_put(run, i % 2 == 0 ? byte >> 4 : byte & 15);
		else
			run_put(run, byte);
	}
	if (bytes % 2 != 0)
		cursor_skip(cursor, 1);
}

static int read_runs(struct cursor *cursor, const struct bmp_header *header,
		     struct pixels *pixels)
{
	struct run run = {.header = header, .pixels = pixels};

	for (;;) {
		uint8_t count = cursor_u8(cursor);
		uint8_t value = cursor_u8(cursor);

		if (cursor->failed)
			return -ERR_TRUNCATED;
		if (count > 0) {
			for (unsigned i = 0; i < count; i++)
				run_put(&run, header->bits == 8 ? value
					      : i % 2 == 0      ? value >> 4
								: value & 15);
			continue;
		}
		switch (value) {
		case 0: /* end of line */
			run.x = 0;
			run.y++;
			break;
		case 1: /* end of picture */
			return 0;
		case 2: /* move */
			run.x += cursor_u8(cursor);
			run.y += cursor_u8(cursor);
			break;
		default:
			run_absolute(&run, cursor, value);
			break;
		}
		if (run.y > header->height || run.x > header->width)
			return -ERR_MALFORMED;
	}
}

/* Old writers leave the fourth byte 0 and mean opaque. */
static void drop_empty_alpha(struct pixels *pixels)
{
	for (size_t i = 3; i < pixels->size; i += 4)
		if (pixels->data[i] != 0)
			return;
	for (size_t i = 3; i < pixels->size; i += 4)
		pixels->data[i] = 0xFF;
}

int bmp_read_pixels(struct view input, const struct bmp_header *header,
		    struct pixels *ret_pixels, size_t *ret_end)
{
	struct cursor cursor = cursor_at(input, header->data_offset);
	bool alpha = header->bits > 8 && header->mask[3] != 0;
	bool runs =
	    header->compression == BI_RLE8 || header->compression == BI_RLE4;
	struct pixels pixels;
	int error = pixels_new(header->width, header->height, alpha ? 4 : 3, 8,
			       &pixels);

	if (error != 0)
		return error;
	/* What runs skip over is the first colour. */
	for (size_t i = 0; runs && i < pixels.size; i++)
		pixels.data[i] = header->color[0][i % 3];
	error = runs ? read_runs(&cursor, header, &pixels)
		     : read_plain(&cursor, header, &pixels);
	if (error != 0) {
		pixels_free(&pixels);
		return error;
	}
	if (alpha)
		drop_empty_alpha(&pixels);
	*ret_pixels = pixels;
	*ret_end = cursor.offset;
	return 0;
}
