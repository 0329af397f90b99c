#include "sanitizers/picture/tiff_writer.h"

#include "sanitizers/picture/palette.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <tiffio.h>

#include "base/banned.h"

enum { STRIP_BYTES = 256 * 1024, JPEG_ROWS = 16 };

struct tiff_writer {
	TIFF *tiff;
	uint8_t *data;
	size_t size; /* written */
	size_t capacity;
	size_t at; /* where the next byte goes */
	size_t maximum;
	bool full;
};

static tmsize_t sink_read(thandle_t handle, void *to, tmsize_t size)
{
	struct tiff_writer *writer = handle;
	struct view from = view_slice(view_of(writer->data, writer->size),
				      writer->at, (size_t)size);

	if (!bytes_copy(to, (size_t)size, from))
		return 0;
	writer->at += from.size;
	return (tmsize_t)from.size;
}

static bool sink_grow(struct tiff_writer *writer, size_t need)
{
	size_t capacity = writer->capacity * 2 + need;
	uint8_t *data;

	if (need <= writer->capacity)
		return true;
	if (need > writer->maximum) {
		writer->full = true;
		return false;
	}
	if (capacity > writer->maximum)
		capacity = writer->maximum;
	data = realloc(writer->data, capacity);
	if (data == NULL)
		return false;
	memset(data + writer->capacity, 0, capacity - writer->capacity);
	writer->data = data;
	writer->capacity = capacity;
	return true;
}

static tmsize_t sink_write(thandle_t handle, void *from, tmsize_t size)
{
	struct tiff_writer *writer = handle;
	size_t end;

	if (size < 0 ||
	    __builtin_add_overflow(writer->at, (size_t)size, &end) ||
	    !sink_grow(writer, end) ||
	    !bytes_copy(writer->data + writer->at, end - writer->at,
			view_of(from, (size_t)size)))
		return 0;
	writer->at = end;
	if (end > writer->size)
		writer->size = end;
	return size;
}

static toff_t sink_seek(thandle_t handle, toff_t offset, int whence)
{
	struct tiff_writer *writer = handle;

	if (whence == SEEK_CUR)
		offset += writer->at;
	else if (whence == SEEK_END)
		offset += writer->size;
	writer->at = (size_t)offset;
	return offset;
}

static toff_t sink_size(thandle_t handle)
{
	const struct tiff_writer *writer = handle;

	return writer->size;
}

static int sink_close(thandle_t handle)
{
	(void)handle;
	return 0;
}

struct tiff_writer *tiff_writer_new(uint64_t maximum)
{
	struct tiff_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	/* Offsets have 32 bits. */
	writer->maximum = maximum > INT32_MAX ? INT32_MAX : (size_t)maximum;
	writer->tiff =
	    TIFFClientOpen("output", "wl", writer, sink_read, sink_write,
			   sink_seek, sink_close, sink_size, NULL, NULL);
	if (writer->tiff == NULL) {
		free(writer->data);
		free(writer);
		return NULL;
	}
	return writer;
}

void tiff_writer_free(struct tiff_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->tiff != NULL)
		TIFFClose(writer->tiff);
	free(writer->data);
	free(writer);
}

/* The values of a page's tags, and its rows. */
struct plan {
	const uint8_t *rows;
	size_t stride;
	uint16_t bits;
	uint16_t samples;
	uint16_t photometric;
	uint16_t compression;
	uint32_t rows_per_strip;
};

/* Samples 0 and 255 to bits, 1 is black: what fax coding expects. */
static void pack_bits(struct pixels *pixels, struct plan *plan)
{
	size_t stride = ((size_t)pixels->width + 7) / 8;

	for (size_t y = 0; y < pixels->height; y++) {
		const uint8_t *from = pixels->data + y * pixels->width;
		uint8_t *to = pixels->data + y * stride;

		for (size_t i = 0; i < stride; i++) {
			unsigned byte = 0;

			for (size_t x = i * 8; x < i * 8 + 8; x++)
				byte = byte << 1 |
				       (x < pixels->width && from[x] < 128);
			to[i] = (uint8_t)byte;
		}
	}
	plan->stride = stride;
	plan->bits = 1;
	plan->photometric = PHOTOMETRIC_MINISWHITE;
	plan->compression = COMPRESSION_CCITTFAX4;
	plan->rows_per_strip = pixels->height;
}

static void plan_direct(const struct pixels *pixels,
			const struct tiff_page *like, struct plan *plan)
{
	plan->stride = pixels_stride(pixels);
	plan->bits = (uint16_t)pixels->depth;
	plan->samples = (uint16_t)pixels->bands;
	plan->photometric =
	    pixels->bands <= 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
	plan->compression = COMPRESSION_LZW;
	if (like->compression == TIFF_DEFLATE ||
	    like->compression == TIFF_DEFLATE_OLD)
		plan->compression = COMPRESSION_ADOBE_DEFLATE;
	plan->rows_per_strip = (uint32_t)(STRIP_BYTES / plan->stride) + 1;
	if (like->compression != TIFF_JPEG || pixels->depth != 8 ||
	    pixels->bands % 2 == 0)
		return;
	plan->compression = COMPRESSION_JPEG;
	if (pixels->bands == 3)
		plan->photometric = PHOTOMETRIC_YCBCR;
	plan->rows_per_strip += JPEG_ROWS - plan->rows_per_strip % JPEG_ROWS;
}

