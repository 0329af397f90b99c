#include "sanitizers/mail/mapi.h"

#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/tnef.h"

#include "base/banned.h"

enum { SEVERAL = 0x1000, NAMED = 0x8000, GUID_SIZE = 16 };

static void skip_padded(struct cursor *cursor, size_t size)
{
	cursor_skip(cursor, size);
	cursor_skip(cursor, (4 - size % 4) % 4);
}

/* The name of a property that has no number of its own. */
static void skip_name(struct cursor *cursor)
{
	cursor_skip(cursor, GUID_SIZE);
	if (cursor_u32le(cursor) == 0)
		cursor_skip(cursor, 4);
	else
		skip_padded(cursor, cursor_u32le(cursor));
}

/* Bytes of a value of fixed size in the stream; 0: it has a length. */
static size_t fixed_size(uint16_t type)
{
	switch (type) {
	case 0x0002: /* 16 bits, boolean: padded */
	case 0x000B:
	case MAPI_TYPE_LONG:
	case 0x0004:
	case 0x000A:
		return 4;
	case 0x0005: /* double, currency, times, 64 bits */
	case 0x0006:
	case 0x0007:
	case 0x0014:
	case 0x0040:
		return 8;
	case 0x0048:
		return GUID_SIZE;
	default:
		return 0;
	}
}

static bool has_length(uint16_t type)
{
	return type == MAPI_TYPE_STRING || type == MAPI_TYPE_UNICODE ||
	       type == MAPI_TYPE_BINARY || type == MAPI_TYPE_OBJECT;
}

static int read_values(struct cursor *cursor, struct mapi_property *property,
		       bool several)
{
	size_t size = fixed_size(property->type);
	uint32_t count = 1;

	if (size == 0 && !has_length(property->type))
		return -ERR_MALFORMED;
	if (several || size == 0)
		count = cursor_u32le(cursor);
	for (uint32_t i = 0; i < count && !cursor->failed; i++) {
		if (size > 0) {
			struct cursor value = *cursor;

			if (i == 0)
				property->number = cursor_u32le(&value);
			cursor_skip(cursor, size);
			continue;
		}
		size_t length = cursor_u32le(cursor);
		struct view value = cursor_take(cursor, length);

		cursor_skip(cursor, (4 - length % 4) % 4);
		if (i == 0)
			property->value = value;
	}
	return cursor->failed ? -ERR_MALFORMED : 0;
}

int mapi_read(struct arena *arena, struct view bytes,
	      struct mapi_list *ret_list)
{
	struct cursor cursor = cursor_at(bytes, 0);
	uint32_t count = cursor_u32le(&cursor);
	struct mapi_property *properties;

	if (cursor.failed || count > cursor_left(&cursor) / 8)
		return -ERR_MALFORMED;
	if (count > TNEF_PROPERTIES_MAX)
		return -ERR_LIMIT_MEMBERS;
	properties = arena_array(arena, count + 1, sizeof(*properties));
	if (properties == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		uint16_t type = cursor_u16le(&cursor);
		int error;

		properties[i].id = cursor_u16le(&cursor);
		properties[i].type = (uint16_t)(type & ~SEVERAL);
		if (properties[i].id >= NAMED)
			skip_name(&cursor);
		error =
		    read_values(&cursor, &properties[i], (type & SEVERAL) != 0);
		if (error != 0)
			return error;
	}
	*ret_list = (struct mapi_list){properties, count};
	return 0;
}

const struct mapi_property *mapi_find(const struct mapi_list *list,
				      enum mapi_id id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->properties[i].id == id)
			return &list->properties[i];
	return NULL;
}

static const char *from_wide(struct arena *arena, struct view bytes)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(bytes.size * 2 + 4);
	struct cursor cursor = cursor_at(bytes, 0);

	while (cursor_left(&cursor) >= 2) {
		uint32_t unit = cursor_u16le(&cursor);

		if (unit == 0)
			break;
		if (unit >= 0xD800 && unit < 0xDC00 &&
		    cursor_left(&cursor) >= 2) {
			struct cursor ahead = cursor;
			uint32_t low = cursor_u16le(&ahead);

			if (low >= 0xDC00 && low < 0xE000) {
				unit = 0x10000 + ((unit - 0xD800) << 10) +
				       (low - 0xDC00);
				cursor = ahead;
			}
		}
		buffer_utf8(&text, unit);
	}
	if (buffer_error(&text) != 0)
		return NULL;
	return arena_string(arena, buffer_contents(&text));
}

const char *mapi_decode(struct arena *arena, struct view bytes, bool wide,
			const char *charset)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(bytes.size * 4 + 4);
	const uint8_t *end;
	size_t broken = 0;

	if (wide)
		return from_wide(arena, bytes);
	if (bytes.size == 0)
		return arena_string(arena, view_of("", 0));
	end = memchr(bytes.data, 0, bytes.size);
	if (end != NULL)
		bytes.size = (size_t)(end - bytes.data);
	charset_decode(&text, bytes, charset, &broken);
	if (buffer_error(&text) != 0)
		return NULL;
	return arena_string(arena, buffer_contents(&text));
}

const char *mapi_text(struct arena *arena, const struct mapi_list *list,
		      enum mapi_id id, const char *charset)
{
	const struct mapi_property *property = mapi_find(list, id);

	if (property == NULL || (property->type != MAPI_TYPE_STRING &&
				 property->type != MAPI_TYPE_UNICODE))
		return "";
	return mapi_decode(arena, property->value,
			   property->type == MAPI_TYPE_UNICODE, charset);
}
