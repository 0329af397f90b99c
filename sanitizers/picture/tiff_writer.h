/*
 * Pages to TIFF by libtiff: only the tags that showing it takes.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_TIFF_WRITER_H
#define SEKISHO_SANITIZERS_PICTURE_TIFF_WRITER_H

#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/tiff_reader.h"

struct tiff_writer;

/* A writer of a file of at most `maximum` bytes; NULL when out of memory. */
struct tiff_writer *tiff_writer_new(uint64_t maximum);
void tiff_writer_free(struct tiff_writer *writer);

/*
 * Adds a page. One bit per pixel stays so, as fax group 4; a palette stays a
 * palette; JPEG stays JPEG near its quality; deflate stays deflate; all else
 * becomes LZW. Changes `pixels`. -ERR_MEMORY, -ERR_LIMIT_OUTPUT.
 */
int tiff_writer_page(struct tiff_writer *writer, struct pixels *pixels,
		     const struct tiff_page *like) MUST_CHECK;

/* Ends the file; it is valid as long as the writer. */
int tiff_writer_finish(struct tiff_writer *writer,
		       struct view *ret_file) MUST_CHECK;

#endif
