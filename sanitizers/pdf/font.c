#include "sanitizers/pdf/font.h"

#include "base/banned.h"

enum {
	FONT_SIZE_MAX = 64 * 1024 * 1024,
	CFF_INDEXES = 4, /* names, top dictionaries, strings, subroutines */
};

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

static bool is_sfnt(uint32_t tag)
{
	return tag == 0x00010000 || tag == 0x00020000 ||
	       tag == 0x74727565 /* true */ || tag == 0x4f54544f /* OTTO */;
}

enum sfnt_state pdf_font_check(struct view font, struct buffer *out)
{
	struct cursor cursor = cursor_at(font, 0);
	uint32_t tag = cursor_u32be(&cursor);
	bool fits = false;

	if (cursor.failed || font.size > FONT_SIZE_MAX)
		return SFNT_BAD;
	if (is_sfnt(tag))
		return sfnt_rebuild(font, out);
	if (font.data[0] == 1 && font.data[1] == 0)
		fits = cff_fits(font);
	else if (view_starts_with(font, "%!") ||
		 (font.data[0] == 0x80 && font.data[1] == 1))
		fits = type1_fits(font);
	return fits ? SFNT_CLEAN : SFNT_BAD;
}

int pdf_write_font(struct pdf_stream *stream, struct buffer *keys,
		   uint32_t number)
{
	BUFFER_CLEANUP struct buffer rebuilt = buffer_make(FONT_SIZE_MAX);
	uint32_t whole = pdf_map_find(&stream->pdf->whole, stream->object,
				      stream->generation, 1);
	int error;

	if (stream->final != FILTER_UNKNOWN)
		return -ERR_MALFORMED;
	if (whole > 0 && whole <= stream->raw.size) {
		stream->keep_raw = true;
		stream->raw.size = whole;
		return pdf_stream_write(stream, keys, number);
	}
	error = pdf_stream_decode(stream, FONT_SIZE_MAX);
	if (error != 0)
		return error;
	if (pdf_font_check(buffer_contents(&stream->data), &rebuilt) !=
	    SFNT_REBUILT)
		return pdf_stream_write(stream, keys, number);
	pdf_note(stream->pdf, REMOVAL_PDF_FONT_TABLES, "font file", "");
	return pdf_stream_write_data(stream->pdf, keys,
				     buffer_contents(&rebuilt), number);
}
