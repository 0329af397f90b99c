/*
 * JPEG 2000 (JPXDecode): decoded by OpenJPEG; photographs and scans are
 * written as JPEG, what must stay exact (palettes, more colours) with Flate.
 */
#include "sanitizers/pdf/image.h"

#include <openjpeg.h>

#include "base/banned.h"

enum { COMPONENTS_MAX = 8, EIGHT_BITS = 8, FLATE_BELOW = 4096 };

struct source {
	struct view view;
	size_t at;
};

static OPJ_SIZE_T read_bytes(void *to, OPJ_SIZE_T size, void *data)
{
	struct source *source = data;
	uint8_t *bytes = to;
	size_t left = source->view.size - source->at;

	if (left == 0)
		return (OPJ_SIZE_T)-1;
	if (size > left)
		size = left;
	for (size_t i = 0; i < size; i++)
		bytes[i] = source->view.data[source->at + i];
	source->at += size;
	return size;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T size, void *data)
{
	struct source *source = data;
	size_t left = source->view.size - source->at;

	if (size < 0)
		return -1;
	if ((size_t)size > left)
		size = (OPJ_OFF_T)left;
	source->at += (size_t)size;
	return size;
}

static OPJ_BOOL seek_bytes(OPJ_OFF_T offset, void *data)
{
	struct source *source = data;

	if (offset < 0 || (size_t)offset > source->view.size)
		return OPJ_FALSE;
	source->at = (size_t)offset;
	return OPJ_TRUE;
}

static opj_stream_t *open_stream(struct source *source)
{
	opj_stream_t *stream = opj_stream_create(64 * 1024, OPJ_TRUE);

	if (stream == NULL)
		return NULL;
	opj_stream_set_user_data(stream, source, NULL);
	opj_stream_set_user_data_length(stream, source->view.size);
	opj_stream_set_read_function(stream, read_bytes);
	opj_stream_set_skip_function(stream, skip_bytes);
	opj_stream_set_seek_function(stream, seek_bytes);
	return stream;
}

