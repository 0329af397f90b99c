/*
 * Pixels to JPEG, baseline, by libjpeg, near the original's quality and size:
 * with its own quantisation tables and chroma sampling, and Huffman codes made
 * for the picture where it has such.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_JPEG_WRITER_H
#define SEKISHO_SANITIZERS_PICTURE_JPEG_WRITER_H

#include "sanitizers/picture/jpeg_reader.h"
#include "sanitizers/picture/pixels.h"

/*
 * Emits the pixels (8 bits, 1 or 3 bands). `like` is the picture they were
 * decoded from, NULL where that was none: then quality 90 and 4:2:0.
 * -ERR_LIMIT_PIXELS for a side above 65,500.
 */
int jpeg_write(struct job *job, const struct pixels *pixels,
	       const struct jpeg_header *like) MUST_CHECK;

#endif
