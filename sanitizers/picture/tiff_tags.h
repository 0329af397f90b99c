/*
 * TIFF tags: which ones decoding takes, and what the others are.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_TIFF_TAGS_H
#define SEKISHO_SANITIZERS_PICTURE_TIFF_TAGS_H

#include "base/removal.h"

#include <stdbool.h>

enum tiff_tag {
	TAG_SUBFILE_TYPE = 254,
	TAG_WIDTH = 256,
	TAG_HEIGHT = 257,
	TAG_BITS = 258,
	TAG_COMPRESSION = 259,
	TAG_PHOTOMETRIC = 262,
	TAG_STRIP_OFFSETS = 273,
	TAG_ORIENTATION = 274,
	TAG_SAMPLES = 277,
	TAG_STRIP_COUNTS = 279,
	TAG_X_RESOLUTION = 282,
	TAG_Y_RESOLUTION = 283,
	TAG_RESOLUTION_UNIT = 296,
	TAG_TILE_OFFSETS = 324,
	TAG_TILE_COUNTS = 325,
	TAG_SUB_IFDS = 330,
	TAG_EXTRA_SAMPLES = 338,
	TAG_JPEG_TABLES = 347,
	TAG_ICC = 34675,
	TAG_DNG_VERSION = 50706,
};

/* Whether the decoder needs to see it. */
bool tiff_tag_is_decoded(uint16_t tag);

/* What its removal is called; REMOVAL_NONE for those that describe the pixels
 * and are written anew or have no meaning afterwards. */
enum removal_kind tiff_tag_kind(uint16_t tag);

#endif
