#include "sanitizers/pdf/stream.h"

#include "sanitizers/pdf/content.h"
#include "sanitizers/pdf/font.h"
#include "sanitizers/pdf/image.h"

#include "base/banned.h"

static const uint64_t decoded_max = 256 * 1024 * 1024;

enum { DEFLATE_MINIMUM = 64, PEEK_MAX = 16 * 1024 * 1024 };

void pdf_stream_free(struct pdf_stream *stream)
{
	buffer_free(&stream->raw);
	buffer_free(&stream->data);
}

/* Objects that only tell of the data are looked at, not copied. */
static int mark_parameters(struct pdf *pdf, qpdf_oh object)
{
	if (!qpdf_oh_is_indirect(pdf->qpdf, object))
		return 0;
	return pdf_mark_kept(pdf, object);
}

static int add_filter(struct pdf_stream *stream, qpdf_oh name,
		      qpdf_oh parameters)
{
	struct pdf *pdf = stream->pdf;
	enum pdf_filter filter = FILTER_UNKNOWN;

	if (qpdf_oh_is_name(pdf->qpdf, name))
		filter = filter_by_name(qpdf_oh_get_name(pdf->qpdf, name));
	if (filter == FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	if (mark_parameters(pdf, parameters) != 0)
		return -ERR_MEMORY;
	/* qpdf undoes it when it gives the bytes. */
	if (filter == FILTER_CRYPT) {
		/* It heeds the name only where the type, which may be left
		 * out, is there. */
		if (qpdf_oh_is_dictionary(pdf->qpdf, parameters))
			qpdf_oh_replace_key(
			    pdf->qpdf, parameters, "/Type",
			    qpdf_oh_new_name(pdf->qpdf,
					     "/CryptFilterDecodeParms"));
		pdf_note(pdf, REMOVAL_PDF_CRYPT_FILTER, "stream", "/Crypt");
		return 0;
	}
	if (stream->final != FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	stream->parameters = parameters;
	if (filter >= FILTER_CCITT) {
		stream->final = filter;
		return 0;
	}
	if (stream->count == STREAM_FILTERS_MAX)
		return -ERR_LIMIT_RATIO;
	/* Flate over Flate packs a million to one. */
	for (unsigned i = 0; i < stream->count; i++)
		if (stream->filters[i] == filter &&
		    filter != FILTER_ASCII_HEX && filter != FILTER_ASCII_85)
			return -ERR_LIMIT_RATIO;
	stream->predictors[stream->count] = (struct filter_parameters){
	    .predictor = pdf_integer(pdf, parameters, "/Predictor", 1),
	    .colors = pdf_integer(pdf, parameters, "/Colors", 1),
	    .bits = pdf_integer(pdf, parameters, "/BitsPerComponent", 8),
	    .columns = pdf_integer(pdf, parameters, "/Columns", 1),
	    .early_change =
		pdf_integer(pdf, parameters, "/EarlyChange", 1) != 0,
	};
	stream->filters[stream->count++] = filter;
	return 0;
}

static int load_filters(struct pdf_stream *stream)
{
	struct pdf *pdf = stream->pdf;
	qpdf_oh filter = pdf_key(pdf, stream->dictionary, "/Filter");
	qpdf_oh parameters = pdf_key(pdf, stream->dictionary, "/DecodeParms");
	int count;

	if (qpdf_oh_is_null(pdf->qpdf, filter))
		return 0;
	if (!qpdf_oh_is_array(pdf->qpdf, filter))
		return add_filter(stream, filter,
				  qpdf_oh_is_array(pdf->qpdf, parameters)
				      ? pdf_element(pdf, parameters, 0)
				      : parameters);
	count = qpdf_oh_get_array_n_items(pdf->qpdf, filter);
	for (int i = 0; i < count; i++) {
		qpdf_oh name = pdf_element(pdf, filter, i);
		qpdf_oh inner = parameters;
		int error;

		if (qpdf_oh_is_array(pdf->qpdf, parameters))
			inner = pdf_element(pdf, parameters, i);
		error = add_filter(stream, name, inner);
		if (error != 0)
			return error;
	}
	return 0;
}

int pdf_stream_load(struct pdf *pdf, qpdf_oh object,
		    struct pdf_stream *ret_stream)
{
	struct pdf_stream *stream = ret_stream;
	unsigned char *bytes = NULL;
	size_t size = 0;
	int error;

	*stream = (struct pdf_stream){.pdf = pdf};
	stream->data = buffer_make(decoded_max);
	stream->object = qpdf_oh_get_object_id(pdf->qpdf, object);
	stream->generation = qpdf_oh_get_generation(pdf->qpdf, object);
	stream->dictionary = qpdf_oh_get_dict(pdf->qpdf, object);
	stream->parameters = qpdf_oh_new_null(pdf->qpdf);
	error = load_filters(stream);
	if ((qpdf_oh_get_stream_data(pdf->qpdf, object, qpdf_dl_none, NULL,
				     &bytes, &size) &
	     QPDF_ERRORS) != 0) {
		bytes = NULL;
		stream->mended = true;
	}
	if (bytes == NULL)
		size = 0;
	stream->raw = (struct buffer){
	    .data = bytes, .size = size, .capacity = size, .maximum = size};
	if (error == 0)
		error = mark_parameters(
		    pdf, pdf_key(pdf, stream->dictionary, "/DecodeParms"));
	if (error == 0)
		error = mark_parameters(
		    pdf, pdf_key(pdf, stream->dictionary, "/Filter"));
	return error;
}

static int decode_step(struct pdf_stream *stream, unsigned step, uint64_t cap,
		       struct view in, struct buffer *out)
{
	struct job *job = stream->pdf->job;
	struct filter_result result;
	int error;

	error = filter_decode(job, stream->filters[step],
			      stream->predictors[step].early_change, in, cap,
			      out, &result);
	if (error != 0)
		return error;
	stream->size = result.size;
	if (!result.clean && stream->filters[step] == FILTER_FLATE)
		stream->mended = true;
	/* What follows the end of the packed data goes. */
	if (result.clean && stream->filters[step] == FILTER_FLATE &&
	    stream->count == 1 && stream->final == FILTER_UNKNOWN) {
		stream->keep_raw = true;
		stream->raw.size = result.consumed;
	}
	if (out != NULL && !filter_unpredict(out, &stream->predictors[step]))
		return -ERR_MALFORMED;
	return 0;
}

int pdf_stream_decode(struct pdf_stream *stream, uint64_t cap)
{
	if (cap > decoded_max)
		cap = decoded_max;
	if (stream->count == 0) {
		/* Nothing to unpack: data takes over the bytes. */
		buffer_free(&stream->data);
		stream->data = stream->raw;
		stream->raw = buffer_make(0);
		return 0;
	}
	for (unsigned i = 0; i < stream->count; i++) {
		struct buffer out = buffer_make(decoded_max);
		int error = decode_step(
		    stream, i, cap,
		    buffer_contents(i == 0 ? &stream->raw : &stream->data),
		    &out);

		buffer_free(&stream->data);
		stream->data = out;
		if (error != 0)
			return error;
	}
	return 0;
}

int pdf_stream_count(struct pdf_stream *stream, uint64_t cap)
{
	int error;

	if (stream->count != 1 || stream->filters[0] != FILTER_FLATE ||
	    stream->final != FILTER_UNKNOWN)
		return pdf_stream_decode(stream, cap);
	error =
	    decode_step(stream, 0, cap, buffer_contents(&stream->raw), NULL);
	if (error == 0 && !stream->keep_raw)
		error = pdf_stream_decode(stream, cap);
	return error;
}

struct view pdf_stream_peek(struct pdf *pdf, qpdf_oh object)
{
	STREAM_CLEANUP struct pdf_stream stream = {0};

	if (pdf_stream_load(pdf, object, &stream) != 0 ||
	    stream.final != FILTER_UNKNOWN ||
	    pdf_stream_decode(&stream, PEEK_MAX) != 0)
		return view_of(NULL, 0);
	return arena_copy(pdf->job->arena, buffer_contents(&stream.data));
}

int pdf_stream_write_data(struct pdf *pdf, struct buffer *keys,
			  struct view data, uint32_t number)
{
	BUFFER_CLEANUP struct buffer packed = buffer_make(decoded_max);
	int error;

	if (data.size >= DEFLATE_MINIMUM) {
		error = filter_deflate(data, &packed);
		if (error != 0)
			return error;
	}
	if (packed.size > 0 && packed.size < data.size) {
		buffer_text(keys, "/Filter/FlateDecode");
		data = buffer_contents(&packed);
	}
	error = buffer_error(keys);
	if (error == 0)
		error =
		    pdf_write_stream(pdf, number, buffer_contents(keys), data);
	return error;
}

int pdf_stream_write(struct pdf_stream *stream, struct buffer *keys,
		     uint32_t number)
{
	const struct filter_parameters *predictor = &stream->predictors[0];
	int error;

	if (stream->mended)
		pdf_note(stream->pdf, REMOVAL_PDF_STREAM_MENDED,
			 pdf_dictionary_name(stream->pdf->at_kind), "");
	if (!stream->keep_raw)
		return pdf_stream_write_data(
		    stream->pdf, keys, buffer_contents(&stream->data), number);
	buffer_text(keys, "/Filter/FlateDecode");
	if (predictor->predictor > 1)
		buffer_format(keys,
			      "/DecodeParms<</BitsPerComponent %lld/Colors %lld"
			      "/Columns %lld/Predictor %lld>>",
			      predictor->bits, predictor->colors,
			      predictor->columns, predictor->predictor);
	error = buffer_error(keys);
	if (error == 0)
		error =
		    pdf_write_stream(stream->pdf, number, buffer_contents(keys),
				     buffer_contents(&stream->raw));
	return error;
}

/* Data without a structure that is looked at: packed numbers, tables. */
static int write_plain(struct pdf_stream *stream, struct buffer *keys,
		       uint32_t number)
{
	int error;

	if (stream->final != FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	error = pdf_stream_count(stream, decoded_max);
	if (error == 0 && stream->keep_raw)
		error = job_check_ratio(stream->pdf->job, stream->raw.size,
					stream->size);
	if (error != 0)
		return error;
	return pdf_stream_write(stream, keys, number);
}

static int write_program(struct pdf_stream *stream, struct buffer *keys,
			 enum pdf_dictionary kind, uint32_t number)
{
	BUFFER_CLEANUP struct buffer clean = buffer_make(decoded_max);
	int error;
	bool changed;

	if (stream->final != FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	error = pdf_stream_decode(stream, decoded_max);
	if (error == 0 && stream->keep_raw)
		error = job_check_ratio(stream->pdf->job, stream->raw.size,
					stream->size);
	if (error == 0)
		error = pdf_clean_program(stream->pdf,
					  buffer_contents(&stream->data),
					  kind == PDF_CMAP, &clean, &changed);
	if (error != 0)
		return error;
	if (!changed)
		return pdf_stream_write(stream, keys, number);
	return pdf_stream_write_data(stream->pdf, keys, buffer_contents(&clean),
				     number);
}

/* Bad data costs this stream, not the document, unless it is a bomb. */
static bool is_fatal(int error)
{
	return error != 0 && error != -ERR_MALFORMED && error != -ERR_TRUNCATED;
}

static int write_data_of_kind(struct pdf_stream *stream, struct buffer *keys,
			      enum pdf_dictionary kind, uint32_t number)
{
	switch (kind) {
	case PDF_CONTENT:
	case PDF_FORM:
	case PDF_PATTERN:
	case PDF_CMAP:
		return write_program(stream, keys, kind, number);
	case PDF_FONT_FILE:
		return pdf_write_font(stream, keys, number);
	default:
		return write_plain(stream, keys, number);
	}
}

int pdf_write_stream_item(struct pdf *pdf, qpdf_oh object,
			  enum pdf_dictionary kind, uint32_t number)
{
	STREAM_CLEANUP struct pdf_stream stream = {0};
	BUFFER_CLEANUP struct buffer keys =
	    buffer_make(pdf->job->policy->limits.output_bytes);
	uint64_t emitted = pdf->job->emitted;
	size_t length;
	int error;

	if (kind == PDF_IMAGE)
		return pdf_write_image(pdf, object, number);
	error = pdf_copy_keys(pdf, &keys, object, kind);
	if (error != 0)
		return error;
	length = keys.size;
	error = pdf_stream_load(pdf, object, &stream);
	if (error == 0 && kind == PDF_PATTERN)
		error = pdf_note_tiling(pdf, stream.dictionary);
	if (error == 0)
		error = write_data_of_kind(&stream, &keys, kind, number);
	if (error == 0 || is_fatal(error) || pdf->job->emitted != emitted)
		return error;
	pdf_note(pdf, REMOVAL_PDF_STREAM_DROPPED, pdf_dictionary_name(kind),
		 "");
	keys.size = length;
	return pdf_write_stream(pdf, number, buffer_contents(&keys),
				view_of(NULL, 0));
}
