/*
 * may carry: EXIF with position, XMP, ICC, private chunks, anything behind
 *   the end; codec exploits
 * keep: pixels in sRGB, transparency, frames with delays and loop; lossless
 *   stays lossless
 * drop: every chunk but those of pictures; all of the above
 * specification: RFC 9649 (WebP), RFC 6386 (VP8)
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/webp_reader.h"
#include "sanitizers/picture/webp_writer.h"

#include "base/banned.h"

static int webp_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer reduced =
	    buffer_make(job->input.size * 2 + 64);
	PIXELS_CLEANUP struct pixels pixels = {0};
	struct webp_header header;
	int error = webp_read(job, &header, &reduced);

	if (error == 0)
		error = picture_check_size(job, header.width, header.height,
					   header.frames);
	if (error == 0)
		error = pixels_decode(
		    job,
		    &(struct pixels_request){
			.loader = LOADER_WEBP,
			.data = buffer_contents(&reduced),
			.orientation =
			    header.frames == 1 ? header.orientation : 0,
		    },
		    &pixels);
	if (error == 0)
		error = webp_write(job, &pixels, &header);
	return error;
}

const struct sanitizer sanitizer_webp = {
    .name = "webp",
    .mime = "image/webp",
    .extension = "webp",
    .extensions = "webp",
    .lossy = true,
    .claims = webp_claims,
    .rebuild = webp_rebuild,
    .decodes = HEAVY_PICTURES,
    .prepare = picture_prepare,
};
