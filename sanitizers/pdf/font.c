#include "sanitizers/pdf/font.h"

#include "base/banned.h"

enum {
	SFNT_TABLES_MAX = 64,
	FONT_SIZE_MAX = 64 * 1024 * 1024,
	CFF_INDEXES = 4, /* names, top dictionaries, strings, subroutines */
};

#define TAG(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

static struct view sfnt_table(struct view font, uint32_t tag)
{
	struct cursor cursor = cursor_at(font, 4);
	unsigned count = cursor_u16be(&cursor);

	cursor_skip(&cursor, 6);
	for (unsigned i = 0; i < count && !cursor.failed; i++) {
		uint32_t name = cursor_u32be(&cursor);
		uint32_t offset;
		uint32_t size;

		cursor_skip(&cursor, 4);
		offset = cursor_u32be(&cursor);
		size = cursor_u32be(&cursor);
		if (name == tag && !cursor.failed)
			return view_slice(font, offset, size);
	}
	return view_of(NULL, 0);
}

/* Glyph offsets must rise and stay inside the glyph table: the first thing
 * that attacks on rasterizers bend. A last one too far is common. */
static bool glyphs_fit(struct view font)
{
	struct view head = sfnt_table(font, TAG('h', 'e', 'a', 'd'));
	struct view maxp = sfnt_table(font, TAG('m', 'a', 'x', 'p'));
	struct view loca = sfnt_table(font, TAG('l', 'o', 'c', 'a'));
	struct cursor cursor = cursor_at(head, 50);
	bool wide = cursor_u16be(&cursor) != 0;
	size_t count;
	uint32_t previous = 0;
	struct cursor at = cursor_at(loca, 0);

	if (cursor.failed || loca.size == 0)
		return false;
	cursor = cursor_at(maxp, 4);
	count = (size_t)cursor_u16be(&cursor) + 1;
	if (cursor.failed)
		return false;
	for (size_t i = 0; i < count && cursor_left(&at) >= (wide ? 4 : 2);
	     i++) {
		uint32_t offset =
		    wide ? cursor_u32be(&at) : cursor_u16be(&at) * 2U;

		if (offset < previous)
			return false;
		previous = offset;
	}
	return true;
}

static bool sfnt_fits(struct view font)
{
	struct cursor cursor = cursor_at(font, 0);
	uint32_t version = cursor_u32be(&cursor);
	unsigned count = cursor_u16be(&cursor);

	if (count == 0 || count > SFNT_TABLES_MAX)
		return false;
	cursor_skip(&cursor, 6);
	for (unsigned i = 0; i < count; i++) {
		uint32_t offset;

		cursor_skip(&cursor, 8);
		offset = cursor_u32be(&cursor);
		(void)cursor_u32be(&cursor);
		/* A table cut at the end of the file is common, one that
		 * starts behind it is not. */
		if (cursor.failed || offset > font.size)
			return false;
	}
	if (version == TAG('O', 'T', 'T', 'O'))
		return sfnt_table(font, TAG('C', 'F', 'F', ' ')).size > 0;
	return glyphs_fit(font);
}

static uint32_t read_offset(struct cursor *cursor, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | cursor_u8(cursor);
	return value;
}

static bool skip_index(struct cursor *cursor)
{
	unsigned count = cursor_u16be(cursor);
	unsigned size;
	uint32_t previous = 1;

	if (count == 0)
		return !cursor->failed;
	size = cursor_u8(cursor);
	if (size < 1 || size > 4)
		return false;
	for (unsigned i = 0; i <= count && !cursor->failed; i++) {
		uint32_t offset = read_offset(cursor, size);

		if (offset < previous || (i == 0 && offset != 1))
			return false;
		previous = offset;
	}
	cursor_skip(cursor, previous - 1);
	return !cursor->failed;
}

static bool cff_fits(struct view font)
{
	struct cursor cursor = cursor_at(font, 2);
	uint8_t header = cursor_u8(&cursor);

	cursor_seek(&cursor, header);
	for (int i = 0; i < CFF_INDEXES; i++)
		if (!skip_index(&cursor))
			return false;
	return true;
}

static bool type1_fits(struct view font)
{
	return view_find(font, view_of_string("eexec"), 0) != SIZE_MAX ||
	       view_find(font, view_of_string("/CharStrings"), 0) != SIZE_MAX;
}

bool pdf_font_fits(struct view font)
{
	struct cursor cursor = cursor_at(font, 0);
	uint32_t tag = cursor_u32be(&cursor);

	if (cursor.failed || font.size > FONT_SIZE_MAX)
		return false;
	if (tag == 0x00010000 || tag == TAG('t', 'r', 'u', 'e') ||
	    tag == TAG('O', 'T', 'T', 'O') || tag == 0x00020000)
		return sfnt_fits(font);
	if (font.data[0] == 1 && font.data[1] == 0)
		return cff_fits(font);
	if (view_starts_with(font, "%!") ||
	    (font.data[0] == 0x80 && font.data[1] == 1))
		return type1_fits(font);
	return false;
}

int pdf_write_font(struct pdf_stream *stream, struct buffer *keys,
		   uint32_t number)
{
	int error;

	if (stream->final != FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	error = pdf_stream_decode(stream, FONT_SIZE_MAX);
	if (error == 0)
		error = pdf_stream_write(stream, keys, number);
	return error;
}
