/* Segments of JBIG2 (ITU-T T.88, 7), and the page that they draw on. */
#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum {
	SEGMENTS_MAX = 20000,
	REFERRED_MAX = 4096,
	SYMBOLS_MAX = 1000 * 1000,
	SEGMENT_SYMBOLS = 0,
	SEGMENT_TEXT = 4,
	SEGMENT_PATTERNS = 16,
	SEGMENT_HALFTONE = 20,
	SEGMENT_GENERIC = 36,
	SEGMENT_REFINEMENT = 40,
	SEGMENT_PAGE_INFORMATION = 48,
	SEGMENT_END_OF_PAGE = 49,
	SEGMENT_END_OF_FILE = 51,
	SEGMENT_TABLE = 53,
};

static const uint32_t unknown_length = 0xffffffff;

struct jbig2_segment *jbig2_find(struct jbig2 *jbig2, uint32_t number)
{
	for (uint32_t i = jbig2->segment_count; i-- > 0;)
		if (jbig2->segments[i].number == number)
			return &jbig2->segments[i];
	return NULL;
}

const struct huffman *jbig2_user_table(struct jbig2 *jbig2,
				       const struct jbig2_segment *segment,
				       unsigned *next)
{
	unsigned at = 0;

	for (uint32_t i = 0; i < segment->referred_count; i++) {
		const struct jbig2_segment *other =
		    jbig2_find(jbig2, segment->referred[i]);

		if (other != NULL && other->table != NULL && at++ == *next) {
			(*next)++;
			return other->table;
		}
	}
	return NULL;
}

int jbig2_collect(struct jbig2 *jbig2, const struct jbig2_segment *segment,
		  uint32_t room, struct symbols *ret_symbols)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < segment->referred_count; i++) {
		const struct jbig2_segment *other =
		    jbig2_find(jbig2, segment->referred[i]);

		if (other != NULL && other->type == SEGMENT_SYMBOLS)
			count += other->symbols.count;
	}
	if (count > SYMBOLS_MAX)
		return -ERR_LIMIT_MEMBERS;
	*ret_symbols = (struct symbols){
	    .bitmaps = arena_array(jbig2->job->arena, count + room + 1,
				   sizeof(struct bitmap *))};
	if (ret_symbols->bitmaps == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 0; i < segment->referred_count; i++) {
		const struct jbig2_segment *other =
		    jbig2_find(jbig2, segment->referred[i]);

		if (other == NULL || other->type != SEGMENT_SYMBOLS)
			continue;
		for (uint32_t k = 0; k < other->symbols.count; k++)
			ret_symbols->bitmaps[ret_symbols->count++] =
			    other->symbols.bitmaps[k];
	}
	return 0;
}

void jbig2_read_at(struct cursor *cursor, int8_t *at, unsigned count)
{
	for (unsigned i = 0; i < count * 2; i++)
		at[i] = (int8_t)cursor_u8(cursor);
}

static uint32_t read_number(struct cursor *cursor, unsigned size)
{
	if (size == 1)
		return cursor_u8(cursor);
	return size == 2 ? cursor_u16be(cursor) : cursor_u32be(cursor);
}

/* The segments that this one builds on come before it. */
static bool read_references(struct jbig2 *jbig2, struct cursor *cursor,
			    struct jbig2_segment *segment)
{
	unsigned size = segment->number <= 256     ? 1
			: segment->number <= 65536 ? 2
						   : 4;
	uint32_t count = cursor_u8(cursor);
	uint32_t *referred;

	if (count >> 5 == 7) {
		cursor->offset--;
		count = cursor_u32be(cursor) & 0x1fffffff;
		if (count > REFERRED_MAX)
			return false;
		cursor_skip(cursor, (count + 8) / 8);
	} else {
		count >>= 5;
	}
	referred = arena_array(jbig2->job->arena, count + 1, sizeof(*referred));
	if (referred == NULL)
		return false;
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		referred[i] = read_number(cursor, size);
		if (referred[i] >= segment->number)
			return false;
	}
	segment->referred = referred;
	segment->referred_count = count;
	return !cursor->failed;
}

/* 7.2.7: only a generic region may leave its length open; it ends with two
 * bytes by its coding, and the number of its lines. */
static size_t find_length(const struct cursor *cursor)
{
	struct view rest = view_slice(cursor->view, cursor->offset, SIZE_MAX);
	bool fax = rest.size > 17 && (rest.data[17] & 1) != 0;
	size_t at = view_find(
	    rest, fax ? view_of("\0\0", 2) : view_of("\377\254", 2), 18);

	return at == SIZE_MAX ? rest.size : at + 6;
}

