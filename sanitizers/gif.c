/*
 * may carry: comments, plain text, XMP and private application blocks, data
 *   behind the codes, in unused colours or behind the end; codec exploits
 * keep: frames, delays, disposal, loop, palettes, transparency: same pixels
 * drop: every extension but graphic control and loop; all of the above
 * specification: GIF89a
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/gif_reader.h"
#include "sanitizers/picture/gif_writer.h"

#include "base/banned.h"

static int gif_rebuild(struct job *job)
{
	struct gif gif;
	int error = gif_read(job, &gif);

	return error != 0 ? error : gif_write(job, &gif);
}

const struct sanitizer sanitizer_gif = {
    .name = "gif",
    .mime = "image/gif",
    .extension = "gif",
    .extensions = "gif",
    .claims = gif_claims,
    .rebuild = gif_rebuild,
};
