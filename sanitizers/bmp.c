/*
 * may carry: an embedded (applied) or linked colour profile, data between
 * header and pixels or behind them; codec exploits keep: pixels, palette,
 * density; it comes out as PNG drop: all of the above specification: Windows
 * GDI (BITMAPINFOHEADER to BITMAPV5HEADER), OS/2
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/bmp_reader.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/png_writer.h"

#include "base/banned.h"

/* A run of 255 pixels takes two bytes. */
enum { PIXELS_PER_BYTE = 128, PADDING = 3, GAP_TOLERATED = 4 };

static struct view profile_of(struct view input,
			      const struct bmp_header *header)
{
	return view_slice(input, 14 + (size_t)header->profile_offset,
			  header->profile_size);
}

/* The parts of the file that no pixel comes from. */
static void report_rest(struct job *job, const struct bmp_header *header,
			size_t end)
{
	struct view rest = view_slice(job->input, end, SIZE_MAX);
	struct view gap;

	if (header->profile_size > 0) {
		struct view profile = profile_of(job->input, header);

		job_remove(job, REMOVAL_PICTURE_ICC, "", profile, "%s",
			   header->profile_linked ? "linked profile"
						  : "ICC profile");
		if (view_slice(job->input, end, SIZE_MAX).size <=
		    profile.size + PADDING)
			return;
	}
	if (header->data_offset > header->headers_end + GAP_TOLERATED) {
		gap = view_slice(job->input, header->headers_end,
				 header->data_offset - header->headers_end);
		job_remove(job, REMOVAL_PICTURE_HIDDEN_DATA, "", gap,
			   "%zu bytes before the pixels", gap.size);
	}
	if (rest.size > PADDING)
		picture_remove_trailing(job, rest);
}

static int bmp_rebuild(struct job *job)
{
	PIXELS_CLEANUP struct pixels pixels = {0};
	struct bmp_header header;
	struct png_header like;
	size_t end = 0;
	int error = bmp_read_header(job->input, &header);

	if (error == 0)
		error = picture_check_size(job, header.width, header.height, 1);
	if (error == 0)
		error = picture_check_density(job->input, header.width,
					      header.height, PIXELS_PER_BYTE);
	if (error == 0)
		error = bmp_read_pixels(job->input, &header, &pixels, &end);
	if (error == 0 && header.profile_size > 0 && !header.profile_linked)
		error = pixels_apply_profile(&pixels,
					     profile_of(job->input, &header));
	if (error != 0)
		return error;
	report_rest(job, &header, end);
	like = (struct png_header){
	    .bits = 8,
	    .palette = header.bits <= 8,
	    .density_x = header.density_x,
	    .density_y = header.density_y,
	    .density_metre = true,
	};
	job->converted = true;
	job->output_format = FORMAT_PNG;
	job_set_output(job, "png", "image/png");
	return png_write(job, &pixels, &like);
}

const struct sanitizer sanitizer_bmp = {
    .name = "bmp",
    .mime = "image/png",
    .extension = "png",
    .extensions = "bmp dib rle",
    .claims = bmp_claims,
    .rebuild = bmp_rebuild,
    /* What comes out is a PNG, which is decoded when it is run again. */
    .decodes = HEAVY_PICTURES,
};
