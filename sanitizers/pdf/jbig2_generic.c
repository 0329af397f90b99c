#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { MARGIN = 256, AT_MAX = 4 };

/*
 * A context is three windows that slide over this line and the two above it;
 * the adaptive pixels have their place in them and are looked up only where
 * they lie elsewhere (figures 3 to 6).
 */
struct shape {
	struct {
		uint8_t size;
		uint8_t ahead; /* pixels to the right of this one */
		uint8_t at;    /* bit of its rightmost pixel */
	} windows[3];     /* this line, the one above, the one above that */
	uint16_t typical; /* context of a line like the one above */
	uint8_t at_count;
	struct {
		int8_t x;
		int8_t y;
		uint8_t bit;
	} nominal[AT_MAX];
};

static const struct shape shapes[] = {
    {{{4, 0, 0}, {7, 3, 4}, {5, 2, 11}},
     0x9b25,
     4,
     {{3, -1, 4}, {-3, -1, 10}, {2, -2, 11}, {-2, -2, 15}}},
    {{{3, 0, 0}, {6, 3, 3}, {4, 2, 9}}, 0x0795, 1, {{3, -1, 3}}},
    {{{2, 0, 0}, {5, 2, 2}, {3, 1, 7}}, 0x00e5, 1, {{2, -1, 2}}},
    {{{4, 0, 0}, {6, 2, 4}, {0, 0, 0}}, 0x0195, 1, {{2, -1, 4}}},
};

/* Lines with a margin, so that no pixel needs to be checked for its place. */
struct canvas {
	uint8_t *lines;
	size_t stride;
	uint32_t height;
};

static const uint8_t *canvas_line(const struct canvas *canvas, int64_t y)
{
	/* The first line is white. */
	return canvas->lines + (y < 0 ? 0 : (size_t)(y + 1) * canvas->stride) +
	       MARGIN;
}

struct adaptive {
	int x;
	int y;
	unsigned bit;
};

static unsigned find_adaptive(const struct generic *generic,
			      struct adaptive adaptive[AT_MAX],
			      uint32_t *ret_mask)
{
	const struct shape *shape = &shapes[generic->pattern];
	unsigned count = 0;

	*ret_mask = 0xffff;
	for (unsigned i = 0; i < shape->at_count; i++) {
		int x = i == 0 && generic->wide_at != 0 ? generic->wide_at
							: generic->at[i * 2];
		int y = generic->at[i * 2 + 1];

		if (x == shape->nominal[i].x && y == shape->nominal[i].y)
			continue;
		*ret_mask &= ~(UINT32_C(1) << shape->nominal[i].bit);
		adaptive[count++] =
		    (struct adaptive){x, y, shape->nominal[i].bit};
	}
	return count;
}

static void decode_line(const struct generic *generic,
			struct arithmetic *decoder, uint8_t *contexts,
			const struct canvas *canvas, uint32_t width, int64_t y)
{
	const struct shape *shape = &shapes[generic->pattern];
	struct adaptive adaptive[AT_MAX];
	const uint8_t *above[3];
	uint32_t window[3] = {0};
	uint32_t mask;
	unsigned count = find_adaptive(generic, adaptive, &mask);
	uint8_t *line =
	    canvas->lines + (size_t)(y + 1) * canvas->stride + MARGIN;

	for (int i = 0; i < 3; i++) {
		above[i] = canvas_line(canvas, y - i);
		for (int x = 0; i > 0 && x < shape->windows[i].ahead; x++)
			window[i] = window[i] << 1 | above[i][x];
	}
	for (uint32_t x = 0; x < width; x++) {
		uint32_t context = 0;

		for (int i = 1; i < 3; i++)
			window[i] = (window[i] << 1 |
				     above[i][x + shape->windows[i].ahead]) &
				    ((1U << shape->windows[i].size) - 1);
		window[0] &= (1U << shape->windows[0].size) - 1;
		for (int i = 0; i < 3; i++)
			context |= window[i] << shape->windows[i].at;
		context &= mask;
		for (unsigned i = 0; i < count; i++)
			context |=
			    (uint32_t)canvas_line(
				canvas,
				y + adaptive[i].y)[(int64_t)x + adaptive[i].x]
			    << adaptive[i].bit;
		if (generic->skip == NULL ||
		    bitmap_pixel(generic->skip, x, y) == 0)
			line[x] = (uint8_t)arithmetic_bit(decoder,
							  &contexts[context]);
		window[0] = window[0] << 1 | line[x];
	}
}

static bool at_fits(const struct generic *generic)
{
	for (unsigned i = 0; i < shapes[generic->pattern].at_count; i++)
		if (generic->at[i * 2 + 1] > 0 ||
		    (generic->at[i * 2 + 1] == 0 && generic->at[i * 2] >= 0 &&
		     !(i == 0 && generic->wide_at < 0)))
			return false;
	return generic->pattern < sizeof(shapes) / sizeof(shapes[0]);
}

int generic_decode(struct jbig2 *jbig2, const struct generic *generic,
		   struct arithmetic *decoder, uint8_t *contexts,
		   struct bitmap *bitmap)
{
	struct canvas canvas = {.stride = (size_t)bitmap->width + 2 * MARGIN,
				.height = bitmap->height};
	BUFFER_CLEANUP struct buffer lines = buffer_make(SIZE_MAX / 2);
	uint8_t typical = 0;

