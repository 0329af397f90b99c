#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	STYLE_FIXED_LEAST = 10, /* of StdfBase */
	KIND_PARAGRAPH = 1,
	KIND_CHARACTER,
	KIND_TABLE,
	KIND_NUMBERS,
	UPX_MAX = 16,
};

/* Whether the list begins with the number of its style. */
static bool has_number(unsigned kind, unsigned index)
{
	return kind == KIND_NUMBERS || (kind == KIND_PARAGRAPH && index == 0) ||
	       (kind == KIND_TABLE && index == 1);
}

/* One style ([MS-DOC] 2.9.260): fixed part, name, lists of properties. */
static int filter_style(struct doc *doc, uint8_t *style, size_t size,
			size_t fixed)
{
	size_t at = fixed;
	unsigned kind;
	unsigned count;

	if (size < fixed + 2)
		return size == 0 ? 0 : -ERR_MALFORMED;
	kind = doc_u16(style + 2) & 15;
	count = doc_u16(style + 4) & 15;
	at += 2 + (size_t)doc_u16(style + at) * 2 + 2;
	for (unsigned i = 0; i < count; i++) {
		size_t length;
		size_t skipped = has_number(kind, i) ? 2 : 0;
		int error;

		at += at & 1;
		if (at >= size)
			return 0;
		if (size - at < 2)
			break;
		length = doc_u16(style + at);
		at += 2;
		/* Leads into the next style: an empty list, as what follows. */
		if (length > size - at) {
			at -= 2;
			job_remove(doc->job, REMOVAL_DOC_REGION,
				   doc->table_name, view_of(NULL, 0),
				   "list %u of a style", i);
			break;
		}
		if (length > skipped) {
			error = doc_properties_filter(doc, style + at + skipped,
						      length - skipped,
						      PLACE_OTHER);
			if (error != 0)
				return error;
		}
		at += length;
	}
	/* Revisions of the style, of which nothing is known here. */
	for (; at < size; at++)
		style[at] = 0;
	return 0;
}

int doc_styles_write(struct doc *doc, struct view region, struct buffer *out)
{
	uint8_t *styles = arena_alloc(doc->job->arena, region.size);
	struct cursor cursor = cursor_at(region, 0);
	size_t header = cursor_u16le(&cursor);
	size_t fixed;

	if (styles == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < region.size; i++)
		styles[i] = region.data[i];
	cursor_skip(&cursor, 2);
	fixed = cursor_u16le(&cursor);
	if (cursor.failed || header < 4 || fixed < STYLE_FIXED_LEAST)
		return -ERR_MALFORMED;
	cursor_seek(&cursor, 2 + header);
	while (cursor_left(&cursor) >= 2) {
		size_t size = cursor_u16le(&cursor);
		size_t at = cursor.offset;
		int error;

		cursor_skip(&cursor, size);
		if (cursor.failed)
			return -ERR_MALFORMED;
		error = filter_style(doc, styles + at, size, fixed);
		if (error != 0)
			return error;
	}
	if (cursor.failed)
		return -ERR_MALFORMED;
	buffer_bytes(out, styles, region.size);
	return buffer_error(out);
}
