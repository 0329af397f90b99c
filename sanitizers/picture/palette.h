/*
 * Colours of a picture as a table of at most 256, in the order in which they
 * appear, so that the same pixels always give the same table.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PALETTE_H
#define SEKISHO_SANITIZERS_PICTURE_PALETTE_H

#include "sanitizers/picture/pixels.h"

enum { PALETTE_MAX = 256, PALETTE_SLOTS = 1024 };

struct palette {
	unsigned count;
	uint8_t color[PALETTE_MAX][4]; /* red, green, blue, alpha */
	uint16_t slots[PALETTE_SLOTS]; /* hash table of number + 1 */
};

/*
 * Turns pixels of 8 bits into one index per byte, `ret_indices` with room for
 * width x height. False when there are more than 256 colours. `palette` must
 * be zeroed.
 */
bool palette_index(struct palette *palette, const struct pixels *pixels,
		   uint8_t *ret_indices) MUST_CHECK;

#endif