	if (generic->pattern > 3 || !at_fits(generic))
		return -ERR_MALFORMED;
	buffer_fill(&lines, 0, ((size_t)bitmap->height + 1) * canvas.stride);
	if (buffer_error(&lines) != 0)
		return buffer_error(&lines);
	canvas.lines = lines.data;
	jbig2->painted += 16;
	for (uint32_t y = 0; y < bitmap->height; y++) {
		uint8_t *line =
		    lines.data + ((size_t)y + 1) * canvas.stride + MARGIN;

		if (generic->typical)
			typical ^= (uint8_t)arithmetic_bit(
			    decoder,
			    &contexts[shapes[generic->pattern].typical]);
		if (typical)
			jbig2_copy(line, canvas_line(&canvas, (int64_t)y - 1),
				   bitmap->width);
		else
			decode_line(generic, decoder, contexts, &canvas,
				    bitmap->width, y);
		jbig2_copy(bitmap->pixels + (size_t)y * bitmap->width, line,
			   bitmap->width);
	}
	return 0;
}

int generic_decode_fax(struct jbig2 *jbig2, struct view in,
		       struct bitmap *bitmap, size_t *ret_used)
{
	struct fax_options options = {.k = -1, .columns = bitmap->width};
	const struct fax_line *line;
	struct fax_reader reader;
	int error;

	if (bitmap->width == 0)
		return -ERR_MALFORMED;
	error = fax_reader_open(&reader, jbig2->job->arena, in, &options);
	for (uint32_t y = 0; y < bitmap->height && error == 0; y++) {
		uint8_t *row = bitmap->pixels + (size_t)y * bitmap->width;

		if (!fax_read_line(&reader, &line))
			break;
		for (uint32_t i = 0; i < line->count; i += 2)
			for (uint32_t x = line->at[i];
			     x < (i + 1 < line->count ? line->at[i + 1]
						      : bitmap->width);
			     x++)
				row[x] = 1;
	}
	if (error == 0)
		*ret_used = fax_reader_end(&reader);
	return error;
}

/* Figure 12 and 13: four pixels of this bitmap, the others of the reference. */
static uint32_t refinement_context(const struct refinement *refinement,
				   const struct bitmap *bitmap, int64_t x,
				   int64_t y)
{
	const struct bitmap *reference = refinement->reference;
	int64_t rx = x - refinement->x;
	int64_t ry = y - refinement->y;
	uint32_t context = bitmap_pixel(bitmap, x - 1, y) |
			   bitmap_pixel(bitmap, x + 1, y - 1) << 1 |
			   bitmap_pixel(bitmap, x, y - 1) << 2;

	context |= bitmap_pixel(reference, rx + 1, ry + 1) << 4 |
		   bitmap_pixel(reference, rx, ry + 1) << 5;
	if (refinement->pattern == 1)
		return context | bitmap_pixel(bitmap, x - 1, y - 1) << 3 |
		       bitmap_pixel(reference, rx + 1, ry) << 6 |
		       bitmap_pixel(reference, rx, ry) << 7 |
		       bitmap_pixel(reference, rx - 1, ry) << 8 |
		       bitmap_pixel(reference, rx, ry - 1) << 9;
	return context |
	       bitmap_pixel(bitmap, x + refinement->at[0],
			    y + refinement->at[1])
		   << 3 |
	       bitmap_pixel(reference, rx - 1, ry + 1) << 6 |
	       bitmap_pixel(reference, rx + 1, ry) << 7 |
	       bitmap_pixel(reference, rx, ry) << 8 |
	       bitmap_pixel(reference, rx - 1, ry) << 9 |
	       bitmap_pixel(reference, rx + 1, ry - 1) << 10 |
	       bitmap_pixel(reference, rx, ry - 1) << 11 |
	       bitmap_pixel(reference, rx + refinement->at[2],
			    ry + refinement->at[3])
		   << 12;
}

/* Nine pixels of the reference that are alike need not be coded. */
static bool is_alike(const struct refinement *refinement, int64_t x, int64_t y,
		     unsigned *ret_pixel)
{
	const struct bitmap *reference = refinement->reference;
	int64_t rx = x - refinement->x;
	int64_t ry = y - refinement->y;

	*ret_pixel = bitmap_pixel(reference, rx, ry);
	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -1; dx <= 1; dx++)
			if (bitmap_pixel(reference, rx + dx, ry + dy) !=
			    *ret_pixel)
				return false;
	return true;
}

int refinement_decode(struct jbig2 *jbig2, const struct refinement *refinement,
		      struct arithmetic *decoder, uint8_t *contexts,
		      struct bitmap *bitmap)
{
	const uint16_t center = refinement->pattern == 0 ? 1 << 8 : 1 << 7;
	bool typical = false;

	if (refinement->pattern > 1)
		return -ERR_MALFORMED;
	jbig2->painted += 16;
	for (uint32_t y = 0; y < bitmap->height; y++) {
		uint8_t *row = bitmap->pixels + (size_t)y * bitmap->width;

		if (refinement->typical)
			typical ^= arithmetic_bit(decoder, &contexts[center]);
		for (uint32_t x = 0; x < bitmap->width; x++) {
			unsigned pixel;

			if (!typical || !is_alike(refinement, x, y, &pixel))
				pixel = arithmetic_bit(
				    decoder, &contexts[refinement_context(
						 refinement, bitmap, x, y)]);
			row[x] = (uint8_t)pixel;
		}
	}
	return 0;
}
