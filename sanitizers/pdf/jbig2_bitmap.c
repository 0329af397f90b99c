#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { SIDE_MAX = 65535 };

/* Painting is a nanosecond or less a pixel. */
static const uint64_t painted_max = UINT64_C(4000000000);

int bitmap_new(struct jbig2 *jbig2, uint32_t width, uint32_t height,
	       struct bitmap **ret_bitmap)
{
	uint64_t size = (uint64_t)width * height;
	struct bitmap *bitmap;
	int error;

	if (width > SIDE_MAX || height > SIDE_MAX ||
	    size > jbig2->job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	error = job_charge(jbig2->job, size + sizeof(*bitmap));
	if (error != 0)
		return error;
	bitmap = arena_alloc(jbig2->job->arena, sizeof(*bitmap));
	if (bitmap == NULL)
		return -ERR_MEMORY;
	bitmap->width = width;
	bitmap->height = height;
	bitmap->pixels = arena_alloc(jbig2->job->arena, size);
	if (bitmap->pixels == NULL)
		return -ERR_MEMORY;
	*ret_bitmap = bitmap;
	return 0;
}

static uint8_t combine(uint8_t old, uint8_t new, enum jbig2_operator operator)
{
	switch (operator) {
	case JBIG2_OR:
		return old | new;
	case JBIG2_AND:
		return old & new;
	case JBIG2_XOR:
		return old ^ new;
	case JBIG2_XNOR:
		return old ^ new ^ 1;
	default:
		return new;
	}
}

int bitmap_compose(struct jbig2 *jbig2, struct bitmap *to,
		   const struct bitmap *from, int64_t x, int64_t y,
		   enum jbig2_operator operator)
{
	int64_t left = x < 0 ? -x : 0;
	int64_t top = y < 0 ? -y : 0;
	int64_t right = from->width;
	int64_t bottom = from->height;

	if (right > (int64_t)to->width - x)
		right = (int64_t)to->width - x;
	if (bottom > (int64_t)to->height - y)
		bottom = (int64_t)to->height - y;
	/* What lies outside costs a little too. */
	jbig2->painted += 16;
	if (left < right && top < bottom)
		jbig2->painted +=
		    (uint64_t)(right - left) * (uint64_t)(bottom - top);
	if (jbig2->painted > painted_max)
		return -ERR_LIMIT_RATIO;
	for (int64_t row = top; row < bottom && left < right; row++) {
		uint8_t *out = to->pixels + (size_t)(y + row) * to->width +
			       (size_t)(x + left);
		const uint8_t *in =
		    from->pixels + (size_t)row * from->width + (size_t)left;

		for (int64_t i = left; i < right; i++, out++, in++)
			*out = combine(*out, *in, operator);
	}
	return 0;
}
