/*
 * What the sanitizers of pictures share: the limits, checked on dimensions
 * that our own readers found before any library sees the data, and the report.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PICTURE_H
#define SEKISHO_SANITIZERS_PICTURE_PICTURE_H

#include "sanitizers/job.h"

/* Starts libvips: only the loaders of this family, no caches, one thread.
 * Once, before the first fork; calling it again does nothing. */
int picture_prepare(void) MUST_CHECK;

/* Whether this program has the heavy decoders (sanitizers/decoder/vips.c,
 * gmime.c) or none of them (no_pictures.c). */
bool picture_can_decode(void);

/*
 * Checks the dimensions of a picture against the policy and takes its pixels
 * from the budget. -ERR_MALFORMED when a side or the number of frames is 0,
 * -ERR_LIMIT_PIXELS, -ERR_LIMIT_PAGES, -ERR_LIMIT_BYTES.
 */
int picture_check_size(struct job *job, uint64_t width, uint64_t height,
		       uint64_t frames) MUST_CHECK;

/* The same for one page of a document of pages, each of which is decoded and
 * written before the next: the limit of pixels holds for the page, the budget
 * of bytes for all of them. */
int picture_check_page(struct job *job, uint64_t width, uint64_t height,
		       uint64_t bits_per_pixel) MUST_CHECK;

/* -ERR_LIMIT_PIXELS when so few bytes cannot hold so many pixels: a header
 * that claims 65,535 x 65,535 with tiny data. */
int picture_check_density(struct view input, uint64_t width, uint64_t height,
			  uint64_t pixels_per_byte) MUST_CHECK;

/* Reports what lies behind the end of the picture; nothing when empty. */
void picture_remove_trailing(struct job *job, struct view trailing);

/* Four characters of a chunk or box for the report; '?' for others. */
struct picture_tag {
	char text[5];
};
struct picture_tag picture_tag_text(uint32_t tag);

#endif
