/*
 * The chunks of a WebP (RIFF, VP8X, ANIM), read without decoding.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_WEBP_READER_H
#define SEKISHO_SANITIZERS_PICTURE_WEBP_READER_H

#include "sanitizers/job.h"

struct webp_header {
	uint32_t width;
	uint32_t height; /* of the canvas */
	uint32_t frames; /* 1 when it does not move */
	bool animated;
	bool lossless;        /* every frame is */
	unsigned quality;     /* of the first lossy frame, 1 to 100 */
	unsigned orientation; /* of its EXIF; 0: none */
	uint16_t loops;       /* 0: for ever */
	int *delays;          /* milliseconds, one per frame; in the arena */
};

/* By RIFF header and first chunk. */
enum claim webp_claims(struct view input);

/*
 * Reads all chunks, reports those that will not come out, and appends to
 * `reduced` a WebP of the frames and the ICC profile. -ERR_MALFORMED,
 * -ERR_TRUNCATED, -ERR_LIMIT_PAGES.
 */
int webp_read(struct job *job, struct webp_header *ret_header,
	      struct buffer *reduced) MUST_CHECK;

#endif
