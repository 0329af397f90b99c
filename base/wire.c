#include "base/wire.h"

unsigned wire_below(struct cursor *cursor, unsigned value, unsigned count)
{
	if (value >= count) {
		cursor->failed = true;
		return 0;
	}
	return value;
}

bool wire_flag(struct cursor *cursor)
{
	return wire_below(cursor, cursor_u8(cursor), 2) == 1;
}

void wire_digest(struct cursor *cursor, uint8_t ret_digest[32])
{
	struct view view = cursor_take(cursor, 32);

	if (view.size == 32)
		memcpy(ret_digest, view.data, 32);
}

void wire_passwords_write(struct buffer *buffer, size_t count,
			  const char (*passwords)[PASSWORD_SIZE_MAX + 1])
{
	buffer_u16le(buffer, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		pack_string(buffer, passwords[i]);
}

size_t wire_passwords_read(struct cursor *cursor,
			   char (*ret_passwords)[PASSWORD_SIZE_MAX + 1])
{
	size_t count =
	    wire_below(cursor, cursor_u16le(cursor), PASSWORDS_MAX + 1);

	for (size_t i = 0; i < count; i++)
		unpack_string(cursor, ret_passwords[i], PASSWORD_SIZE_MAX + 1);
	return count;
}

int wire_end(const struct cursor *cursor)
{
	return cursor->failed || cursor_left(cursor) != 0 ? -ERR_PROTOCOL : 0;
}
