/* The frames of the settings that are in force. */
#include "base/message.h"

#include "base/wire.h"

void settings_write(struct buffer *buffer, const struct settings_state *value)
{
	buffer_u8(buffer, value->refused);
	buffer_u8(buffer, (uint8_t)value->reason);
	pack_string(buffer, value->actor);
	buffer_bytes(buffer, value->file_sha256, sizeof(value->file_sha256));
	pack_string(buffer, value->version);
	pack_string(buffer, value->detail);
}

int settings_read(struct view payload, struct settings_state *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct settings_state){0};
	ret->refused = wire_flag(&cursor);
	ret->reason = (enum settings_reason)wire_below(
	    &cursor, cursor_u8(&cursor), SETTINGS_REASON_COUNT);
	unpack_string(&cursor, ret->actor, sizeof(ret->actor));
	wire_digest(&cursor, ret->file_sha256);
	unpack_string(&cursor, ret->version, sizeof(ret->version));
	unpack_string(&cursor, ret->detail, sizeof(ret->detail));
	if (ret->version[0] != '\0' && !item_id_valid(ret->version))
		return -ERR_PROTOCOL;
	return wire_end(&cursor);
}

const char *settings_reason_name(enum settings_reason reason)
{
	static const char *const names[SETTINGS_REASON_COUNT] = {
	    [SETTINGS_START] = "start",
	    [SETTINGS_RELOAD] = "reload",
	    [SETTINGS_VERSION] = "version",
	};

	return names[reason];
}
