#include "sanitizers/pdf/sfnt.h"

#include "base/banned.h"

enum {
	TABLES_MAX = 64,
	LISTED = 18,
	HEADER_SIZE = 12,
	ENTRY_SIZE = 16,
	HEAD_SIZE = 54,
	HEAD_ADJUSTMENT = 8,
	HEAD_LOCA_FORMAT = 50,
	GLYPHS_SIZE_MAX = 32 * 1024 * 1024,
};

#define TAG(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

/* What viewers of PDF use; in the order of their tags, as is the rule. */
static const uint32_t listed[LISTED] = {
    TAG('C', 'F', 'F', ' '), TAG('G', 'S', 'U', 'B'), TAG('O', 'S', '/', '2'),
    TAG('V', 'O', 'R', 'G'), TAG('c', 'm', 'a', 'p'), TAG('c', 'v', 't', ' '),
    TAG('f', 'p', 'g', 'm'), TAG('g', 'l', 'y', 'f'), TAG('h', 'e', 'a', 'd'),
    TAG('h', 'h', 'e', 'a'), TAG('h', 'm', 't', 'x'), TAG('l', 'o', 'c', 'a'),
    TAG('m', 'a', 'x', 'p'), TAG('n', 'a', 'm', 'e'), TAG('p', 'o', 's', 't'),
    TAG('p', 'r', 'e', 'p'), TAG('v', 'h', 'e', 'a'), TAG('v', 'm', 't', 'x'),
};

enum {
	TABLE_CFF = 0,
	TABLE_GLYF = 7,
	TABLE_HEAD = 8,
	TABLE_LOCA = 11,
	TABLE_MAXP = 12,
};

struct sfnt {
	struct view font;
	uint32_t version;
	struct view tables[LISTED];
	bool present[LISTED];
	bool clean;
	size_t glyphs;
	bool wide; /* loca holds offsets, not halves of them */
};

static int index_of(uint32_t tag)
{
	for (int i = 0; i < LISTED; i++)
		if (listed[i] == tag)
			return i;
	return -1;
}

static bool read_directory(struct sfnt *sfnt)
{
	struct cursor cursor = cursor_at(sfnt->font, 0);
	unsigned count;

	sfnt->version = cursor_u32be(&cursor);
	count = cursor_u16be(&cursor);
	cursor_skip(&cursor, 6);
	if (cursor.failed || count == 0 || count > TABLES_MAX)
		return false;
	for (unsigned i = 0; i < count; i++) {
		int table = index_of(cursor_u32be(&cursor));
		uint32_t offset;
		uint32_t size;

		cursor_skip(&cursor, 4);
		offset = cursor_u32be(&cursor);
		size = cursor_u32be(&cursor);
		if (cursor.failed)
			return false;
		if (table < 0 || sfnt->present[table] ||
		    offset > sfnt->font.size) {
			sfnt->clean = false;
			continue;
		}
		sfnt->present[table] = true;
		sfnt->tables[table] = view_slice(sfnt->font, offset, size);
		if (sfnt->tables[table].size != size)
			sfnt->clean = false;
	}
	return true;
}

static uint32_t location(const struct sfnt *sfnt, size_t glyph)
{
	struct cursor cursor =
	    cursor_at(sfnt->tables[TABLE_LOCA], glyph * (sfnt->wide ? 4 : 2));

	if (sfnt->wide)
		return cursor_u32be(&cursor);
	return cursor_u16be(&cursor) * 2U;
}

static size_t location_count(const struct sfnt *sfnt)
{
	return sfnt->tables[TABLE_LOCA].size / (sfnt->wide ? 4 : 2);
}

/* The bytes of one glyph where offsets are out of order: as FreeType reads
 * it, which is what the page looked like. */
static struct view glyph_of(const struct sfnt *sfnt, size_t glyph)
{
	struct view glyphs = sfnt->tables[TABLE_GLYF];
	size_t count = location_count(sfnt);
	uint32_t from;
	uint32_t to;

	if (glyph >= count)
		return view_of(NULL, 0);
	from = location(sfnt, glyph);
	to = glyph + 1 < count ? location(sfnt, glyph + 1) : from;
	if (from > glyphs.size)
		return view_of(NULL, 0);
	if (to > glyphs.size) {
		if (glyph + 2 != count)
			return view_of(NULL, 0);
		to = (uint32_t)glyphs.size;
	}
	return view_slice(glyphs, from, to >= from ? to - from : SIZE_MAX);
}

