/*
 * may carry: EXIF, position, XMP, IPTC, Photoshop data, ICC, texts, private
 *   tags, pictures in SubIFDs, anything behind the end; codec exploits
 * keep: pages, pixels in sRGB, resolution; bilevel, palette and 16 bits stay
 * drop: every tag that showing it does not take; all of the above
 * specification: TIFF 6.0
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/tiff_reader.h"
#include "sanitizers/picture/tiff_writer.h"

#include "base/banned.h"

enum { DIRECTORY_ROOM = 64 * 1024 * 12 };

static int rebuild_page(struct job *job, const struct tiff *tiff,
			const struct tiff_page *page, struct buffer *reduced,
			struct tiff_writer *writer)
{
	PIXELS_CLEANUP struct pixels pixels = {0};
	int error = picture_check_page(job, page->width, page->height,
				       (uint64_t)page->bits * page->samples);

	if (error == 0)
		error = tiff_reduce(job, tiff, page, reduced);
	if (error == 0)
		error = pixels_decode(job,
				      &(struct pixels_request){
					  .loader = LOADER_TIFF,
					  .data = buffer_contents(reduced),
					  .orientation = page->orientation,
				      },
				      &pixels);
	return error != 0 ? error : tiff_writer_page(writer, &pixels, page);
}

static int tiff_rebuild(struct job *job)
{
	BUFFER_CLEANUP struct buffer reduced =
	    buffer_make(job->input.size + DIRECTORY_ROOM);
	struct tiff_writer *writer;
	struct view file;
	struct tiff tiff;
	int error = tiff_read(job, &tiff);

	if (error != 0)
		return error;
	writer = tiff_writer_new(job->policy->limits.output_bytes);
	if (writer == NULL)
		return -ERR_MEMORY;
	for (const struct tiff_page *page = tiff.pages;
	     page != NULL && error == 0; page = page->next)
		error = rebuild_page(job, &tiff, page, &reduced, writer);
	if (error == 0)
		error = tiff_writer_finish(writer, &file);
	if (error == 0)
		error = job_emit(job, file);
	tiff_writer_free(writer);
	return error;
}

const struct sanitizer sanitizer_tiff = {
    .name = "tiff",
    .mime = "image/tiff",
    .extension = "tif",
    .extensions = "tif tiff",
    .lossy = true,
    .claims = tiff_claims,
    .rebuild = tiff_rebuild,
    .decodes = HEAVY_PICTURES,
    .prepare = picture_prepare,
};
