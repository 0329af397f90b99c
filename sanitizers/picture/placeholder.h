/*
 * What stands where a picture of a document had to go, so that the layout
 * stays.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PLACEHOLDER_H
#define SEKISHO_SANITIZERS_PICTURE_PLACEHOLDER_H

#include "base/view.h"

/* A PNG of one transparent pixel, as the PNG sanitizer writes it. Static. */
struct view picture_placeholder(void);

#endif
