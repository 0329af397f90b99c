/* The frame of what is shown to people of an item's sanitized copy. */
#include "base/message.h"

#include "base/wire.h"

void preview_frame_write(struct buffer *buffer, const struct preview *value)
{
	pack_string(buffer, value->item_id);
	buffer_u32le(buffer, value->reason);
	buffer_bytes(buffer, value->policy_sha256,
		     sizeof(value->policy_sha256));
	buffer_u32le(buffer, value->pages);
	buffer_u16le(buffer, (uint16_t)value->count);
	for (size_t i = 0; i < value->count; i++) {
		buffer_u8(buffer, (uint8_t)value->parts[i].kind);
		buffer_u64le(buffer, value->parts[i].bytes);
		pack_string(buffer, value->parts[i].title);
	}
}

static void read_part(struct cursor *cursor, struct preview_part *part)
{
	part->kind = wire_below(cursor, cursor_u8(cursor), PREVIEW_KINDS);
	part->bytes = cursor_u64le(cursor);
	unpack_string(cursor, part->title, sizeof(part->title));
	if (part->bytes > PREVIEW_BYTES_MAX)
		cursor->failed = true;
}

int preview_frame_read(struct view payload, struct preview *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct preview){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->reason = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	wire_digest(&cursor, ret->policy_sha256);
	ret->pages = cursor_u32le(&cursor);
	ret->count =
	    wire_below(&cursor, cursor_u16le(&cursor), PREVIEW_PARTS_MAX + 1);
	for (size_t i = 0; i < ret->count && !cursor.failed; i++)
		read_part(&cursor, &ret->parts[i]);
	/* Either there is something, or there is a reason. */
	if ((ret->reason == ERR_NONE) != (ret->count > 0))
		return -ERR_PROTOCOL;
	return item_id_valid(ret->item_id) ? wire_end(&cursor) : -ERR_PROTOCOL;
}

const char *preview_kind_name(enum preview_kind kind)
{
	static const char *const names[PREVIEW_KINDS] = {
	    [PREVIEW_PAGE] = "page",
	    [PREVIEW_TEXT] = "text",
	    [PREVIEW_MACRO] = "macro",
	};

	return kind < PREVIEW_KINDS ? names[kind] : "text";
}
