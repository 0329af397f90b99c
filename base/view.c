#define _GNU_SOURCE
#include "base/view.h"

bool view_starts_with(struct view view, const char *text)
{
	size_t size = strlen(text);

	return view.size >= size &&
	       (size == 0 || memcmp(view.data, text, size) == 0);
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

bool view_equal_nocase(struct view view, const char *text)
{
	if (view.size != strlen(text))
		return false;
	for (size_t i = 0; i < view.size; i++)
		if (lower(view.data[i]) != lower((uint8_t)text[i]))
			return false;
	return true;
}

bool view_starts_with_nocase(struct view view, const char *text)
{
	return view_equal_nocase(view_slice(view, 0, strlen(text)), text);
}

size_t view_find(struct view view, struct view needle, size_t from)
{
	const uint8_t *hit;

	if (from > view.size || needle.size == 0)
		return SIZE_MAX;
	if (view.size - from < needle.size)
		return SIZE_MAX;
	hit = memmem(view.data + from, view.size - from, needle.data,
		     needle.size);
	return hit == NULL ? SIZE_MAX : (size_t)(hit - view.data);
}

size_t view_find_last(struct view view, struct view needle)
{
	size_t end;

	if (needle.size == 0 || needle.size > view.size)
		return SIZE_MAX;
	end = view.size - needle.size + 1;
	while (end > 0) {
		const uint8_t *hit = memrchr(view.data, needle.data[0], end);

		if (hit == NULL)
			return SIZE_MAX;
		if (memcmp(hit, needle.data, needle.size) == 0)
			return (size_t)(hit - view.data);
		end = (size_t)(hit - view.data);
	}
	return SIZE_MAX;
}

struct view cursor_take(struct cursor *cursor, size_t size)
{
	struct view taken;

	if (cursor->failed || size > cursor->view.size - cursor->offset) {
		cursor->failed = true;
		return (struct view){NULL, 0};
	}
	taken = (struct view){cursor->view.data + cursor->offset, size};
	cursor->offset += size;
	return taken;
}

static uint64_t take_le(struct cursor *cursor, size_t size)
{
	struct view taken = cursor_take(cursor, size);
	uint64_t value = 0;

	for (size_t i = taken.size; i > 0; i--)
		value = value << 8 | taken.data[i - 1];
	return value;
}

static uint64_t take_be(struct cursor *cursor, size_t size)
{
	struct view taken = cursor_take(cursor, size);
	uint64_t value = 0;

	for (size_t i = 0; i < taken.size; i++)
		value = value << 8 | taken.data[i];
	return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
	return (uint8_t)take_le(cursor, 1);
}

uint16_t cursor_u16le(struct cursor *cursor)
{
	return (uint16_t)take_le(cursor, 2);
}

uint32_t cursor_u32le(struct cursor *cursor)
{
	return (uint32_t)take_le(cursor, 4);
}

uint64_t cursor_u64le(struct cursor *cursor)
{
	return take_le(cursor, 8);
}

uint16_t cursor_u16be(struct cursor *cursor)
{
	return (uint16_t)take_be(cursor, 2);
}

uint32_t cursor_u32be(struct cursor *cursor)
{
	return (uint32_t)take_be(cursor, 4);
}

void cursor_skip(struct cursor *cursor, size_t size)
{
	(void)cursor_take(cursor, size);
}

void cursor_seek(struct cursor *cursor, size_t offset)
{
	if (offset > cursor->view.size)
		cursor->failed = true;
	else
		cursor->offset = offset;
}