/* Indices take the place of the colours. */
static int plan_palette(struct tiff_writer *writer, struct pixels *pixels,
			struct plan *plan)
{
	struct palette palette = {0};
	uint8_t *indices = malloc((size_t)pixels->width * pixels->height);
	uint16_t map[3][PALETTE_MAX] = {{0}};
	bool fits = indices != NULL && pixels->bands == 3 &&
		    pixels->depth == 8 &&
		    palette_index(&palette, pixels, indices);

	if (fits)
		fits = bytes_copy(
		    pixels->data, pixels->size,
		    view_of(indices, (size_t)pixels->width * pixels->height));
	free(indices);
	if (!fits)
		return 0;
	for (unsigned i = 0; i < palette.count; i++)
		for (unsigned k = 0; k < 3; k++)
			map[k][i] = (uint16_t)(palette.color[i][k] * 257);
	plan->stride = pixels->width;
	plan->bits = 8;
	plan->samples = 1;
	plan->photometric = PHOTOMETRIC_PALETTE;
	/* libtiff wants to know the depth before the map. */
	if (!TIFFSetField(writer->tiff, TIFFTAG_BITSPERSAMPLE, plan->bits) ||
	    !TIFFSetField(writer->tiff, TIFFTAG_COLORMAP, map[0], map[1],
			  map[2]))
		return -ERR_INTERNAL;
	return 0;
}

static bool set_tags(TIFF *tiff, const struct pixels *pixels,
		     const struct tiff_page *like, const struct plan *plan)
{
	bool turned = like->orientation >= 5;
	double x = turned ? like->density_y : like->density_x;
	double y = turned ? like->density_x : like->density_y;
	uint16_t extra = like->premultiplied ? EXTRASAMPLE_ASSOCALPHA
					     : EXTRASAMPLE_UNASSALPHA;
	bool set = true;

	set &= TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, pixels->width) != 0;
	set &= TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, pixels->height) != 0;
	set &= TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, plan->bits) != 0;
	set &= TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, plan->samples) != 0;
	set &= TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, plan->photometric) != 0;
	set &= TIFFSetField(tiff, TIFFTAG_COMPRESSION, plan->compression) != 0;
	set &=
	    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != 0;
	set &=
	    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, plan->rows_per_strip) != 0;
	if (plan->samples % 2 == 0)
		set &= TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra) != 0;
	if (plan->compression == COMPRESSION_JPEG) {
		set &= TIFFSetField(tiff, TIFFTAG_JPEGQUALITY,
				    (int)like->quality) != 0;
		set &= TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE,
				    JPEGCOLORMODE_RGB) != 0;
	} else if (plan->bits >= 8 &&
		   plan->photometric != PHOTOMETRIC_PALETTE) {
		set &= TIFFSetField(tiff, TIFFTAG_PREDICTOR,
				    PREDICTOR_HORIZONTAL) != 0;
	}
	if (x > 0 && y > 0) {
		set &= TIFFSetField(tiff, TIFFTAG_XRESOLUTION, x) != 0;
		set &= TIFFSetField(tiff, TIFFTAG_YRESOLUTION, y) != 0;
		set &= TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT,
				    (uint16_t)like->density_unit) != 0;
	}
	return set;
}

static bool is_bilevel(const struct pixels *pixels,
		       const struct tiff_page *like)
{
	return like->bits == 1 && like->samples == 1 && pixels->bands == 1 &&
	       pixels->depth == 8 &&
	       like->photometric != TIFF_PHOTOMETRIC_PALETTE;
}

int tiff_writer_page(struct tiff_writer *writer, struct pixels *pixels,
		     const struct tiff_page *like)
{
	struct plan plan = {.rows = pixels->data, .samples = 1};
	int error = 0;

	if (is_bilevel(pixels, like)) {
		pack_bits(pixels, &plan);
	} else {
		plan_direct(pixels, like, &plan);
		if (like->photometric == TIFF_PHOTOMETRIC_PALETTE)
			error = plan_palette(writer, pixels, &plan);
	}
	if (error == 0 && !set_tags(writer->tiff, pixels, like, &plan))
		error = -ERR_INTERNAL;
	for (uint32_t y = 0; error == 0 && y < pixels->height; y++) {
		union {
			const void *from;
			void *to;
		} row = {.from = plan.rows + plan.stride * y};

		if (TIFFWriteScanline(writer->tiff, row.to, y, 0) < 0)
			error = -ERR_INTERNAL;
	}
	if (error == 0 && !TIFFWriteDirectory(writer->tiff))
		error = -ERR_INTERNAL;
	return writer->full ? -ERR_LIMIT_OUTPUT : error;
}

int tiff_writer_finish(struct tiff_writer *writer, struct view *ret_file)
{
	TIFFClose(writer->tiff);
	writer->tiff = NULL;
	if (writer->full)
		return -ERR_LIMIT_OUTPUT;
	*ret_file = view_of(writer->data, writer->size);
	return 0;
}
