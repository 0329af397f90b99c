/*
 * The quality a lossy WebP frame was made with, from the quantiser in its
 * header (RFC 6386, 9.2 to 9.6 and 19.2).
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_VP8_QUALITY_H
#define SEKISHO_SANITIZERS_PICTURE_VP8_QUALITY_H

#include "base/view.h"

/* 1 to 100, of a key frame; 80 where the header cannot be read. */
unsigned vp8_quality(struct view frame);

#endif
