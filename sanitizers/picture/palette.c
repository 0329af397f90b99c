#include "sanitizers/picture/palette.h"

#include "base/bytes.h"

#include "base/banned.h"

static void color_of(const struct pixels *pixels, size_t number,
		     uint8_t ret_color[4])
{
	const uint8_t *at = pixels->data + number * pixels->bands;
	bool grey = pixels->bands <= 2;

	ret_color[0] = at[0];
	ret_color[1] = at[grey ? 0 : 1];
	ret_color[2] = at[grey ? 0 : 2];
	ret_color[3] = pixels->bands % 2 == 0 ? at[pixels->bands - 1] : 0xFF;
	/* What cannot be seen has no colour to hide anything in. */
	if (ret_color[3] == 0)
		ret_color[0] = ret_color[1] = ret_color[2] = 0;
}

static int find_color(struct palette *palette, const uint8_t color[4])
{
	uint32_t key = (uint32_t)color[0] | (uint32_t)color[1] << 8 |
		       (uint32_t)color[2] << 16 | (uint32_t)color[3] << 24;
	uint32_t slot = (key * 2654435761U) >> 22;

	while (palette->slots[slot] != 0) {
		unsigned number = palette->slots[slot] - 1U;

		if (memcmp(palette->color[number], color, 4) == 0)
			return (int)number;
		slot = (slot + 1) % PALETTE_SLOTS;
	}
	if (palette->count == PALETTE_MAX)
		return -1;
	if (!bytes_copy(palette->color[palette->count], 4, view_of(color, 4)))
		return -1;
	palette->slots[slot] = (uint16_t)(palette->count + 1);
	return (int)palette->count++;
}

bool palette_index(struct palette *palette, const struct pixels *pixels,
		   uint8_t *ret_indices)
{
	size_t count = (size_t)pixels->width * pixels->height;
	uint8_t last[4] = {0};
	int number = -1;

	for (size_t i = 0; i < count; i++) {
		uint8_t color[4];

		color_of(pixels, i, color);
		if (number < 0 || memcmp(color, last, 4) != 0) {
			number = find_color(palette, color);
			if (number < 0)
				return false;
			for (unsigned k = 0; k < 4; k++)
				last[k] = color[k];
		}
		ret_indices[i] = (uint8_t)number;
	}
	return true;
}
