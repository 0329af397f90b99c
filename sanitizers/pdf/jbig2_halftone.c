/* Pattern dictionaries (6.7) and halftone regions (6.6, annex C). */
#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { PATTERNS_MAX = 65535, PLANES_MAX = 16 };

int jbig2_read_patterns(struct jbig2 *jbig2, struct jbig2_segment *segment)
{
	struct cursor cursor = cursor_at(segment->data, 0);
	unsigned flags = cursor_u8(&cursor);
	uint32_t width = cursor_u8(&cursor);
	uint32_t height = cursor_u8(&cursor);
	uint32_t count = cursor_u32be(&cursor) + 1;
	struct generic generic = {.pattern = flags >> 1 & 3,
				  .at = {0, 0, -3, -1, 2, -2, -2, -2},
				  .wide_at = -(int)width};
	struct view in = view_slice(segment->data, cursor.offset, SIZE_MAX);
	struct arithmetic decoder;
	struct bitmap *all;
	uint8_t *contexts = arena_alloc(jbig2->job->arena, GENERIC_CONTEXTS);
	size_t used;
	int error;

	if (cursor.failed || count == 0 || count > PATTERNS_MAX || width == 0)
		return -ERR_MALFORMED;
	segment->symbols.bitmaps =
	    arena_array(jbig2->job->arena, count, sizeof(struct bitmap *));
	if (contexts == NULL || segment->symbols.bitmaps == NULL)
		return -ERR_MEMORY;
	error = bitmap_new(jbig2, width * count, height, &all);
	if (error != 0)
		return error;
	arithmetic_open(&decoder, in);
	error = flags & 1
		    ? generic_decode_fax(jbig2, in, all, &used)
		    : generic_decode(jbig2, &generic, &decoder, contexts, all);
	for (uint32_t i = 0; i < count && error == 0; i++) {
		struct bitmap **pattern = &segment->symbols.bitmaps[i];

		error = bitmap_new(jbig2, width, height, pattern);
		if (error == 0)
			error =
			    bitmap_compose(jbig2, *pattern, all,
					   -(int64_t)i * width, 0, JBIG2_SET);
		segment->symbols.count = i + 1;
	}
	return error;
}

struct grid {
	bool fax;
	unsigned pattern;
	uint32_t width;
	uint32_t height;
	int64_t x;
	int64_t y;
	int64_t step_x;
	int64_t step_y;
	struct bitmap *skip;
	struct bitmap *planes[PLANES_MAX];
	unsigned plane_count;
};

static void place_of(const struct grid *grid, uint32_t row, uint32_t column,
		     int64_t *x, int64_t *y)
{
	*x = (grid->x + row * grid->step_y + column * grid->step_x) >> 8;
	*y = (grid->y + row * grid->step_x - column * grid->step_y) >> 8;
}

/* Cells that lie outside of the region are not coded. */
static int find_skipped(struct jbig2 *jbig2, struct grid *grid,
			const struct bitmap *pattern,
			const struct bitmap *bitmap)
{
	int error = bitmap_new(jbig2, grid->width, grid->height, &grid->skip);

	for (uint32_t row = 0; row < grid->height && error == 0; row++)
		for (uint32_t column = 0; column < grid->width; column++) {
			int64_t x;
			int64_t y;

			place_of(grid, row, column, &x, &y);
			grid->skip->pixels[(size_t)row * grid->width + column] =
			    x + pattern->width <= 0 || x >= bitmap->width ||
			    y + pattern->height <= 0 || y >= bitmap->height;
		}
	return error;
}

/* Annex C: planes from the highest down, in Gray's code. */
static int read_planes(struct jbig2 *jbig2, struct grid *grid, struct view in)
{
	struct generic generic = {.pattern = grid->pattern,
				  .at = {(int8_t)(grid->pattern <= 1 ? 3 : 2),
					 -1, -3, -1, 2, -2, -2, -2},
				  .skip = grid->skip};
	uint8_t *contexts = arena_alloc(jbig2->job->arena, GENERIC_CONTEXTS);
	struct arithmetic decoder;
	int error = 0;

	if (contexts == NULL)
		return -ERR_MEMORY;
	arithmetic_open(&decoder, in);
	for (unsigned i = grid->plane_count; i-- > 0 && error == 0;) {
		struct bitmap **plane = &grid->planes[i];
		size_t used = 0;

		error = bitmap_new(jbig2, grid->width, grid->height, plane);
		if (error == 0 && grid->fax) {
			error = generic_decode_fax(jbig2, in, *plane, &used);
			in = view_slice(in, used, SIZE_MAX);
		} else if (error == 0) {
			error = generic_decode(jbig2, &generic, &decoder,
					       contexts, *plane);
		}
		if (error == 0 && i + 1 < grid->plane_count)
			error =
			    bitmap_compose(jbig2, *plane, grid->planes[i + 1],
					   0, 0, JBIG2_XOR);
	}
	return error;
}

static int draw(struct jbig2 *jbig2, const struct grid *grid,
		const struct symbols *patterns, enum jbig2_operator operator,
		struct bitmap * bitmap)
{
	for (uint32_t row = 0; row < grid->height; row++)
		for (uint32_t column = 0; column < grid->width; column++) {
			size_t at = (size_t)row * grid->width + column;
			uint32_t gray = 0;
			int64_t x;
			int64_t y;
			int error;

			for (unsigned i = 0; i < grid->plane_count; i++)
				gray |= (uint32_t)grid->planes[i]->pixels[at]
					<< i;
			if (gray >= patterns->count)
				gray = patterns->count - 1;
			place_of(grid, row, column, &x, &y);
			error = bitmap_compose(jbig2, bitmap,
					       patterns->bitmaps[gray], x,
					       y, operator);
			if (error != 0)
				return error;
		}
	return 0;
}

int jbig2_read_halftone(struct jbig2 *jbig2, struct jbig2_segment *segment,
			struct cursor *cursor, struct bitmap *bitmap)
{
	unsigned flags = cursor_u8(cursor);
	struct grid grid = {.fax = flags & 1, .pattern = flags >> 1 & 3};
	const struct jbig2_segment *dictionary =
	    segment->referred_count > 0
		? jbig2_find(jbig2, segment->referred[0])
		: NULL;
	int error = 0;

	grid.width = cursor_u32be(cursor);
	grid.height = cursor_u32be(cursor);
	grid.x = (int32_t)cursor_u32be(cursor);
	grid.y = (int32_t)cursor_u32be(cursor);
	grid.step_x = cursor_u16be(cursor);
	grid.step_y = cursor_u16be(cursor);
	if (cursor->failed || dictionary == NULL || dictionary->type != 16 ||
	    dictionary->symbols.count == 0)
		return -ERR_MALFORMED;
	grid.plane_count = jbig2_id_length(dictionary->symbols.count);
	if (flags >> 7 & 1)
		for (size_t i = 0; i < (size_t)bitmap->width * bitmap->height;
		     i++)
			bitmap->pixels[i] = 1;
	if (flags >> 3 & 1)
		error = find_skipped(jbig2, &grid,
				     dictionary->symbols.bitmaps[0], bitmap);
	if (error == 0)
		error = read_planes(
		    jbig2, &grid,
		    view_slice(cursor->view, cursor->offset, SIZE_MAX));
	if (error != 0)
		return error;
	return draw(jbig2, &grid, &dictionary->symbols,
		    (enum jbig2_operator)(flags >> 4 & 7), bitmap);
}
