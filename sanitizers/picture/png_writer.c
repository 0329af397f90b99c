#include "sanitizers/picture/png_writer.h"

#include "sanitizers/picture/palette.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "base/bytes.h"

#include "base/banned.h"

enum { COMPRESSION = 4, FILTERS = 5, SIGNATURE_SIZE = 8 };

enum color_type {
	COLOR_GREY = 0,
	COLOR_RGB = 2,
	COLOR_PALETTE = 3,
	COLOR_GREY_ALPHA = 4,
	COLOR_RGBA = 6,
};

/* Rows as PNG stores them, before filtering. */
struct raster {
	uint32_t width;
	uint32_t height;
	enum color_type type;
	unsigned bits; /* per sample or index */
	size_t stride; /* bytes of one row */
	size_t step;   /* bytes from a sample to the one left of it */
	uint8_t *rows; /* malloc'd, or the pixels' own */
	bool owned;
};

static void raster_free(struct raster *raster)
{
	if (raster->owned)
		free(raster->rows);
}

static unsigned bits_for(unsigned colors)
{
	return colors <= 2 ? 1 : colors <= 4 ? 2 : colors <= 16 ? 4 : 8;
}

/* One index per byte to rows of packed indices, in place. */
static void pack_rows(struct raster *raster)
{
	unsigned per_byte = 8 / raster->bits;

	raster->stride = (raster->width + per_byte - 1) / per_byte;
	for (size_t y = 0; y < raster->height; y++) {
		const uint8_t *from = raster->rows + y * raster->width;
		uint8_t *to = raster->rows + y * raster->stride;

		for (size_t i = 0; i < raster->stride; i++) {
			unsigned byte = 0;

			for (unsigned k = 0; k < per_byte; k++) {
				size_t x = i * per_byte + k;
				unsigned value =
				    x < raster->width ? from[x] : 0;

				byte = byte << raster->bits | value;
			}
			to[i] = (uint8_t)byte;
		}
	}
}

static int raster_indexed(const struct pixels *pixels, struct palette *palette,
			  struct raster *raster)
{
	raster->rows = calloc(pixels->width, pixels->height);
	if (raster->rows == NULL)
		return -ERR_MEMORY;
	if (!palette_index(palette, pixels, raster->rows)) {
		free(raster->rows);
		return 0;
	}
	raster->owned = true;
	raster->type = COLOR_PALETTE;
	raster->bits = bits_for(palette->count);
	pack_rows(raster);
	return 0;
}

/* Whether all samples are values that `bits` can hold. */
static bool fits_bits(const struct pixels *pixels, unsigned bits)
{
	unsigned unit = 255U / ((1U << bits) - 1);

	for (size_t i = 0; i < pixels->size; i++)
		if (pixels->data[i] % unit != 0)
			return false;
	return true;
}

static int raster_grey(const struct pixels *pixels, unsigned bits,
		       struct raster *raster)
{
	unsigned unit = 255U / ((1U << bits) - 1);

	raster->rows = calloc(pixels->size, 1);
	if (raster->rows == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < pixels->size; i++)
		raster->rows[i] = (uint8_t)(pixels->data[i] / unit);
	raster->owned = true;
	raster->type = COLOR_GREY;
	raster->bits = bits;
	pack_rows(raster);
	return 0;
}

/* The pixels' own memory; 16 bits are turned to PNG's byte order. */
static void raster_direct(struct pixels *pixels, struct raster *raster)
{
	const uint16_t *samples;
	static const enum color_type types[] = {COLOR_GREY, COLOR_GREY_ALPHA,
						COLOR_RGB, COLOR_RGBA};

	raster->type = types[pixels->bands - 1];
	raster->bits = pixels->depth;
	raster->stride = pixels_stride(pixels);
	raster->step = pixels->bands * (size_t)(pixels->depth / 8);
	raster->rows = pixels->data;
	if (pixels->depth != 16)
		return;
	samples = (const void *)pixels->data;
	for (size_t i = 0; i < pixels->size / 2; i++) {
		uint16_t value = samples[i];

		pixels->data[2 * i] = (uint8_t)(value >> 8);
		pixels->data[2 * i + 1] = (uint8_t)value;
	}
}

