/*
 * CCITT fax (CCITTFaxDecode): decoded by libtiff from a TIFF made around it
 * in memory, and written as group 4.
 */
#include "sanitizers/pdf/image.h"

#include <tiffio.h>

#include "base/banned.h"

enum { TIFF_HEADER = 8, TIFF_ENTRIES = 11, SIDE_MAX = 65535 };

/* A file in memory, for libtiff. */
struct tape {
	struct buffer bytes;
	uint64_t at;
};

static tmsize_t tape_read(thandle_t handle, void *to, tmsize_t size)
{
	struct tape *tape = handle;
	uint8_t *bytes = to;
	tmsize_t done = 0;

	while (done < size && tape->at < tape->bytes.size)
		bytes[done++] = tape->bytes.data[tape->at++];
	return done;
}

static tmsize_t tape_write(thandle_t handle, void *from, tmsize_t size)
{
	struct tape *tape = handle;
	const uint8_t *bytes = from;

	for (tmsize_t i = 0; i < size; i++, tape->at++) {
		if (tape->at < tape->bytes.size)
			tape->bytes.data[tape->at] = bytes[i];
		else
			buffer_u8(&tape->bytes, bytes[i]);
	}
	return buffer_error(&tape->bytes) == 0 ? size : -1;
}

static toff_t tape_seek(thandle_t handle, toff_t offset, int whence)
{
	struct tape *tape = handle;

	if (whence == SEEK_CUR)
		offset += tape->at;
	else if (whence == SEEK_END)
		offset += tape->bytes.size;
	if (offset > tape->bytes.size && offset < UINT32_MAX)
		buffer_fill(&tape->bytes, 0, offset - tape->bytes.size);
	tape->at = offset;
	return offset;
}

static toff_t tape_size(thandle_t handle)
{
	const struct tape *tape = handle;

	return tape->bytes.size;
}

static int tape_close(thandle_t handle)
{
	(void)handle;
	return 0;
}

static TIFF *tape_open(struct tape *tape, const char *mode)
{
	(void)TIFFSetErrorHandler(NULL);
	(void)TIFFSetWarningHandler(NULL);
	return TIFFClientOpen("fax", mode, tape, tape_read, tape_write,
			      tape_seek, tape_close, tape_size, NULL, NULL);
}

static void put_entry(struct buffer *out, uint16_t tag, uint32_t value)
{
	buffer_u16le(out, tag);
	buffer_u16le(out, 4);
	buffer_u32le(out, 1);
	buffer_u32le(out, value);
}

static void wrap(struct buffer *out, struct view in, uint32_t width,
		 uint32_t height, uint32_t compression, uint32_t options)
{
	uint32_t data = TIFF_HEADER + 2 + TIFF_ENTRIES * 12 + 4;

	buffer_text(out, "II*");
	buffer_u8(out, 0);
	buffer_u32le(out, TIFF_HEADER);
	buffer_u16le(out, TIFF_ENTRIES);
	put_entry(out, TIFFTAG_IMAGEWIDTH, width);
	put_entry(out, TIFFTAG_IMAGELENGTH, height);
	put_entry(out, TIFFTAG_BITSPERSAMPLE, 1);
	put_entry(out, TIFFTAG_COMPRESSION, compression);
	put_entry(out, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	put_entry(out, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
	put_entry(out, TIFFTAG_STRIPOFFSETS, data);
	put_entry(out, TIFFTAG_SAMPLESPERPIXEL, 1);
	put_entry(out, TIFFTAG_ROWSPERSTRIP, height);
	put_entry(out, TIFFTAG_STRIPBYTECOUNTS, (uint32_t)in.size);
	put_entry(out,
		  compression == COMPRESSION_CCITTFAX4 ? TIFFTAG_GROUP4OPTIONS
						       : TIFFTAG_GROUP3OPTIONS,
		  options);
	buffer_u32le(out, 0);
	buffer_view(out, in);
}

static bool decode(struct tape *tape, uint8_t *bits, size_t size)
{
	TIFF *tiff = tape_open(tape, "rm");
	bool done;

	if (tiff == NULL)
		return false;
	/* Damaged lines are white; the rest of the picture stays. */
	done = TIFFReadEncodedStrip(tiff, 0, bits, (tmsize_t)size) >= 0;
	TIFFClose(tiff);
	return done;
}

static int encode(struct pdf_picture *picture, uint8_t *bits, size_t size,
		  uint32_t width, uint32_t height)
{
	struct tape tape = {.bytes = buffer_make(picture->data.maximum)};
	TIFF *tiff = tape_open(&tape, "wm");
	uint32_t *strip_size = NULL;
	bool written = false;
	uint64_t start = TIFF_HEADER;

	(void)strip_size;
	if (tiff == NULL)
		return -ERR_MEMORY;
	TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
	TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
	TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
	TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
	TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
	TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
	TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
	TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
	if (TIFFWriteEncodedStrip(tiff, 0, bits, (tmsize_t)size) >= 0 &&
	    TIFFFlushData(tiff)) {
		uint64_t length = TIFFGetStrileByteCount(tiff, 0);

		start = TIFFGetStrileOffset(tiff, 0);
		buffer_view(
		    &picture->data,
		    view_slice(buffer_contents(&tape.bytes), start, length));
		written = true;
	}
	TIFFClose(tiff);
	buffer_free(&tape.bytes);
	return written ? buffer_error(&picture->data) : -ERR_MALFORMED;
}

static bool flag(struct pdf_picture *picture, const char *key)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh value = pdf_key(pdf, picture->stream->parameters, key);

	return qpdf_oh_is_bool(pdf->qpdf, value) &&
	       qpdf_oh_get_bool_value(pdf->qpdf, value);
}

int pdf_repack_fax(struct pdf_picture *picture, struct view in)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh parameters = picture->stream->parameters;
	long long k = pdf_integer(pdf, parameters, "/K", 0);
	long long columns = pdf_integer(pdf, parameters, "/Columns", 1728);
	uint32_t compression =
	    k < 0 ? COMPRESSION_CCITTFAX4 : COMPRESSION_CCITTFAX3;
	struct tape tape = {.bytes = buffer_make(in.size + 4096)};
	size_t size;
	uint8_t *bits;
	int error;

	if (columns < 1 || columns > SIDE_MAX || picture->height > SIDE_MAX)
		return -ERR_MALFORMED;
	if (k == 0 && !flag(picture, "/EndOfLine") &&
	    flag(picture, "/EncodedByteAlign"))
		compression = COMPRESSION_CCITTRLE;
	size = (size_t)((columns + 7) / 8 * picture->height);
	error = job_charge(pdf->job, size);
	bits = arena_alloc(pdf->job->arena, size);
	if (error == 0 && bits == NULL)
		error = -ERR_MEMORY;
	if (error != 0)
		return error;
	wrap(&tape.bytes, in, (uint32_t)columns, (uint32_t)picture->height,
	     compression, k > 0 ? GROUP3OPT_2DENCODING : 0);
	if (!decode(&tape, bits, size))
		error = -ERR_MALFORMED;
	buffer_free(&tape.bytes);
	if (error == 0)
		error = encode(picture, bits, size, (uint32_t)columns,
			       (uint32_t)picture->height);
	buffer_format(&picture->keys,
		      "/Filter/CCITTFaxDecode/DecodeParms<</BlackIs1 %s"
		      "/Columns %lld/K -1/Rows %lld>>",
		      flag(picture, "/BlackIs1") ? "true" : "false", columns,
		      picture->height);
	return error;
}
