#include "sanitizers/pdf/image.h"

#include "base/banned.h"

enum { ROW_SLACK = 1, COMPONENTS_GUESS = 4 };

static const uint64_t image_slack = 1024 * 1024;
static const uint64_t packed_max = 256 * 1024 * 1024;

static int components_of_name(const char *name)
{
	static const struct {
		const char *name;
		int components;
	} names[] = {
	    {"/DeviceGray", 1}, {"/G", 1},          {"/CalGray", 1},
	    {"/DeviceRGB", 3},  {"/RGB", 3},        {"/CalRGB", 3},
	    {"/Lab", 3},        {"/DeviceCMYK", 4}, {"/CMYK", 4},
	    {"/Indexed", 1},    {"/I", 1},          {"/Separation", 1},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].components;
	return 0;
}

static int components_of(struct pdf *pdf, qpdf_oh space, bool *ret_indexed)
{
	qpdf_oh first = space;
	qpdf_oh second;
	const char *name;

	if (qpdf_oh_is_array(pdf->qpdf, space))
		first = pdf_element(pdf, space, 0);
	if (!qpdf_oh_is_name(pdf->qpdf, first))
		return 0;
	name = qpdf_oh_get_name(pdf->qpdf, first);
	*ret_indexed = strcmp(name, "/Indexed") == 0 || strcmp(name, "/I") == 0;
	if (first == space ||
	    (strcmp(name, "/ICCBased") != 0 && strcmp(name, "/DeviceN") != 0))
		return components_of_name(name);
	second = pdf_element(pdf, space, 1);
	if (qpdf_oh_is_array(pdf->qpdf, second))
		return qpdf_oh_get_array_n_items(pdf->qpdf, second);
	return (int)pdf_integer(pdf, pdf_dictionary(pdf, second), "/N", 0);
}

/* What the samples may take up; a picture that unpacks to much more than its
 * size asks for is a bomb. */
static uint64_t samples_max(const struct pdf_picture *picture)
{
	uint64_t bits = picture->bits > 0 ? (uint64_t)picture->bits : 8;
	uint64_t components = picture->components > 0
				  ? (uint64_t)picture->components
				  : COMPONENTS_GUESS;
	uint64_t row =
	    ((uint64_t)picture->width * bits * components + 7) / 8 + ROW_SLACK;

	return row * (uint64_t)picture->height * 2 + image_slack;
}

static int look_at(struct pdf_picture *picture)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh dictionary = picture->stream->dictionary;
	qpdf_oh mask = pdf_key(pdf, dictionary, "/ImageMask");

	picture->width = pdf_integer(pdf, dictionary, "/Width", 0);
	picture->height = pdf_integer(pdf, dictionary, "/Height", 0);
	picture->bits = pdf_integer(pdf, dictionary, "/BitsPerComponent", 0);
	picture->components = components_of(
	    pdf, pdf_key(pdf, dictionary, "/ColorSpace"), &picture->indexed);
	if (qpdf_oh_is_bool(pdf->qpdf, mask) &&
	    qpdf_oh_get_bool_value(pdf->qpdf, mask)) {
		picture->components = 1;
		picture->bits = 1;
	}
	if (picture->width <= 0 || picture->height <= 0 || picture->bits < 0 ||
	    picture->bits > 16 || picture->components < 0 ||
	    picture->components > 32)
		return -ERR_MALFORMED;
	if (picture->width > INT32_MAX || picture->height > INT32_MAX ||
	    (uint64_t)picture->width * (uint64_t)picture->height >
		pdf->job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	return 0;
}

static int repack(struct pdf_picture *picture)
{
	struct pdf_stream *stream = picture->stream;
	struct view in;
	int error = pdf_stream_decode(stream, packed_max);

	if (error != 0)
		return error;
	in = buffer_contents(&stream->data);
	switch (stream->final) {
	case FILTER_DCT:
		return pdf_repack_jpeg(picture, in);
	case FILTER_JPX:
		return pdf_repack_jpx(picture, in);
	case FILTER_CCITT:
		return pdf_repack_fax(picture, in);
	case FILTER_JBIG2:
		return pdf_repack_jbig2(picture, in);
	default:
		return -ERR_INTERNAL;
	}
}

