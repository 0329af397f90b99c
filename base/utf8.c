#include "base/utf8.h"

/* Length of the valid sequence at `data`, 0 when there is none. */
static size_t sequence(const uint8_t *data, size_t size, uint32_t *ret_value)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value;
	size_t length;

	if (data[0] < 0x80) {
		*ret_value = data[0];
		return 1;
	}
	if (data[0] >= 0xC2 && data[0] <= 0xDF) {
		length = 2;
		value = data[0] & 0x1F;
	} else if (data[0] >= 0xE0 && data[0] <= 0xEF) {
		length = 3;
		value = data[0] & 0x0F;
	} else if (data[0] >= 0xF0 && data[0] <= 0xF4) {
		length = 4;
		value = data[0] & 0x07;
	} else {
		return 0;
	}
	if (size < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((data[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (data[i] & 0x3F);
	}
	if (value < least[length] || value > 0x10FFFF ||
	    (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*ret_value = value;
	return length;
}

uint32_t utf8_next(struct cursor *cursor)
{
	uint32_t value = 0;
	size_t length;

	if (cursor_left(cursor) == 0) {
		cursor->failed = true;
		return 0;
	}
	length = sequence(cursor->view.data + cursor->offset,
			  cursor_left(cursor), &value);
	if (length == 0) {
		cursor->offset++;
		return 0xFFFD;
	}
	cursor->offset += length;
	return value;
}

bool utf8_valid(struct view view)
{
	size_t offset = 0;

	while (offset < view.size) {
		uint32_t value;
		size_t length =
		    sequence(view.data + offset, view.size - offset, &value);

		if (length == 0)
			return false;
		offset += length;
	}
	return true;
}

/* Whether these are the first bytes of a character that was cut. */
static bool is_beginning(const uint8_t *data, size_t size)
{
	if (size >= 4 || data[0] < 0xC2 || data[0] > 0xF4)
		return false;
	for (size_t i = 1; i < size; i++)
		if ((data[i] & 0xC0) != 0x80)
			return false;
	return true;
}

void utf8_repair(char *text)
{
	uint8_t *bytes = (uint8_t *)text;
	size_t size = strlen(text);
	size_t offset = 0;

	while (offset < size) {
		uint32_t value;
		size_t length = sequence(bytes + offset, size - offset, &value);

		if (length > 0) {
			offset += length;
		} else if (is_beginning(bytes + offset, size - offset)) {
			bytes[offset] = '\0';
			return;
		} else {
			bytes[offset++] = '?';
		}
	}
}

bool utf8_is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD ||
	       c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
	       c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
	       (c >= 0xE0000 && c <= 0xE007F);
}

void utf8_write_visible(struct buffer *buffer, struct view view)
{
	struct cursor cursor = cursor_at(view, 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (utf8_is_unsafe(character))
			buffer_format(buffer, "<U+%04X>", (unsigned)character);
		else
			buffer_utf8(buffer, character);
	}
}