static bool read_segment(struct jbig2 *jbig2, struct cursor *cursor,
			 struct jbig2_segment *segment)
{
	uint8_t flags;
	size_t length;

	*segment = (struct jbig2_segment){.number = cursor_u32be(cursor)};
	flags = cursor_u8(cursor);
	segment->type = flags & 0x3f;
	if (!read_references(jbig2, cursor, segment))
		return false;
	cursor_skip(cursor, flags & 0x40 ? 4 : 1);
	length = cursor_u32be(cursor);
	if (cursor->failed)
		return false;
	if (length == unknown_length)
		length = find_length(cursor);
	if (length > cursor_left(cursor))
		length = cursor_left(cursor);
	segment->data = cursor_take(cursor, length);
	return true;
}

static int read_page(struct jbig2 *jbig2, struct jbig2_segment *segment)
{
	struct cursor cursor = cursor_at(segment->data, 0);
	uint32_t width = cursor_u32be(&cursor);
	uint32_t height = cursor_u32be(&cursor);
	unsigned flags;
	int error;

	cursor_skip(&cursor, 8);
	flags = cursor_u8(&cursor);
	if (cursor.failed || jbig2->page != NULL)
		return -ERR_MALFORMED;
	/* It grows by stripes: as high as the picture. */
	if (height == unknown_length)
		height = jbig2->page_height;
	error = bitmap_new(jbig2, width, height, &jbig2->page);
	if (error != 0 || (flags & 4) == 0)
		return error;
	for (size_t i = 0; i < (size_t)width * height; i++)
		jbig2->page->pixels[i] = 1;
	return 0;
}

static int read_generic(struct jbig2 *jbig2, struct cursor *cursor,
			struct bitmap *bitmap)
{
	unsigned flags = cursor_u8(cursor);
	struct generic generic = {.pattern = flags >> 1 & 3,
				  .typical = flags >> 3 & 1};
	uint8_t *contexts = arena_alloc(jbig2->job->arena, GENERIC_CONTEXTS);
	struct arithmetic decoder;
	struct view in;
	size_t used;

	/* Twelve adaptive pixels are an amendment that viewers do not read. */
	if (flags >> 4 & 1)
		return -ERR_MALFORMED;
	if ((flags & 1) == 0)
		jbig2_read_at(cursor, generic.at, generic.pattern == 0 ? 4 : 1);
	if (contexts == NULL)
		return -ERR_MEMORY;
	in = view_slice(cursor->view, cursor->offset, SIZE_MAX);
	if (flags & 1)
		return generic_decode_fax(jbig2, in, bitmap, &used);
	arithmetic_open(&decoder, in);
	return generic_decode(jbig2, &generic, &decoder, contexts, bitmap);
}

/* Of an intermediate region, or of what the page shows there. */
static int read_refinement(struct jbig2 *jbig2, struct jbig2_segment *segment,
			   const struct region *region, struct cursor *cursor,
			   struct bitmap *bitmap)
{
	unsigned flags = cursor_u8(cursor);
	struct refinement refinement = {.pattern = flags & 1,
					.typical = flags >> 1 & 1,
					.reference = jbig2->page,
					.x = -(int32_t)(region->x & 0xffff),
					.y = -(int32_t)(region->y & 0xffff)};
	uint8_t *contexts = arena_alloc(jbig2->job->arena, REFINEMENT_CONTEXTS);
	struct arithmetic decoder;

	if (refinement.pattern == 0)
		jbig2_read_at(cursor, refinement.at, 2);
	for (uint32_t i = 0; i < segment->referred_count; i++) {
		const struct jbig2_segment *other =
		    jbig2_find(jbig2, segment->referred[i]);

		if (other == NULL || other->bitmap == NULL)
			continue;
		refinement.reference = other->bitmap;
		refinement.x = refinement.y = 0;
	}
	if (contexts == NULL)
		return -ERR_MEMORY;
	if (refinement.reference == NULL)
		return -ERR_MALFORMED;
	arithmetic_open(&decoder,
			view_slice(cursor->view, cursor->offset, SIZE_MAX));
	return refinement_decode(jbig2, &refinement, &decoder, contexts,
				 bitmap);
}

