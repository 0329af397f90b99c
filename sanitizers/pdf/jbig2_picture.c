/*
 * JBIG2 (JBIG2Decode): decoded, and written as group 4 or with Flate, so that
 * nothing of what the sender coded reaches the viewer's decoder.
 */
#include "sanitizers/pdf/image.h"
#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { SIDE_MAX = 65535, TIGHT = 4 };

static int load_globals(struct pdf_picture *picture, struct pdf_stream *stream)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh globals =
	    pdf_key(pdf, picture->stream->parameters, "/JBIG2Globals");
	int error;

	if (!qpdf_oh_is_stream(pdf->qpdf, globals))
		return 0;
	error = qpdf_oh_is_indirect(pdf->qpdf, globals)
		    ? pdf_mark_kept(pdf, globals)
		    : 0;
	if (error == 0)
		error = pdf_stream_load(pdf, globals, stream);
	if (error == 0 && stream->final != FILTER_UNKNOWN)
		error = -ERR_MALFORMED;
	if (error == 0)
		error = pdf_stream_decode(stream, UINT32_MAX);
	return error;
}

/* The changes of colour in a line of the page; white where it has none. */
static void find_changes(const struct bitmap *page, uint32_t y, uint32_t width,
			 struct fax_line *line)
{
	uint8_t colour = 0;
	const uint8_t *row = page->pixels + (size_t)y * page->width;

	line->count = 0;
	if (y >= page->height)
		return;
	for (uint32_t x = 0; x < width; x++) {
		uint8_t pixel = x < page->width ? row[x] : 0;

		if (pixel != colour)
			line->at[line->count++] = x;
		colour = pixel;
	}
}

static int write_fax(struct pdf_picture *picture, const struct bitmap *page,
		     uint32_t width, uint32_t height)
{
	struct arena *arena = picture->pdf->job->arena;
	struct fax_line line = {
	    .at = arena_array(arena, (size_t)width + 4, sizeof(*line.at))};
	struct fax_writer writer;
	int error = fax_writer_open(&writer, arena, width, &picture->data);

	if (error != 0 || line.at == NULL)
		return -ERR_MEMORY;
	for (uint32_t y = 0; y < height; y++) {
		find_changes(page, y, width, &line);
		fax_write_line(&writer, &line);
	}
	fax_write_end(&writer);
	return buffer_error(&picture->data);
}

/* White is 1. */
static int write_bits(struct pdf_picture *picture, const struct bitmap *page,
		      uint32_t width, uint32_t height, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer bits = buffer_make(picture->data.maximum);

	for (uint32_t y = 0; y < height; y++) {
		size_t start = bits.size;

		buffer_fill(&bits, 0xff, (width + 7) / 8);
		if (buffer_error(&bits) != 0)
			return buffer_error(&bits);
		for (uint32_t x = 0; x < width; x++)
			if (bitmap_pixel(page, x, y))
				bits.data[start + x / 8] &=
				    (uint8_t) ~(0x80U >> (x % 8));
	}
	return filter_deflate(buffer_contents(&bits), out);
}

static int write_page(struct pdf_picture *picture, const struct bitmap *page)
{
	qpdf_data qpdf = picture->pdf->qpdf;
	const uint32_t width = (uint32_t)picture->width;
	const uint32_t height = (uint32_t)picture->height;
	BUFFER_CLEANUP struct buffer flate = buffer_make(picture->data.maximum);
	int error = write_fax(picture, page, width, height);

	/* Screened pictures are what group 4 is bad at. */
	if (error == 0 &&
	    picture->data.size > (uint64_t)width * height / 8 / TIGHT)
		error = write_bits(picture, page, width, height, &flate);
	if (error != 0)
		return error;
	qpdf_oh_replace_key(qpdf, picture->stream->dictionary,
			    "/BitsPerComponent", qpdf_oh_new_integer(qpdf, 1));
	if (flate.size > 0 && flate.size < picture->data.size) {
		picture->data.size = 0;
		buffer_view(&picture->data, buffer_contents(&flate));
		buffer_text(&picture->keys, "/Filter/FlateDecode");
	} else {
		pdf_write_fax_keys(picture, width, false);
	}
	error = buffer_error(&picture->data);
	return error != 0 ? error : buffer_error(&picture->keys);
}

int pdf_repack_jbig2(struct pdf_picture *picture, struct view in)
{
	struct pdf *pdf = picture->pdf;
	STREAM_CLEANUP struct pdf_stream globals = {0};
	struct bitmap *page = NULL;
	bool damaged = false;
	int error;

	if (picture->width > SIDE_MAX || picture->height > SIDE_MAX)
		return -ERR_LIMIT_PIXELS;
	error = load_globals(picture, &globals);
	if (error == 0)
		error =
		    jbig2_decode(pdf->job, buffer_contents(&globals.data), in,
				 (uint32_t)picture->height, &page, &damaged);
	if (error == 0)
		error = write_page(picture, page);
	if (error == 0 && damaged)
		pdf_note(pdf, REMOVAL_PDF_STREAM_MENDED,
			 pdf_dictionary_name(PDF_IMAGE), "JBIG2Decode");
	return error;
}
