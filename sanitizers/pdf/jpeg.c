/*
 * JPEG (DCTDecode): the coefficients are read and written anew without loss,
 * so that the whole stream was parsed and no marker but those of the picture
 * itself remains; or, by policy, the samples are.
 */
#include "sanitizers/pdf/image.h"

#include <stdio.h>

#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>

#include "base/banned.h"

enum { SCANS_MAX = 200, QUALITY = 90 };

struct errors {
	struct jpeg_error_mgr manager;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
};

static struct errors *errors_of(struct jpeg_error_mgr *manager)
{
	return (struct errors *)(void *)manager;
}

static void on_error(j_common_ptr info)
{
	longjmp(errors_of(info->err)->back, 1);
}

static void on_message(j_common_ptr info)
{
	(void)info;
}

/* Every scan of a progressive picture costs a pass over all of it. */
static void on_progress(j_common_ptr info)
{
	if (info->is_decompressor &&
	    ((j_decompress_ptr)info)->input_scan_number > SCANS_MAX)
		on_error(info);
}

/* `errors` lives as long as what it is set for: destroying may raise too. */
static void set_errors(struct errors *errors)
{
	*errors = (struct errors){0};
	(void)jpeg_std_error(&errors->manager);
	errors->manager.error_exit = on_error;
	errors->manager.output_message = on_message;
	errors->progress.progress_monitor = on_progress;
}

