/*
 * CCITT fax (CCITTFaxDecode): read line by line in whatever coding, and
 * written as group 4.
 */
#include "sanitizers/pdf/image.h"

#include "sanitizers/pdf/fax_code.h"

#include "base/banned.h"

enum { SIDE_MAX = 65535, COLUMNS_DEFAULT = 1728 };

static bool flag(struct pdf_picture *picture, const char *key)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh value = pdf_key(pdf, picture->stream->parameters, key);

	return qpdf_oh_is_bool(pdf->qpdf, value) &&
	       qpdf_oh_get_bool_value(pdf->qpdf, value);
}

/* As many lines as the picture has; what is missing is white. */
static int transcode(struct pdf_picture *picture, struct fax_reader *reader,
		     struct fax_writer *writer)
{
	static const struct fax_line white;
	const struct fax_line *line;
	bool more = true;
	int error = 0;

	for (long long y = 0; y < picture->height && error == 0; y++) {
		if (more && !fax_read_line(reader, &line))
			more = false;
		/* Not one line of it could be read. */
		if (y == 0 && (!more || (reader->damaged && line->count == 0)))
			return -ERR_MALFORMED;
		fax_write_line(writer, more ? line : &white);
		error = job_charge(picture->pdf->job,
				   reader->options.columns / 8 + 1);
	}
	fax_write_end(writer);
	if (error == 0)
		error = buffer_error(&picture->data);
	return error;
}

int pdf_repack_fax(struct pdf_picture *picture, struct view in)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh parameters = picture->stream->parameters;
	long long k = pdf_integer(pdf, parameters, "/K", 0);
	long long columns =
	    pdf_integer(pdf, parameters, "/Columns", COLUMNS_DEFAULT);
	struct fax_options options = {
	    .k = k < 0 ? -1 : k > 0,
	    .byte_align = flag(picture, "/EncodedByteAlign"),
	};
	struct fax_reader reader;
	struct fax_writer writer;
	int error;

	if (columns < 1 || columns > SIDE_MAX || picture->height > SIDE_MAX)
		return -ERR_MALFORMED;
	options.columns = (uint32_t)columns;
	error = fax_reader_open(&reader, pdf->job->arena, in, &options);
	if (error == 0)
		error = fax_writer_open(&writer, pdf->job->arena,
					options.columns, &picture->data);
	if (error == 0)
		error = transcode(picture, &reader, &writer);
	if (error != 0)
		return error;
	if (reader.damaged)
		pdf_note(pdf, REMOVAL_PDF_STREAM_MENDED,
			 pdf_dictionary_name(PDF_IMAGE), "CCITTFaxDecode");
	pdf_write_fax_keys(picture, options.columns,
			   flag(picture, "/BlackIs1"));
	return buffer_error(&picture->keys);
}

void pdf_write_fax_keys(struct pdf_picture *picture, uint32_t columns,
			bool black_is_one)
{
	buffer_format(&picture->keys,
		      "/Filter/CCITTFaxDecode/DecodeParms<</BlackIs1 %s"
		      "/Columns %u/K -1/Rows %lld>>",
		      black_is_one ? "true" : "false", columns,
		      picture->height);
}
