#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	FORM_TEXT = 0,
	FORM_BOX = 1,
	FORM_LIST = 2,
	FORM_KIND = 3, /* bits of the first word */
	TEXT_MAX = 255 + 1,
};

/* A text with its length in front and a zero behind ([MS-DOC] 2.9.360). */
static struct view take_text(struct cursor *cursor)
{
	size_t start = cursor->offset;
	uint16_t length = cursor_u16le(cursor);

	cursor_skip(cursor, (size_t)length * 2 + 2);
	cursor->failed |= length > TEXT_MAX;
	if (cursor->failed)
		return view_of(NULL, 0);
	return view_slice(cursor->view, start, cursor->offset - start);
}

/* The entries of a list to choose from: an STTB of UTF-16. */
static struct view take_entries(struct cursor *cursor)
{
	size_t start = cursor->offset;
	uint16_t extended = cursor_u16le(cursor);
	uint16_t count = cursor_u16le(cursor);

	if (extended != 0xFFFF || cursor_u16le(cursor) != 0)
		cursor->failed = true;
	for (uint16_t i = 0; i < count && !cursor->failed; i++)
		cursor_skip(cursor, (size_t)cursor_u16le(cursor) * 2);
	if (cursor->failed)
		return view_of(NULL, 0);
	return view_slice(cursor->view, start, cursor->offset - start);
}

static void report(struct doc *doc, struct view macro)
{
	if (macro.size > 4)
		job_remove(doc->job, REMOVAL_DOC_FORM_MACRO, "Data", macro,
			   "%s", "");
}

bool doc_form_write(struct doc *doc, struct view data, struct buffer *out)
{
	struct cursor cursor = cursor_at(data, 0);
	size_t start = out->size;
	struct view texts[6];
	struct view entries = view_of(NULL, 0);
	unsigned kind;
	size_t i = 0;

	if (cursor_u32le(&cursor) != UINT32_MAX)
		return false;
	kind = cursor_u16le(&cursor) & FORM_KIND;
	if (kind > FORM_LIST)
		return false;
	cursor_skip(&cursor, 4); /* sizes */
	buffer_view(out, view_slice(data, 0, cursor.offset));
	/* Name, default, format, help, status line; then the macros. */
	texts[i] = take_text(&cursor);
	buffer_view(out, texts[i++]);
	if (kind == FORM_TEXT) {
		texts[i] = take_text(&cursor);
		buffer_view(out, texts[i]);
	} else {
		buffer_u16le(out, cursor_u16le(&cursor));
	}
	for (i = 0; i < 3; i++)
		buffer_view(out, take_text(&cursor));
	texts[4] = take_text(&cursor);
	texts[5] = take_text(&cursor);
	buffer_fill(out, 0, 8);
	if (kind == FORM_LIST)
		entries = take_entries(&cursor);
	buffer_view(out, entries);
	if (cursor.failed) {
		out->size = start;
		return false;
	}
	report(doc, texts[4]);
	report(doc, texts[5]);
	return true;
}
