/*
 * may carry: text chunks, EXIF with position, XMP, ICC, private chunks, APNG
 *   frames, anything behind the end; codec exploits
 * keep: pixels in sRGB, palette, bit depth, transparency, density
 * drop: every ancillary chunk but tRNS and pHYs; all of the above
 * specification: ISO/IEC 15948 (PNG)
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/png_reader.h"
#include "sanitizers/picture/png_writer.h"

#include "base/banned.h"

/* Deflate packs at most 1:1032, a pixel takes one bit at least. */
enum { PIXELS_PER_BYTE = 8256 };

static int png_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer reduced = buffer_make(job->input.size);
	PIXELS_CLEANUP struct pixels pixels = {0};
	struct png_header header;
	int error = png_read(job, &header, &reduced);

	if (error == 0)
		error = picture_check_size(job, header.width, header.height, 1);
	if (error == 0)
		error = picture_check_density(job->input, header.width,
					      header.height, PIXELS_PER_BYTE);
	if (error == 0)
		error = pixels_decode(job,
				      &(struct pixels_request){
					  .loader = LOADER_PNG,
					  .data = buffer_contents(&reduced),
				      },
				      &pixels);
	if (error == 0)
		error = png_write(job, &pixels, &header);
	return error;
}

const struct sanitizer sanitizer_png = {
    .name = "png",
    .mime = "image/png",
    .extension = "png",
    .extensions = "png apng",
    .claims = png_claims,
    .rebuild = png_rebuild,
    .decodes = HEAVY_PICTURES,
    .prepare = picture_prepare,
};