static int16_t distance(int from, int to)
{
	return (int16_t)(from < to ? to - from : from - to);
}

/* Without branches, and in 16 bits: eight at a time where the processor can. */
static uint8_t paeth(uint8_t left, uint8_t up, uint8_t corner)
{
	int16_t toward_left = distance(up, corner);
	int16_t toward_up = distance(left, corner);
	int16_t toward_corner = distance(left + up, corner + corner);
	uint8_t other = toward_up <= toward_corner ? up : corner;

	return ((toward_left <= toward_up) & (toward_left <= toward_corner)) !=
		       0
		   ? left
		   : other;
}

/* ISO/IEC 15948, 9.2: filters 0 to 4 of one row. `up` is zeros for row 0. */
static void filter_row(unsigned filter, const uint8_t *row, const uint8_t *up,
		       size_t stride, size_t step, uint8_t *restrict out)
{
	for (size_t i = 0; i < step && i < stride; i++) {
		static const uint8_t none;
		uint8_t above = up[i];
		uint8_t guess = filter == 2   ? above
				: filter == 3 ? (uint8_t)(above >> 1)
				: filter == 4 ? above
					      : none;

		out[i] = (uint8_t)(row[i] - guess);
	}
	switch (filter) {
	case 1:
		for (size_t i = step; i < stride; i++)
			out[i] = (uint8_t)(row[i] - row[i - step]);
		break;
	case 2:
		for (size_t i = step; i < stride; i++)
			out[i] = (uint8_t)(row[i] - up[i]);
		break;
	case 3:
		for (size_t i = step; i < stride; i++)
			out[i] =
			    (uint8_t)(row[i] - ((row[i - step] + up[i]) >> 1));
		break;
	case 4:
		for (size_t i = step; i < stride; i++)
			out[i] = (uint8_t)(row[i] - paeth(row[i - step], up[i],
							  up[i - step]));
		break;
	default:
		for (size_t i = step; i < stride; i++)
			out[i] = row[i];
		break;
	}
}

/* The smaller the differences, the better they compress. */
static uint64_t row_cost(const uint8_t *row, size_t stride)
{
	enum { PIECE = 65536 }; /* of which the sum fits 32 bits */
	uint64_t cost = 0;

	for (size_t at = 0; at < stride; at += PIECE) {
		size_t end = stride - at < PIECE ? stride : at + PIECE;
		uint32_t sum = 0;

		for (size_t i = at; i < end; i++) {
			uint8_t up = row[i];
			uint8_t down = (uint8_t)-up;

			sum += up < down ? up : down;
		}
		cost += sum;
	}
	return cost;
}

/* One row with the filter number that suits it in front. `trial` has room for
 * a row. */
static bool pick_filter(const struct raster *raster, const uint8_t *row,
			const uint8_t *up, uint8_t *trial, uint8_t *to)
{
	size_t stride = raster->stride;
	uint64_t best = UINT64_MAX;

	for (unsigned f = 0; f < (raster->step > 0 ? FILTERS : 1); f++) {
		uint64_t cost;

		filter_row(f, row, up, stride, raster->step, trial);
		cost = row_cost(trial, stride);
		if (cost >= best)
			continue;
		best = cost;
		to[0] = (uint8_t)f;
		if (!bytes_copy(to + 1, stride, view_of(trial, stride)))
			return false;
	}
	return true;
}

static int filter_rows(const struct raster *raster, uint8_t *out)
{
	size_t stride = raster->stride;
	uint8_t *trial = calloc(stride + 1, 2);
	const uint8_t *up;
	bool done = true;

	if (trial == NULL)
		return -ERR_MEMORY;
	up = trial + stride + 1; /* zeros */
	for (size_t y = 0; y < raster->height && done; y++) {
		const uint8_t *row = raster->rows + y * stride;

		done =
		    pick_filter(raster, row, up, trial, out + y * (stride + 1));
		up = row;
	}
	free(trial);
	return done ? 0 : -ERR_INTERNAL;
}

