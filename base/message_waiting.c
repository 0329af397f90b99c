/* The frames about items that wait for their password. */
#include "base/message.h"

#include "base/wire.h"

void vault_opened_write(struct buffer *buffer, const struct vault_opened *value)
{
	pack_string(buffer, value->item_id);
	buffer_u8(buffer, (uint8_t)value->channel);
	buffer_u8(buffer, (uint8_t)value->direction);
	pack_string(buffer, value->department);
	pack_string(buffer, value->name);
	pack_string(buffer, value->parent);
	buffer_u32le(buffer, value->tries_left);
	pack_string(buffer, value->delivery);
	buffer_u8(buffer, (uint8_t)value->task);
	pack_string(buffer, value->token);
}

int vault_opened_read(struct view payload, struct vault_opened *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct vault_opened){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->channel = wire_below(&cursor, cursor_u8(&cursor), CHANNEL_COUNT);
	ret->direction =
	    wire_below(&cursor, cursor_u8(&cursor), DIRECTION_COUNT);
	unpack_string(&cursor, ret->department, sizeof(ret->department));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	unpack_string(&cursor, ret->parent, sizeof(ret->parent));
	ret->tries_left = cursor_u32le(&cursor);
	unpack_string(&cursor, ret->delivery, sizeof(ret->delivery));
	ret->task = wire_below(&cursor, cursor_u8(&cursor), TASK_COUNT);
	unpack_string(&cursor, ret->token, sizeof(ret->token));
	return item_id_valid(ret->item_id) ? wire_end(&cursor) : -ERR_PROTOCOL;
}

void reprocess_write(struct buffer *buffer, const struct reprocess *value)
{
	pack_string(buffer, value->item_id);
	buffer_u8(buffer, value->takes_output);
	wire_passwords_write(buffer, value->password_count, value->passwords);
}

int reprocess_read(struct view payload, struct reprocess *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct reprocess){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	ret->takes_output = wire_flag(&cursor);
	ret->password_count = wire_passwords_read(&cursor, ret->passwords);
	return item_id_valid(ret->item_id) ? wire_end(&cursor) : -ERR_PROTOCOL;
}

void reprocessed_write(struct buffer *buffer, const struct reprocessed *value)
{
	buffer_u8(buffer, (uint8_t)value->verdict);
	buffer_u32le(buffer, value->reason);
	buffer_u8(buffer, (uint8_t)value->state);
	buffer_u32le(buffer, value->tries_left);
	buffer_u8(buffer, (uint8_t)value->channel);
	pack_string(buffer, value->department);
	pack_string(buffer, value->name);
}

int reprocessed_read(struct view payload, struct reprocessed *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct reprocessed){0};
	ret->verdict = wire_below(&cursor, cursor_u8(&cursor), VERDICT_COUNT);
	ret->reason = wire_below(&cursor, cursor_u32le(&cursor), ERR_COUNT);
	ret->state = wire_below(&cursor, cursor_u8(&cursor), STATE_COUNT);
	ret->tries_left = cursor_u32le(&cursor);
	ret->channel = wire_below(&cursor, cursor_u8(&cursor), CHANNEL_COUNT);
	unpack_string(&cursor, ret->department, sizeof(ret->department));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	return wire_end(&cursor);
}

void handover_write(struct buffer *buffer, const struct handover *value)
{
	pack_string(buffer, value->item_id);
	pack_string(buffer, value->parent);
	buffer_u8(buffer, (uint8_t)value->task);
	buffer_u8(buffer, (uint8_t)value->direction);
	buffer_u8(buffer, (uint8_t)value->verdict);
	pack_string(buffer, value->department);
	pack_string(buffer, value->name);
	pack_string(buffer, value->extension);
	pack_string(buffer, value->mime);
	pack_string(buffer, value->text);
	pack_string(buffer, value->certificate);
	pack_string(buffer, value->token);
}

int handover_read(struct view payload, struct handover *ret)
{
	struct cursor cursor = cursor_at(payload, 0);

	*ret = (struct handover){0};
	unpack_string(&cursor, ret->item_id, sizeof(ret->item_id));
	unpack_string(&cursor, ret->parent, sizeof(ret->parent));
	ret->task = wire_below(&cursor, cursor_u8(&cursor), TASK_COUNT);
	ret->direction =
	    wire_below(&cursor, cursor_u8(&cursor), DIRECTION_COUNT);
	ret->verdict = wire_below(&cursor, cursor_u8(&cursor), VERDICT_COUNT);
	unpack_string(&cursor, ret->department, sizeof(ret->department));
	unpack_string(&cursor, ret->name, sizeof(ret->name));
	unpack_string(&cursor, ret->extension, sizeof(ret->extension));
	unpack_string(&cursor, ret->mime, sizeof(ret->mime));
	unpack_string(&cursor, ret->text, sizeof(ret->text));
	unpack_string(&cursor, ret->certificate, sizeof(ret->certificate));
	unpack_string(&cursor, ret->token, sizeof(ret->token));
	return item_id_valid(ret->item_id) && verdict_passes(ret->verdict)
		   ? wire_end(&cursor)
		   : -ERR_PROTOCOL;
}
