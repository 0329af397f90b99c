/*
 * The quality of a JPEG from its tables, where only tables are at hand.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_JPEG_QUALITY_H
#define SEKISHO_SANITIZERS_PICTURE_JPEG_QUALITY_H

#include "base/view.h"

enum { JPEG_QUALITY_UNKNOWN = 85 };

/* 1 to 100 by the first DQT segment of an abbreviated stream (T.81, B.5);
 * JPEG_QUALITY_UNKNOWN where there is none. */
unsigned jpeg_quality(struct view tables);

#endif