/* Offsets that jump about are how rasterizers are led astray. */
static bool check_glyphs(struct sfnt *sfnt)
{
	struct cursor head =
	    cursor_at(sfnt->tables[TABLE_HEAD], HEAD_LOCA_FORMAT);
	struct cursor maxp = cursor_at(sfnt->tables[TABLE_MAXP], 4);
	uint32_t previous = 0;
	size_t count;

	sfnt->wide = cursor_u16be(&head) != 0;
	sfnt->glyphs = cursor_u16be(&maxp);
	if (head.failed || maxp.failed || !sfnt->present[TABLE_LOCA])
		return false;
	count = location_count(sfnt);
	if (count < sfnt->glyphs + 1)
		sfnt->clean = false;
	for (size_t i = 0; i < count && i <= sfnt->glyphs; i++) {
		uint32_t at = location(sfnt, i);

		if (at < previous || at > sfnt->tables[TABLE_GLYF].size)
			sfnt->clean = false;
		previous = at;
	}
	return true;
}

static int rebuild_glyphs(struct sfnt *sfnt, struct buffer *glyphs,
			  struct buffer *locations)
{
	for (size_t i = 0; i < sfnt->glyphs; i++) {
		buffer_u32be(locations, (uint32_t)glyphs->size);
		buffer_view(glyphs, glyph_of(sfnt, i));
		buffer_fill(glyphs, 0, (4 - glyphs->size % 4) % 4);
	}
	buffer_u32be(locations, (uint32_t)glyphs->size);
	sfnt->tables[TABLE_GLYF] = buffer_contents(glyphs);
	sfnt->tables[TABLE_LOCA] = buffer_contents(locations);
	return buffer_error(glyphs) != 0 ? buffer_error(glyphs)
					 : buffer_error(locations);
}

static uint32_t checksum(struct view view)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < view.size; i++)
		sum += (uint32_t)view.data[i] << (24 - i % 4 * 8);
	return sum;
}

static void patch(struct buffer *out, size_t offset, uint32_t value)
{
	for (int i = 0; i < 4 && offset + 4 <= out->size; i++)
		out->data[offset + (size_t)i] =
		    (uint8_t)(value >> (24 - 8 * i));
}

static void write_table(struct buffer *out, struct view table, bool is_head,
			bool long_locations)
{
	size_t from = out->size;

	buffer_view(out, table);
	buffer_fill(out, 0, (4 - out->size % 4) % 4);
	if (!is_head || table.size < HEAD_SIZE || out->error != 0)
		return;
	patch(out, from + HEAD_ADJUSTMENT, 0);
	if (long_locations)
		out->data[from + HEAD_LOCA_FORMAT + 1] = 1;
}

static void write_font(const struct sfnt *sfnt, bool long_locations,
		       struct buffer *out)
{
	unsigned count = 0;
	unsigned power = 0;
	size_t entry = HEADER_SIZE;
	size_t head = 0;

	for (int i = 0; i < LISTED; i++)
		count += sfnt->present[i];
	while (2U << power <= count)
		power++;
	buffer_u32be(out, sfnt->version);
	buffer_u16be(out, (uint16_t)count);
	buffer_u16be(out, (uint16_t)(16U << power));
	buffer_u16be(out, (uint16_t)power);
	buffer_u16be(out, (uint16_t)(count * 16 - (16U << power)));
	buffer_fill(out, 0, (size_t)count * ENTRY_SIZE);
	for (int i = 0; i < LISTED; i++) {
		size_t from = out->size;

		if (!sfnt->present[i])
			continue;
		write_table(out, sfnt->tables[i], i == TABLE_HEAD,
			    long_locations);
		if (out->error != 0)
			return;
		if (i == TABLE_HEAD)
			head = from;
		patch(out, entry, listed[i]);
		patch(
		    out, entry + 4,
		    checksum(view_slice(buffer_contents(out), from, SIZE_MAX)));
		patch(out, entry + 8, (uint32_t)from);
		patch(out, entry + 12, (uint32_t)sfnt->tables[i].size);
		entry += ENTRY_SIZE;
	}
	if (head > 0)
		patch(out, head + HEAD_ADJUSTMENT,
		      0xb1b0afba - checksum(buffer_contents(out)));
}

enum sfnt_state sfnt_rebuild(struct view font, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer glyphs = buffer_make(GLYPHS_SIZE_MAX);
	BUFFER_CLEANUP struct buffer locations = buffer_make(GLYPHS_SIZE_MAX);
	struct sfnt sfnt = {.font = font, .clean = true};
	bool outlines;

	if (!read_directory(&sfnt))
		return SFNT_BAD;
	outlines = sfnt.version != TAG('O', 'T', 'T', 'O');
	if (!outlines && sfnt.tables[TABLE_CFF].size == 0)
		return SFNT_BAD;
	if (outlines && !check_glyphs(&sfnt))
		return SFNT_BAD;
	if (sfnt.clean)
		return SFNT_CLEAN;
	if (outlines && rebuild_glyphs(&sfnt, &glyphs, &locations) != 0)
		return SFNT_BAD;
	write_font(&sfnt, outlines, out);
	return buffer_error(out) == 0 ? SFNT_REBUILT : SFNT_BAD;
}
