/*
 * may carry: EXIF with position, XMP, ICC, thumbnails, depth maps, bursts,
 *   films of the moment, private boxes; codec exploits
 * keep: the primary picture in sRGB; it comes out as JPEG, with transparency
 *   as PNG (encoding HEVC or AV1 takes seconds, and few can open it)
 * drop: all of the above
 * specification: ISO/IEC 23008-12 (HEIF), 14496-12; AVIF 1.1
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/heif_reader.h"
#include "sanitizers/picture/jpeg_writer.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/png_writer.h"

#include "base/banned.h"

static int write_pixels(struct job *job, struct pixels *pixels)
{
	static const struct png_header like = {.bits = 8};

	job->converted = true;
	pixels_drop_opaque_alpha(pixels);
	if (pixels->bands % 2 == 0) {
		job->output_format = FORMAT_PNG;
		job_set_output(job, "png", "image/png");
		return png_write(job, pixels, &like);
	}
	job->output_format = FORMAT_JPEG;
	job_set_output(job, "jpg", "image/jpeg");
	pixels_narrow(pixels);
	return jpeg_write(job, pixels, NULL);
}

static int heif_rebuild(struct job *job)
{
	PIXELS_CLEANUP struct pixels pixels = {0};
	struct heif_header header;
	int error = heif_read(job, &header);

	if (error == 0)
		error = picture_check_size(job, header.width, header.height, 1);
	if (error == 0)
		error = pixels_decode(job,
				      &(struct pixels_request){
					  .loader = LOADER_HEIF,
					  .data = job->input,
				      },
				      &pixels);
	return error != 0 ? error : write_pixels(job, &pixels);
}

const struct sanitizer sanitizer_heif = {
    .name = "heif",
    .mime = "image/jpeg",
    .extension = "jpg",
    .extensions = "heic heif hif avif",
    .lossy = true,
    .claims = heif_claims,
    .rebuild = heif_rebuild,
    .decodes = HEAVY_PICTURES,
    .prepare = picture_prepare,
};