/* Text, halftone, generic, refinement: shown at once or kept for later. */
static int read_region(struct jbig2 *jbig2, struct jbig2_segment *segment,
		       unsigned kind)
{
	struct cursor cursor = cursor_at(segment->data, 0);
	struct region region = {.width = cursor_u32be(&cursor),
				.height = cursor_u32be(&cursor),
				.x = cursor_u32be(&cursor),
				.y = cursor_u32be(&cursor)};
	struct bitmap *bitmap;
	int error;

	region.operator=(enum jbig2_operator)(cursor_u8(&cursor) & 7);
	if (cursor.failed || region.operator> JBIG2_SET)
		return -ERR_MALFORMED;
	error = bitmap_new(jbig2, region.width, region.height, &bitmap);
	if (error != 0)
		return error;
	switch (kind) {
	case SEGMENT_TEXT:
		error = jbig2_read_text(jbig2, segment, &cursor, bitmap);
		break;
	case SEGMENT_HALFTONE:
		error = jbig2_read_halftone(jbig2, segment, &cursor, bitmap);
		break;
	case SEGMENT_GENERIC:
		error = read_generic(jbig2, &cursor, bitmap);
		break;
	default:
		error =
		    read_refinement(jbig2, segment, &region, &cursor, bitmap);
		break;
	}
	if (error != 0 && error != -ERR_MALFORMED)
		return error;
	if (segment->type == kind) {
		segment->bitmap = bitmap;
	} else if (jbig2->page != NULL) {
		int drawn = bitmap_compose(jbig2, jbig2->page, bitmap, region.x,
					   region.y, region.operator);

		error = drawn != 0 ? drawn : error;
	}
	return error;
}

static int read_table(struct jbig2 *jbig2, struct jbig2_segment *segment)
{
	struct huffman *table = arena_alloc(jbig2->job->arena, sizeof(*table));
	int error;

	if (table == NULL)
		return -ERR_MEMORY;
	error = huffman_read_table(jbig2, segment->data, table);
	if (error == 0)
		segment->table = table;
	return error;
}

static int read_content(struct jbig2 *jbig2, struct jbig2_segment *segment)
{
	switch (segment->type) {
	case SEGMENT_SYMBOLS:
		return jbig2_read_symbols(jbig2, segment);
	case SEGMENT_PATTERNS:
		return jbig2_read_patterns(jbig2, segment);
	case SEGMENT_PAGE_INFORMATION:
		return read_page(jbig2, segment);
	case SEGMENT_TABLE:
		return read_table(jbig2, segment);
	case SEGMENT_TEXT:
	case SEGMENT_HALFTONE:
	case SEGMENT_GENERIC:
	case SEGMENT_REFINEMENT:
		return read_region(jbig2, segment, segment->type);
	/* The same, shown at once: without loss or nearly. */
	case SEGMENT_TEXT + 2:
	case SEGMENT_TEXT + 3:
		return read_region(jbig2, segment, SEGMENT_TEXT);
	case SEGMENT_HALFTONE + 2:
	case SEGMENT_HALFTONE + 3:
		return read_region(jbig2, segment, SEGMENT_HALFTONE);
	case SEGMENT_GENERIC + 2:
	case SEGMENT_GENERIC + 3:
		return read_region(jbig2, segment, SEGMENT_GENERIC);
	case SEGMENT_REFINEMENT + 2:
	case SEGMENT_REFINEMENT + 3:
		return read_region(jbig2, segment, SEGMENT_REFINEMENT);
	default:
		return 0;
	}
}

static int read_segments(struct jbig2 *jbig2, struct view in)
{
	struct cursor cursor = cursor_at(in, 0);

	while (cursor_left(&cursor) > 0) {
		struct jbig2_segment *segment;
		int error;

		if (jbig2->segment_count == SEGMENTS_MAX)
			return -ERR_LIMIT_MEMBERS;
		segment = &jbig2->segments[jbig2->segment_count];
		/* What does not parse behind whole segments is padding. */
		if (!read_segment(jbig2, &cursor, segment))
			return jbig2->page != NULL ? 0 : -ERR_MALFORMED;
		jbig2->segment_count++;
		if (segment->type == SEGMENT_END_OF_FILE ||
		    segment->type == SEGMENT_END_OF_PAGE)
			return 0;
		error = read_content(jbig2, segment);
		if (error != 0)
			return error;
	}
	return 0;
}

int jbig2_decode(struct job *job, struct view globals, struct view data,
		 uint32_t height, struct bitmap **ret_page, bool *ret_damaged)
{
	struct jbig2 jbig2 = {.job = job, .page_height = height};
	int error;

	jbig2.segments =
	    arena_array(job->arena, SEGMENTS_MAX, sizeof(*jbig2.segments));
	if (jbig2.segments == NULL)
		return -ERR_MEMORY;
	error = read_segments(&jbig2, globals);
	if (error == 0 || error == -ERR_MALFORMED) {
		*ret_damaged = error != 0;
		error = read_segments(&jbig2, data);
		*ret_damaged |= error != 0;
	}
	if (error != 0 && error != -ERR_MALFORMED)
		return error;
	*ret_page = jbig2.page;
	return jbig2.page == NULL ? -ERR_MALFORMED : 0;
}
