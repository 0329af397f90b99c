/* Numbering ([MS-DOC] 2.9.131, 2.9.147, 2.9.150). */
#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	LIST_SIZE = 28,
	LIST_FLAGS = 26,
	LIST_SIMPLE = 1,
	LEVELS = 9,
	LEVEL_SIZE = 28,
	LEVEL_CHARACTERS = 24, /* sizes of its lists of properties */
	LEVEL_PARAGRAPH = 25,
	OVERRIDE_SIZE = 16,
	OVERRIDE_COUNT = 12,
	OVERRIDE_FORMATTED = 0x20,
};

/* One level: a fixed part, properties of paragraph and number, its text. */
static int write_level(struct doc *doc, struct cursor *cursor,
		       struct buffer *out)
{
	struct view fixed = cursor_take(cursor, LEVEL_SIZE);
	struct view lists;
	struct view text;
	size_t at = out->size + LEVEL_SIZE;
	size_t size;
	size_t start;
	int error;

	if (cursor->failed)
		return -ERR_MALFORMED;
	size = fixed.data[LEVEL_PARAGRAPH];
	lists = cursor_take(cursor, size + fixed.data[LEVEL_CHARACTERS]);
	start = cursor->offset;
	cursor_skip(cursor, (size_t)cursor_u16le(cursor) * 2);
	text = view_slice(cursor->view, start, cursor->offset - start);
	if (cursor->failed)
		return -ERR_MALFORMED;
	buffer_view(out, fixed);
	buffer_view(out, lists);
	buffer_view(out, text);
	if (buffer_error(out) != 0)
		return buffer_error(out);
	error = doc_properties_filter(doc, out->data + at, size, PLACE_OTHER);
	if (error != 0)
		return error;
	return doc_properties_filter(doc, out->data + at + size,
				     lists.size - size, PLACE_OTHER);
}

int doc_lists_write(struct doc *doc, struct view region, struct buffer *out,
		    uint32_t *ret_size)
{
	struct cursor cursor = cursor_at(region, 0);
	size_t count = cursor_u16le(&cursor);
	struct view lists = cursor_take(&cursor, count * LIST_SIZE);

	if (cursor.failed || count > INT16_MAX)
		return -ERR_MALFORMED;
	buffer_u16le(out, (uint16_t)count);
	buffer_view(out, lists);
	*ret_size = (uint32_t)(2 + lists.size);
	for (size_t i = 0; i < count; i++) {
		uint8_t flags = lists.data[i * LIST_SIZE + LIST_FLAGS];
		size_t levels = (flags & LIST_SIMPLE) != 0 ? 1 : LEVELS;

		for (size_t k = 0; k < levels; k++) {
			int error = write_level(doc, &cursor, out);

			if (error != 0)
				return error;
		}
	}
	return buffer_error(out);
}

int doc_overrides_write(struct doc *doc, struct view region, struct buffer *out)
{
	struct cursor cursor = cursor_at(region, 0);
	size_t count = cursor_u32le(&cursor);
	struct view overrides;

	if (count > region.size / OVERRIDE_SIZE)
		return -ERR_MALFORMED;
	overrides = cursor_take(&cursor, count * OVERRIDE_SIZE);
	if (cursor.failed)
		return -ERR_MALFORMED;
	buffer_u32le(out, (uint32_t)count);
	buffer_view(out, overrides);
	for (size_t i = 0; i < count; i++) {
		size_t levels =
		    overrides.data[i * OVERRIDE_SIZE + OVERRIDE_COUNT];

		buffer_u32le(out, cursor_u32le(&cursor));
		for (size_t k = 0; k < levels; k++) {
			uint32_t start = cursor_u32le(&cursor);
			uint32_t flags = cursor_u32le(&cursor);
			int error = 0;

			buffer_u32le(out, start);
			buffer_u32le(out, flags);
			if ((flags & OVERRIDE_FORMATTED) != 0)
				error = write_level(doc, &cursor, out);
			if (error != 0)
				return error;
		}
	}
	if (cursor.failed)
		return -ERR_MALFORMED;
	return buffer_error(out);
}
