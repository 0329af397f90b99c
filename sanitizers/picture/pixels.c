#include "sanitizers/picture/pixels.h"

#include <stdlib.h>

#include "base/banned.h"

int pixels_new(uint32_t width, uint32_t height, unsigned bands, unsigned depth,
	       struct pixels *ret_pixels)
{
	struct pixels pixels = {
	    .width = width, .height = height, .bands = bands, .depth = depth};

	if (__builtin_mul_overflow(pixels_stride(&pixels), (size_t)height,
				   &pixels.size))
		return -ERR_LIMIT_PIXELS;
	pixels.data = malloc(pixels.size == 0 ? 1 : pixels.size);
	if (pixels.data == NULL)
		return -ERR_MEMORY;
	*ret_pixels = pixels;
	return 0;
}

void pixels_free(struct pixels *pixels)
{
	free(pixels->data);
	*pixels = (struct pixels){0};
}

bool pixels_opaque(const struct pixels *pixels)
{
	size_t step = pixels->bands * (size_t)(pixels->depth / 8);
	size_t alpha = pixels->depth / 8;

	if (pixels->bands == 1 || pixels->bands == 3)
		return true;
	for (size_t i = step - alpha; i < pixels->size; i += step) {
		if (pixels->data[i] != 0xFF)
			return false;
		if (alpha == 2 && pixels->data[i + 1] != 0xFF)
			return false;
	}
	return true;
}

void pixels_drop_opaque_alpha(struct pixels *pixels)
{
	size_t sample = pixels->depth / 8;
	size_t from = pixels->bands * sample;
	size_t to = from - sample;
	size_t count = pixels->size / (from == 0 ? 1 : from);

	if (pixels->bands == 1 || pixels->bands == 3 || !pixels_opaque(pixels))
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < to; k++)
			pixels->data[i * to + k] = pixels->data[i * from + k];
	pixels->bands--;
	pixels->size = count * to;
}

void pixels_narrow(struct pixels *pixels)
{
	const uint16_t *samples = (const void *)pixels->data;

	if (pixels->depth != 16)
		return;
	for (size_t i = 0; i < pixels->size / 2; i++)
		pixels->data[i] = (uint8_t)(samples[i] >> 8);
	pixels->depth = 8;
	pixels->size /= 2;
}
