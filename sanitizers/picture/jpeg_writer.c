#include "sanitizers/picture/jpeg_writer.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/banned.h"

enum { QUALITY_DEFAULT = 90, TURNED_FIRST = 5, SCALE_PERCENT = 100 };

struct writer {
	struct jpeg_error_mgr manager; /* first: libjpeg hands it to leave() */
	jmp_buf jump;
	struct jpeg_compress_struct info;
	unsigned char *data; /* grown by libjpeg */
	unsigned long size;
};

static void leave(j_common_ptr info)
{
	struct writer *writer = (struct writer *)info->err;

	longjmp(writer->jump, 1);
}

static void discard_message(j_common_ptr info)
{
	(void)info;
}

/* The original's tables; turned pictures need them turned too. */
static void set_tables(struct jpeg_compress_struct *info,
		       const struct jpeg_header *like)
{
	bool turned = like->orientation >= TURNED_FIRST;
	unsigned luma = like->selector[0];
	unsigned chroma = like->selector[like->components == 1 ? 0 : 1];
	unsigned numbers[2] = {luma, chroma};

	for (int slot = 0; slot < 2; slot++) {
		const uint16_t *table = like->table[numbers[slot]];
		unsigned int values[JPEG_BLOCK];

		if (!like->has_table[numbers[slot]])
			continue;
		for (unsigned i = 0; i < JPEG_BLOCK; i++)
			values[i] = table[turned ? (i % 8) * 8 + i / 8 : i];
		jpeg_add_quant_table(info, slot, values, SCALE_PERCENT, TRUE);
	}
}

/* The usual chroma samplings are kept; others become the nearest of them. */
static void set_sampling(struct jpeg_compress_struct *info,
			 const struct jpeg_header *like)
{
	bool turned = like->orientation >= TURNED_FIRST;
	unsigned wide = like->horizontal[0] > like->horizontal[1] ? 2 : 1;
	unsigned tall = like->vertical[0] > like->vertical[1] ? 2 : 1;

	if (info->num_components == 1)
		return;
	if (like->components != 3 || like->is_rgb)
		wide = tall = 1;
	info->comp_info[0].h_samp_factor = (int)(turned ? tall : wide);
	info->comp_info[0].v_samp_factor = (int)(turned ? wide : tall);
}

static void set_density(struct jpeg_compress_struct *info,
			const struct jpeg_header *like)
{
	bool turned = like->orientation >= TURNED_FIRST;

	if (like->density_x == 0 || like->density_y == 0)
		return;
	info->density_unit = like->density_unit;
	info->X_density = turned ? like->density_y : like->density_x;
	info->Y_density = turned ? like->density_x : like->density_y;
}

static void write_picture(struct jpeg_compress_struct *info,
			  const struct pixels *pixels,
			  const struct jpeg_header *like)
{
	size_t stride = pixels_stride(pixels);

	info->image_width = pixels->width;
	info->image_height = pixels->height;
	info->input_components = (int)pixels->bands;
	info->in_color_space = pixels->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(info);
	jpeg_set_quality(info, QUALITY_DEFAULT, TRUE);
	/* Codes of its own take a second pass over the whole picture, twice
	 * the time of all the rest: only where the original has them, too. */
	info->optimize_coding = like == NULL || like->own_codes;
	info->dct_method = JDCT_ISLOW;
	if (like != NULL) {
		set_tables(info, like);
		set_sampling(info, like);
		set_density(info, like);
	}
	jpeg_start_compress(info, TRUE);
	while (info->next_scanline < info->image_height) {
		JSAMPROW row = pixels->data + stride * info->next_scanline;

		(void)jpeg_write_scanlines(info, &row, 1);
	}
	jpeg_finish_compress(info);
}

/* Everything that libjpeg may jump out of; apart from jpeg_write(), so that no
 * local variable is lost on the way. */
static int write_trapped(struct writer *writer, const struct pixels *pixels,
			 const struct jpeg_header *like)
{
	writer->info.err = jpeg_std_error(&writer->manager);
	writer->manager.error_exit = leave;
	writer->manager.output_message = discard_message;
	if (setjmp(writer->jump) != 0)
		return -ERR_INTERNAL;
	jpeg_create_compress(&writer->info);
	jpeg_mem_dest(&writer->info, &writer->data, &writer->size);
	write_picture(&writer->info, pixels, like);
	return 0;
}

int jpeg_write(struct job *job, const struct pixels *pixels,
	       const struct jpeg_header *like)
{
	struct writer writer = {0};
	int error;

	if (pixels->depth != 8 || (pixels->bands != 1 && pixels->bands != 3))
		return -ERR_INTERNAL;
	if (pixels->width > JPEG_MAX_DIMENSION ||
	    pixels->height > JPEG_MAX_DIMENSION)
		return -ERR_LIMIT_PIXELS;
	error = write_trapped(&writer, pixels, like);
	if (error == 0)
		error = job_emit(job, view_of(writer.data, writer.size));
	jpeg_destroy_compress(&writer.info);
	free(writer.data);
	return error;
}