static void emit_chunk(struct job *job, const char *type, struct view body)
{
	BUFFER_CLEANUP struct buffer frame = buffer_make(16);
	uint32_t sum = libdeflate_crc32(0, type, 4);

	/* libdeflate starts anew when it is given no data. */
	if (body.size > 0)
		sum = libdeflate_crc32(sum, body.data, body.size);
	buffer_u32be(&frame, (uint32_t)body.size);
	buffer_text(&frame, type);
	(void)job_emit(job, buffer_contents(&frame));
	(void)job_emit(job, body);
	frame.size = 0;
	buffer_u32be(&frame, sum);
	(void)job_emit(job, buffer_contents(&frame));
}

static void emit_header(struct job *job, const struct raster *raster,
			const struct png_header *like)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(64);
	static const uint8_t signature[SIGNATURE_SIZE] = {
	    0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};

	(void)job_emit(job, view_of(signature, SIGNATURE_SIZE));
	buffer_u32be(&body, raster->width);
	buffer_u32be(&body, raster->height);
	buffer_u8(&body, (uint8_t)raster->bits);
	buffer_u8(&body, (uint8_t)raster->type);
	buffer_fill(&body, 0, 3);
	emit_chunk(job, "IHDR", buffer_contents(&body));
	if (like->density_x == 0 || like->density_y == 0)
		return;
	body.size = 0;
	buffer_u32be(&body, like->density_x);
	buffer_u32be(&body, like->density_y);
	buffer_u8(&body, like->density_metre ? 1 : 0);
	emit_chunk(job, "pHYs", buffer_contents(&body));
}

static void emit_palette(struct job *job, const struct palette *palette)
{
	BUFFER_CLEANUP struct buffer colors = buffer_make(3 * PALETTE_MAX);
	BUFFER_CLEANUP struct buffer alpha = buffer_make(PALETTE_MAX);
	size_t last = 0;

	for (unsigned i = 0; i < palette->count; i++) {
		buffer_bytes(&colors, palette->color[i], 3);
		buffer_u8(&alpha, palette->color[i][3]);
		if (palette->color[i][3] != 0xFF)
			last = i + 1;
	}
	emit_chunk(job, "PLTE", buffer_contents(&colors));
	if (last > 0)
		emit_chunk(job, "tRNS",
			   view_slice(buffer_contents(&alpha), 0, last));
}

static int emit_data(struct job *job, const struct raster *raster)
{
	size_t size = (raster->stride + 1) * raster->height;
	struct libdeflate_compressor *compressor =
	    libdeflate_alloc_compressor(COMPRESSION);
	size_t bound = libdeflate_zlib_compress_bound(compressor, size);
	uint8_t *filtered = size > 0 ? malloc(size) : NULL;
	uint8_t *packed = malloc(bound);
	int error = -ERR_MEMORY;

	if (compressor != NULL && filtered != NULL && packed != NULL)
		error = filter_rows(raster, filtered);
	if (error == 0) {
		size = libdeflate_zlib_compress(compressor, filtered, size,
						packed, bound);
		if (size == 0 || size > INT32_MAX)
			error = -ERR_LIMIT_OUTPUT;
	}
	if (error == 0)
		emit_chunk(job, "IDAT", view_of(packed, size));
	free(packed);
	free(filtered);
	libdeflate_free_compressor(compressor);
	return error;
}

int png_write(struct job *job, struct pixels *pixels,
	      const struct png_header *like)
{
	struct palette palette = {0};
	struct raster raster = {.width = pixels->width,
				.height = pixels->height};
	int error = 0;

	pixels_drop_opaque_alpha(pixels);
	if (pixels->size == 0)
		return -ERR_INTERNAL;
	if (like->palette && pixels->depth == 8)
		error = raster_indexed(pixels, &palette, &raster);
	else if (like->bits < 8 && pixels->bands == 1 && pixels->depth == 8 &&
		 like->bits > 0 && fits_bits(pixels, like->bits))
		error = raster_grey(pixels, like->bits, &raster);
	if (error != 0)
		return error;
	if (!raster.owned)
		raster_direct(pixels, &raster);
	emit_header(job, &raster, like);
	if (raster.type == COLOR_PALETTE)
		emit_palette(job, &palette);
	error = emit_data(job, &raster);
	if (error == 0)
		emit_chunk(job, "IEND", view_of(NULL, 0));
	raster_free(&raster);
	return error;
}