/* Sizes are looked at before anything is decoded. */
static int check_header(struct pdf_picture *picture, const opj_image_t *image)
{
	uint64_t width = (uint64_t)image->x1 - image->x0;
	uint64_t height = (uint64_t)image->y1 - image->y0;
	uint64_t pixels;

	if (image->x1 <= image->x0 || image->y1 <= image->y0 ||
	    image->numcomps < 1 || image->numcomps > COMPONENTS_MAX)
		return -ERR_MALFORMED;
	if (__builtin_mul_overflow(width, height, &pixels) ||
	    pixels > picture->pdf->job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	return job_charge(picture->pdf->job, pixels * image->numcomps * 4);
}

static int decode(struct pdf_picture *picture, struct view in,
		  opj_image_t **ret_image)
{
	struct source source = {.view = in};
	bool is_file = in.size > 12 && in.data[0] == 0;
	opj_codec_t *codec =
	    opj_create_decompress(is_file ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
	opj_stream_t *stream = open_stream(&source);
	opj_dparameters_t parameters;
	int error = -ERR_MALFORMED;

	opj_set_default_decoder_parameters(&parameters);
	if (picture->indexed)
		parameters.flags |= OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG;
	if (codec != NULL && stream != NULL &&
	    opj_setup_decoder(codec, &parameters) &&
	    opj_decoder_set_strict_mode(codec, OPJ_FALSE) &&
	    opj_read_header(stream, codec, ret_image))
		error = check_header(picture, *ret_image);
	if (error == 0 && !opj_decode(codec, stream, *ret_image))
		error = -ERR_MALFORMED;
	if (stream != NULL)
		opj_stream_destroy(stream);
	if (codec != NULL)
		opj_destroy_codec(codec);
	return error;
}

static uint8_t to_byte(const opj_image_comp_t *component, OPJ_INT32 value,
		       bool exact)
{
	int precision = (int)component->prec;

	if (component->sgnd)
		value += 1 << (precision - 1);
	if (value < 0)
		value = 0;
	if (precision > EIGHT_BITS)
		value >>= precision - EIGHT_BITS;
	else if (precision < EIGHT_BITS && !exact)
		value = value * 255 / ((1 << precision) - 1);
	return value > 255 ? 255 : (uint8_t)value;
}

static int component_value(const opj_image_comp_t *component, unsigned x,
			   unsigned y)
{
	unsigned at_x = x / (component->dx == 0 ? 1 : component->dx);
	unsigned at_y = y / (component->dy == 0 ? 1 : component->dy);

	if (component->w == 0 || component->h == 0 || component->data == NULL)
		return 0;
	if (at_x >= component->w)
		at_x = component->w - 1;
	if (at_y >= component->h)
		at_y = component->h - 1;
	return component->data[(size_t)at_y * component->w + at_x];
}

static uint8_t clamp(double value)
{
	if (value < 0)
		return 0;
	/* Never negative here. NOLINTNEXTLINE(bugprone-incorrect-roundings) */
	return value > 255 ? 255 : (uint8_t)(value + 0.5);
}

static void to_rgb(uint8_t *sample)
{
	double y = sample[0];
	double cb = sample[1] - 128.0;
	double cr = sample[2] - 128.0;

	sample[0] = clamp(y + 1.402 * cr);
	sample[1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
	sample[2] = clamp(y + 1.772 * cb);
}

static int interleave(const opj_image_t *image, int components, bool indexed,
		      unsigned width, unsigned height, struct buffer *out)
{
	bool sycc = image->color_space == OPJ_CLRSPC_SYCC && components == 3;
	size_t size = (size_t)width * height * (size_t)components;
	uint8_t *sample;

	buffer_fill(out, 0, size);
	if (buffer_error(out) != 0)
		return buffer_error(out);
	sample = out->data;
	for (int c = 0; c < components; c++)
		if (image->comps[c].prec < 1 || image->comps[c].prec > 31)
			return -ERR_MALFORMED;
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++) {
			for (int c = 0; c < components; c++)
				sample[c] = to_byte(
				    &image->comps[c],
				    component_value(&image->comps[c], x, y),
				    indexed);
			if (sycc)
				to_rgb(sample);
			sample += components;
		}
	return 0;
}

static int write_image(struct pdf_picture *picture, const opj_image_t *image)
{
	BUFFER_CLEANUP struct buffer samples =
	    buffer_make(picture->data.maximum * 2);
	unsigned width = image->x1 - image->x0;
	unsigned height = image->y1 - image->y0;
	int components = picture->components;
	const char *colours = NULL;
	int error;

	if (components == 0) {
		components = image->numcomps >= 3 ? 3 : 1;
		colours = components == 3 ? "/DeviceRGB" : "/DeviceGray";
	}
	if (components > (int)image->numcomps)
		return -ERR_MALFORMED;
	error = interleave(image, components, picture->indexed, width, height,
			   &samples);
	if (error != 0)
		return error;
	pdf_set_geometry(picture, width, height, colours);
	if (!picture->indexed && (components == 1 || components == 3) &&
	    samples.size >= FLATE_BELOW) {
		buffer_text(&picture->keys, "/Filter/DCTDecode");
		return pdf_pack_jpeg(picture, buffer_contents(&samples), width,
				     height, components);
	}
	buffer_text(&picture->keys, "/Filter/FlateDecode");
	return filter_deflate(buffer_contents(&samples), &picture->data);
}

int pdf_repack_jpx(struct pdf_picture *picture, struct view in)
{
	opj_image_t *image = NULL;
	int error = decode(picture, in, &image);

	if (error == 0)
		error = write_image(picture, image);
	if (image != NULL)
		opj_image_destroy(image);
	return error;
}
