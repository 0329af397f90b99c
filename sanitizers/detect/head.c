#include "sanitizers/detect/head.h"

#include "base/utf8.h"

#include "base/banned.h"

enum { PROBE_MAX = 512 };

enum width { WIDTH_BYTE, WIDTH_LITTLE, WIDTH_BIG };

/* UTF-16 by its mark, or because every second byte is zero. */
static enum width width_of(struct view input)
{
	size_t probe = input.size < PROBE_MAX ? input.size : PROBE_MAX;
	size_t zeros[2] = {0, 0};

	if (view_starts_with(input, "\xFF\xFE"))
		return WIDTH_LITTLE;
	if (view_starts_with(input, "\xFE\xFF"))
		return WIDTH_BIG;
	for (size_t i = 0; i < probe; i++)
		zeros[i % 2] += input.data[i] == 0;
	if (probe >= 4 && zeros[1] * 8 > probe && zeros[0] * 8 < zeros[1])
		return WIDTH_LITTLE;
	if (probe >= 4 && zeros[0] * 8 > probe && zeros[1] * 8 < zeros[0])
		return WIDTH_BIG;
	return WIDTH_BYTE;
}

static uint32_t next_character(struct cursor *cursor, enum width width)
{
	size_t from = cursor->offset;
	uint32_t character;

	if (width != WIDTH_BYTE)
		return width == WIDTH_LITTLE ? cursor_u16le(cursor)
					     : cursor_u16be(cursor);
	character = utf8_next(cursor);
	/* In other charsets a trail byte may look like ASCII; a byte that is
	 * no UTF-8 is skipped alone so that nothing hides behind it. */
	if (character == 0xFFFD)
		cursor->offset = from + 1;
	return character;
}

/* ESC, what a terminal takes with it, and nothing more. */
static void skip_escape(struct cursor *cursor, enum width width)
{
	uint32_t character = next_character(cursor, width);

	if (character == '[') {
		do {
			character = next_character(cursor, width);
		} while (!cursor->failed &&
			 (character < 0x40 || character > 0x7E) &&
			 character >= 0x20);
	} else if (character >= 0x20 && character < 0x30) {
		do {
			character = next_character(cursor, width);
		} while (!cursor->failed && character >= 0x20 &&
			 character < 0x30);
	}
}

static bool is_blank(uint32_t character)
{
	return character == ' ' || character == '\t' || character == '\n' ||
	       character == '\r' || character == '\f' || character == 0xA0 ||
	       character == 0x3000;
}

/* Printable ASCII, which most heads are, in one go. */
static size_t take_ascii(struct cursor *cursor, char *text, size_t room)
{
	struct view left = view_slice(cursor->view, cursor->offset, room);
	size_t size = 0;

	while (size < left.size && left.data[size] >= ' ' &&
	       left.data[size] < 0x7F) {
		text[size] = (char)tolower(left.data[size]);
		size++;
	}
	cursor_skip(cursor, size);
	return size;
}

void head_make(struct view input, size_t limit, struct head *ret_head)
{
	enum width width = width_of(input);
	struct cursor cursor = cursor_at(view_slice(input, 0, 4 * limit), 0);
	size_t size = 0;

	while (cursor_left(&cursor) > 0 && size < limit) {
		uint32_t character;

		if (width == WIDTH_BYTE && size > 0)
			size += take_ascii(&cursor, ret_head->text + size,
					   limit - size);
		if (cursor_left(&cursor) == 0 || size == limit)
			break;
		character = next_character(&cursor, width);
		if (cursor.failed)
			break;
		if (character == 0x1B) {
			skip_escape(&cursor, width);
			continue;
		}
		if (is_blank(character)) {
			if (size == 0)
				continue;
			if (character >= 0x80 || character == '\f')
				character = ' ';
		} else if (utf8_is_unsafe(character)) {
			continue;
		}
		if (character >= 'A' && character <= 'Z')
			character += 'a' - 'A';
		ret_head->text[size++] =
		    character < 0x7F ? (char)character : (char)HEAD_OTHER;
	}
	ret_head->text[size] = '\0';
	ret_head->size = size;
}

const char *head_find(const struct head *head, const char *needle,
		      size_t within)
{
	struct view text =
	    view_slice(view_of(head->text, head->size), 0, within);
	size_t at = view_find(text, view_of_string(needle), 0);

	return at == SIZE_MAX ? NULL : head->text + at;
}