static int check_size(const struct pdf_picture *picture,
		      const struct jpeg_decompress_struct *in)
{
	uint64_t pixels = (uint64_t)in->image_width * in->image_height;

	if (pixels > picture->pdf->job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	return job_charge(picture->pdf->job,
			  pixels * (uint64_t)in->num_components);
}

/* Everything between the two setjmp() uses nothing that a longjmp() loses. */
static int transcode(struct pdf_picture *picture, struct view view,
		     struct jpeg_decompress_struct *in,
		     struct jpeg_compress_struct *out, unsigned char **packed,
		     unsigned long *size)
{
	struct errors *errors = errors_of(in->err);
	jvirt_barray_ptr *coefficients;
	int error;

	if (setjmp(errors->back) != 0)
		return -ERR_MALFORMED;
	jpeg_create_decompress(in);
	jpeg_create_compress(out);
	in->progress = &errors->progress;
	jpeg_mem_src(in, view.data, view.size);
	(void)jpeg_read_header(in, TRUE);
	error = check_size(picture, in);
	if (error != 0)
		return error;
	coefficients = jpeg_read_coefficients(in);
	jpeg_copy_critical_parameters(in, out);
	/* The marker says whether the colours are transformed; a viewer goes
	 * by it, so it is there when it was there. */
	out->write_Adobe_marker = in->saw_Adobe_marker;
	out->write_JFIF_header = FALSE;
	out->optimize_coding = TRUE;
	jpeg_mem_dest(out, packed, size);
	jpeg_write_coefficients(out, coefficients);
	jpeg_finish_compress(out);
	return 0;
}

/* By policy the samples are decoded and encoded anew, as they are: without
 * turning them into other colours. */
static int reencode(struct pdf_picture *picture, struct view view,
		    struct jpeg_decompress_struct *in,
		    struct jpeg_compress_struct *out, unsigned char **packed,
		    unsigned long *size)
{
	struct errors *errors = errors_of(in->err);
	JSAMPARRAY line;
	int error;

	if (setjmp(errors->back) != 0)
		return -ERR_MALFORMED;
	jpeg_create_decompress(in);
	jpeg_create_compress(out);
	in->progress = &errors->progress;
	jpeg_mem_src(in, view.data, view.size);
	(void)jpeg_read_header(in, TRUE);
	error = check_size(picture, in);
	if (error != 0)
		return error;
	in->out_color_space = in->jpeg_color_space;
	(void)jpeg_start_decompress(in);
	jpeg_mem_dest(out, packed, size);
	out->image_width = in->output_width;
	out->image_height = in->output_height;
	out->input_components = in->output_components;
	out->in_color_space = in->out_color_space;
	jpeg_set_defaults(out);
	jpeg_set_colorspace(out, in->jpeg_color_space);
	jpeg_set_quality(out, QUALITY, TRUE);
	out->write_Adobe_marker = in->saw_Adobe_marker;
	out->write_JFIF_header = FALSE;
	out->optimize_coding = TRUE;
	jpeg_start_compress(out, TRUE);
	line = in->mem->alloc_sarray(
	    (j_common_ptr)in, JPOOL_IMAGE,
	    in->output_width * (unsigned)in->output_components, 1);
	while (in->output_scanline < in->output_height) {
		(void)jpeg_read_scanlines(in, line, 1);
		(void)jpeg_write_scanlines(out, line, 1);
	}
	jpeg_finish_compress(out);
	return 0;
}

static int keep_colour_transform(struct pdf_picture *picture)
{
	long long transform = pdf_integer(
	    picture->pdf, picture->stream->parameters, "/ColorTransform", -1);

	if (transform == 0 || transform == 1)
		buffer_format(&picture->keys,
			      "/DecodeParms<</ColorTransform %lld>>",
			      transform);
	return buffer_error(&picture->keys);
}

int pdf_repack_jpeg(struct pdf_picture *picture, struct view in)
{
	struct errors errors;
	struct jpeg_decompress_struct decompress = {.err = &errors.manager};
	struct jpeg_compress_struct compress = {.err = &errors.manager};
	unsigned char *packed = NULL;
	unsigned long size = 0;
	const struct job *job = picture->pdf->job;
	/* A second run over the output must not lose more. */
	bool anew = job->policy->dct == DCT_REENCODE && !job->recheck;
	int error;

	set_errors(&errors);
	error = (anew ? reencode : transcode)(picture, in, &decompress,
					      &compress, &packed, &size);
	jpeg_destroy_compress(&compress);
	jpeg_destroy_decompress(&decompress);
	if (error == 0) {
		buffer_bytes(&picture->data, packed, size);
		error = buffer_error(&picture->data);
	}
	free(packed);
	if (error != 0)
		return error;
	buffer_text(&picture->keys, "/Filter/DCTDecode");
	return keep_colour_transform(picture);
}

static int compress_samples(struct jpeg_compress_struct *out,
			    struct view samples, unsigned width,
			    unsigned height, int components,
			    unsigned char **packed, unsigned long *size)
{
	size_t row = (size_t)width * (size_t)components;

	if (setjmp(errors_of(out->err)->back) != 0)
		return -ERR_MALFORMED;
	jpeg_create_compress(out);
	jpeg_mem_dest(out, packed, size);
	out->image_width = width;
	out->image_height = height;
	out->input_components = components;
	out->in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(out);
	jpeg_set_quality(out, QUALITY, TRUE);
	out->write_JFIF_header = FALSE;
	out->optimize_coding = TRUE;
	jpeg_start_compress(out, TRUE);
	for (unsigned y = 0; y < height; y++) {
		JSAMPROW line = (JSAMPROW)(uintptr_t)(samples.data + y * row);

		(void)jpeg_write_scanlines(out, &line, 1);
	}
	jpeg_finish_compress(out);
	return 0;
}

int pdf_pack_jpeg(struct pdf_picture *picture, struct view samples,
		  unsigned width, unsigned height, int components)
{
	struct errors errors;
	struct jpeg_compress_struct compress = {.err = &errors.manager};
	unsigned char *packed = NULL;
	unsigned long size = 0;
	int error;

	if (samples.size < (size_t)width * height * (size_t)components)
		return -ERR_INTERNAL;
	set_errors(&errors);
	error = compress_samples(&compress, samples, width, height, components,
				 &packed, &size);
	jpeg_destroy_compress(&compress);
	if (error == 0) {
		buffer_bytes(&picture->data, packed, size);
		error = buffer_error(&picture->data);
	}
	free(packed);
	return error;
}
