/* The frames of the console. */
#include "base/message.h"

#include "base/wire.h"

void console_call_write(struct buffer *buffer, const struct console_call *value)
{
	pack_string(buffer, value->operation);
	pack_string(buffer, value->token);
	pack_string(buffer, value->source);
	pack_string(buffer, value->once);
	pack_string(buffer, value->tenant);
	buffer_u8(buffer, value->client);
}

int console_call_read(struct view payload, struct console_call *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct console_call){0};
	unpack_string(&cursor, ret->operation, sizeof(ret->operation));
	unpack_string(&cursor, ret->token, sizeof(ret->token));
	unpack_string(&cursor, ret->source, sizeof(ret->source));
	unpack_string(&cursor, ret->once, sizeof(ret->once));
	unpack_string(&cursor, ret->tenant, sizeof(ret->tenant));
	ret->client = wire_flag(&cursor);
	return wire_end(&cursor);
}
