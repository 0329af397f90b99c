/*
 * may carry: EXIF with position, maker notes and thumbnail, XMP, IPTC, ICC,
 *   comments, more pictures (MPF), anything behind the end; codec exploits
 * keep: pixels (turned as EXIF says, in sRGB), density, near the same quality
 * drop: every segment but JFIF, tables, frame, scans; all of the above
 * specification: ITU-T T.81, T.871 (JFIF); JEITA CP-3451 (EXIF)
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/jpeg_reader.h"
#include "sanitizers/picture/jpeg_writer.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"

#include "base/banned.h"

/* A byte holds at most some blocks of 16 x 16 pixels even where all of them
 * are empty (one bit per block and component, progressive: a run of 32,767). */
enum { PIXELS_PER_BYTE = 20000 };

static int jpeg_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer reduced = buffer_make(job->input.size + 4);
	PIXELS_CLEANUP struct pixels pixels = {0};
	struct jpeg_header header;
	int error = jpeg_read(job, &header, &reduced);

	if (error == 0)
		error = picture_check_size(job, header.width, header.height, 1);
	if (error == 0)
		error = picture_check_density(job->input, header.width,
					      header.height, PIXELS_PER_BYTE);
	if (error == 0)
		error = pixels_decode(job,
				      &(struct pixels_request){
					  .loader = LOADER_JPEG,
					  .data = buffer_contents(&reduced),
					  .orientation = header.orientation,
				      },
				      &pixels);
	if (error == 0)
		error = jpeg_write(job, &pixels, &header);
	return error;
}

const struct sanitizer sanitizer_jpeg = {
    .name = "jpeg",
    .mime = "image/jpeg",
    .extension = "jpg",
    .extensions = "jpg jpeg jpe jfif",
    .lossy = true,
    .claims = jpeg_claims,
    .rebuild = jpeg_rebuild,
    .decodes = HEAVY_PICTURES,
    .prepare = picture_prepare,
};
