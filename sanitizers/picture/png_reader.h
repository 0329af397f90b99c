/*
 * The chunks of a PNG (ISO/IEC 15948), read without inflating anything.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PNG_READER_H
#define SEKISHO_SANITIZERS_PICTURE_PNG_READER_H

#include "sanitizers/job.h"

struct png_header {
	uint32_t width;
	uint32_t height;
	unsigned bits; /* per sample or palette index: 1 2 4 8 16 */
	bool palette;
	uint32_t density_x; /* pixels per unit; 0: not given */
	uint32_t density_y;
	bool density_metre; /* the unit is the metre */
};

/* Whether it is a PNG by signature and header chunk. */
enum claim png_claims(struct view input);

/*
 * Reads all chunks, reports those that will not come out, and appends to
 * `reduced` a PNG of the critical ones, transparency and the ICC profile.
 * -ERR_MALFORMED, -ERR_TRUNCATED.
 */
int png_read(struct job *job, struct png_header *ret_header,
	     struct buffer *reduced) MUST_CHECK;

#endif
