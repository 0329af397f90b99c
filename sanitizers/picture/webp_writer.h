/*
 * Pixels to WebP: lossless stays lossless, lossy near its quality, animations
 * with their delays and loop.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_WEBP_WRITER_H
#define SEKISHO_SANITIZERS_PICTURE_WEBP_WRITER_H

#include "sanitizers/picture/pixels.h"
#include "sanitizers/picture/webp_reader.h"

/* Emits the pixels (8 bits); those of an animation hold `like->frames` frames,
 * one above the other. */
int webp_write(struct job *job, struct pixels *pixels,
	       const struct webp_header *like) MUST_CHECK;

#endif