static int write_samples(struct pdf_picture *picture, qpdf_oh object,
			 uint32_t number)
{
	BUFFER_CLEANUP struct buffer keys = buffer_make(packed_max);
	int error = pdf_stream_count(picture->stream, samples_max(picture));

	if (error == 0)
		error = pdf_copy_keys(picture->pdf, &keys, object, PDF_IMAGE);
	if (error == 0)
		error = pdf_stream_write(picture->stream, &keys, number);
	return error;
}

static int write_picture(struct pdf_picture *picture, qpdf_oh object,
			 uint32_t number)
{
	struct pdf *pdf = picture->pdf;
	BUFFER_CLEANUP struct buffer keys = buffer_make(packed_max);
	int error = look_at(picture);

	if (error != 0)
		return error;
	if (picture->stream->final == FILTER_UNKNOWN)
		return write_samples(picture, object, number);
	error = repack(picture);
	if (error != 0)
		return error;
	error = pdf_copy_keys(pdf, &keys, object, PDF_IMAGE);
	buffer_view(&keys, buffer_contents(&picture->keys));
	if (error == 0)
		error = buffer_error(&picture->keys);
	if (error == 0)
		error = buffer_error(&keys);
	if (error == 0)
		error = pdf_write_stream(pdf, number, buffer_contents(&keys),
					 buffer_contents(&picture->data));
	return error;
}

void pdf_set_geometry(struct pdf_picture *picture, unsigned width,
		      unsigned height, const char *colours)
{
	qpdf_data qpdf = picture->pdf->qpdf;
	qpdf_oh dictionary = picture->stream->dictionary;

	qpdf_oh_replace_key(qpdf, dictionary, "/Width",
			    qpdf_oh_new_integer(qpdf, width));
	qpdf_oh_replace_key(qpdf, dictionary, "/Height",
			    qpdf_oh_new_integer(qpdf, height));
	qpdf_oh_replace_key(qpdf, dictionary, "/BitsPerComponent",
			    qpdf_oh_new_integer(qpdf, 8));
	qpdf_oh_remove_key(qpdf, dictionary, "/SMaskInData");
	if (colours != NULL)
		qpdf_oh_replace_key(qpdf, dictionary, "/ColorSpace",
				    qpdf_oh_new_name(qpdf, colours));
}

/* One white or, as a mask, transparent sample. */
static int write_empty(struct pdf_picture *picture, uint32_t number)
{
	static const char image[] =
	    "/BitsPerComponent 8/ColorSpace/DeviceGray/Height 1"
	    "/Subtype/Image/Type/XObject/Width 1";
	static const char mask[] = "/BitsPerComponent 1/Height 1/ImageMask true"
				   "/Subtype/Image/Type/XObject/Width 1";
	qpdf_oh is_mask =
	    pdf_key(picture->pdf, picture->stream->dictionary, "/ImageMask");

	return pdf_write_stream(
	    picture->pdf, number,
	    view_of_string(
		qpdf_oh_is_bool(picture->pdf->qpdf, is_mask) ? mask : image),
	    view_of("\377", 1));
}

static const char *label(enum pdf_filter filter)
{
	switch (filter) {
	case FILTER_DCT:
		return "DCTDecode";
	case FILTER_JPX:
		return "JPXDecode";
	case FILTER_CCITT:
		return "CCITTFaxDecode";
	case FILTER_JBIG2:
		return "JBIG2Decode";
	default:
		return "";
	}
}

int pdf_write_image(struct pdf *pdf, qpdf_oh object, uint32_t number)
{
	STREAM_CLEANUP struct pdf_stream stream = {0};
	struct pdf_picture picture = {.pdf = pdf, .stream = &stream};
	uint64_t emitted = pdf->job->emitted;
	int error;

	picture.keys = buffer_make(4096);
	picture.data = buffer_make(packed_max);
	error = pdf_stream_load(pdf, object, &stream);
	if (error == 0)
		error = write_picture(&picture, object, number);
	if (error == -ERR_MALFORMED && pdf->job->emitted == emitted) {
		pdf_note(pdf, REMOVAL_PDF_IMAGE_DROPPED, "image",
			 label(stream.final));
		error = write_empty(&picture, number);
	}
	buffer_free(&picture.keys);
	buffer_free(&picture.data);
	return error;
}
