/*
 * A read-only stretch of bytes that somebody else owns, and the cursor that
 * reads one. A cursor never leaves its view: a read past the end sets a sticky
 * failure, returns zeros, and every later read fails too, so that a parser
 * reads on and checks once.
 */
#ifndef SEKISHO_BASE_VIEW_H
#define SEKISHO_BASE_VIEW_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const uint8_t *data; /* NULL only when size is 0 */
	size_t size;         /* bytes */
};

static inline struct view view_of(const void *data, size_t size)
{
	return (struct view){(const uint8_t *)data, size};
}

static inline struct view view_of_string(const char *text)
{
	return view_of(text, strlen(text));
}

/* The part of `view` from `offset`, at most `size` bytes; what lies outside is
 * cut off, an offset behind the end gives an empty view. */
static inline struct view view_slice(struct view view, size_t offset,
				     size_t size)
{
	if (offset >= view.size)
		return (struct view){NULL, 0};
	if (size > view.size - offset)
		size = view.size - offset;
	return (struct view){view.data + offset, size};
}

static inline bool view_equal(struct view a, struct view b)
{
	return a.size == b.size &&
	       (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool view_starts_with(struct view view, const char *text);

/* ASCII letters are compared without case. */
bool view_equal_nocase(struct view view, const char *text);
bool view_starts_with_nocase(struct view view, const char *text);

/* Offset of the first occurrence of `needle` at or after `from`, SIZE_MAX when
 * there is none. */
size_t view_find(struct view view, struct view needle, size_t from);

/* Offset of the last occurrence of `needle`, SIZE_MAX when there is none. */
size_t view_find_last(struct view view, struct view needle);

struct cursor {
	struct view view;
	size_t offset; /* bytes from the start of the view */
	bool failed;   /* sticky */
};

static inline struct cursor cursor_at(struct view view, size_t offset)
{
	return (struct cursor){view, offset, offset > view.size};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
	return cursor->failed ? 0 : cursor->view.size - cursor->offset;
}

uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16le(struct cursor *cursor);
uint32_t cursor_u32le(struct cursor *cursor);
uint64_t cursor_u64le(struct cursor *cursor);
uint16_t cursor_u16be(struct cursor *cursor);
uint32_t cursor_u32be(struct cursor *cursor);
void cursor_skip(struct cursor *cursor, size_t size);
void cursor_seek(struct cursor *cursor, size_t offset);

/* The next `size` bytes, or an empty view after a failure. */
struct view cursor_take(struct cursor *cursor, size_t size);

#endif
