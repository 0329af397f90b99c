/*
 * Pixels to PNG: header, palette, transparency, density, data, and nothing
 * else. Written by our own code, so that palette and bit depth are kept and a
 * second run gives the same bytes.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PNG_WRITER_H
#define SEKISHO_SANITIZERS_PICTURE_PNG_WRITER_H

#include "sanitizers/picture/png_reader.h"
#include "sanitizers/picture/pixels.h"

/*
 * Emits the pixels. `like` says whether a palette or fewer than 8 bits are
 * wanted (taken where the pixels allow it without loss) and the density. An
 * alpha band that says nothing is dropped from `pixels`.
 */
int png_write(struct job *job, struct pixels *pixels,
	      const struct png_header *like) MUST_CHECK;

#endif
