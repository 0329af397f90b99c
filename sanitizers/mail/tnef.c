#include "sanitizers/mail/tnef.h"

#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/mapi.h"

#include "base/banned.h"

enum {
	SIGNATURE = 0x223E9F78,
	LEVEL_MESSAGE = 1,
	LEVEL_ATTACHMENT = 2,
	ATTRIBUTES_MAX = 10000,
	METHOD_DATA = 1,
	METHOD_MESSAGE = 5,
	METHOD_OLE = 6,
	INTERFACE_SIZE = 16, /* in front of an object's bytes */
};

enum attribute {
	ATTRIBUTE_SUBJECT = 0x00018004,
	ATTRIBUTE_BODY = 0x0002800C,
	ATTRIBUTE_MESSAGE_CLASS = 0x00078008,
	ATTRIBUTE_PROPERTIES = 0x00069003,
	ATTRIBUTE_CODE_PAGE = 0x00069007,
	ATTRIBUTE_NEW_ATTACHMENT = 0x00069002,
	ATTRIBUTE_ATTACHMENT_PROPERTIES = 0x00069005,
	ATTRIBUTE_ATTACHMENT_NAME = 0x00018010,
	ATTRIBUTE_ATTACHMENT_DATA = 0x0006800F,
};

struct reader {
	struct arena *arena;
	struct tnef *tnef;
	struct tnef_attachment *attachment; /* the last one; NULL: none */
	const char *charset;                /* of 8-bit strings */
};

bool tnef_is(struct view input)
{
	struct cursor cursor = cursor_at(input, 0);

	return cursor_u32le(&cursor) == SIGNATURE && !cursor.failed;
}

static int add_attachment(struct reader *reader)
{
	struct tnef_attachment *attachment =
	    arena_alloc(reader->arena, sizeof(*attachment));

	if (attachment == NULL)
		return -ERR_MEMORY;
	if (reader->tnef->attachment_count == TNEF_ATTACHMENTS_MAX)
		return -ERR_LIMIT_MEMBERS;
	attachment->name = attachment->type = attachment->id = "";
	if (reader->attachment == NULL)
		reader->tnef->attachments = attachment;
	else
		reader->attachment->next = attachment;
	reader->attachment = attachment;
	reader->tnef->attachment_count++;
	return 0;
}

static int take_text(struct reader *reader, const struct mapi_list *list,
		     enum mapi_id id, const char **place)
{
	const char *text = mapi_text(reader->arena, list, id, reader->charset);

	if (text == NULL)
		return -ERR_MEMORY;
	if (text[0] != '\0')
		*place = text;
	return 0;
}

/* An object begins with the number of its interface. A message within is one
 * in this form; what is an OLE object stays as it is: a compound file, or
 * something that no type is found for. */
static void take_data(struct tnef_attachment *attachment,
		      const struct mapi_property *data, uint64_t method)
{
	struct view value = data->value;

	if (data->type == MAPI_TYPE_OBJECT)
		value = view_slice(value, INTERFACE_SIZE, SIZE_MAX);
	attachment->content = value;
	attachment->nested = method == METHOD_MESSAGE && tnef_is(value);
}

static int read_attachment_properties(struct reader *reader, struct view bytes)
{
	struct tnef_attachment *attachment = reader->attachment;
	const struct mapi_property *property;
	struct mapi_list list;
	uint64_t method = METHOD_DATA;
	int error = mapi_read(reader->arena, bytes, &list);

	if (error == 0 && attachment->name[0] == '\0')
		error = take_text(reader, &list, MAPI_DISPLAY_NAME,
				  &attachment->name);
	if (error == 0)
		error = take_text(reader, &list, MAPI_ATTACH_NAME,
				  &attachment->name);
	if (error == 0)
		error = take_text(reader, &list, MAPI_ATTACH_LONG_NAME,
				  &attachment->name);
	if (error == 0)
		error = take_text(reader, &list, MAPI_ATTACH_MIME_TYPE,
				  &attachment->type);
	if (error == 0)
		error = take_text(reader, &list, MAPI_ATTACH_CONTENT_ID,
				  &attachment->id);
	if (error != 0)
		return error;
	property = mapi_find(&list, MAPI_ATTACH_METHOD);
	if (property != NULL)
		method = property->number;
	property = mapi_find(&list, MAPI_ATTACH_DATA);
	if (property != NULL && (property->type == MAPI_TYPE_BINARY ||
				 property->type == MAPI_TYPE_OBJECT))
		take_data(attachment, property, method);
	attachment->reference = method != METHOD_DATA &&
				method != METHOD_MESSAGE &&
				method != METHOD_OLE;
	return 0;
}

static int take_body(struct reader *reader, const struct mapi_list *list)
{
	const struct mapi_property *html = mapi_find(list, MAPI_HTML);
	const struct mapi_property *page =
	    mapi_find(list, MAPI_INTERNET_CODE_PAGE);
	const struct mapi_property *rtf = mapi_find(list, MAPI_RTF_COMPRESSED);
	const char *text =
	    mapi_text(reader->arena, list, MAPI_BODY, reader->charset);

	if (text == NULL)
		return -ERR_MEMORY;
	if (text[0] != '\0')
		reader->tnef->text = view_of_string(text);
	if (html != NULL && html->type == MAPI_TYPE_BINARY) {
		reader->tnef->html = html->value;
		reader->tnef->html_charset =
		    page == NULL ? "" : charset_of_code_page(page->number);
	} else if (html != NULL) {
		text =
		    mapi_text(reader->arena, list, MAPI_HTML, reader->charset);
		if (text == NULL)
			return -ERR_MEMORY;
		reader->tnef->html = view_of_string(text);
		reader->tnef->html_charset = "utf-8";
	}
	if (rtf != NULL && rtf->value.size > 0)
		return tnef_unpack_rtf(reader->arena, rtf->value,
				       &reader->tnef->rtf);
	return 0;
}

static int read_message_properties(struct reader *reader, struct view bytes)
{
	struct mapi_list list;
	int error = mapi_read(reader->arena, bytes, &list);

	if (error == 0)
		error = take_text(reader, &list, MAPI_SUBJECT,
				  &reader->tnef->subject);
	return error != 0 ? error : take_body(reader, &list);
}

static int take_string(struct reader *reader, struct view value,
		       const char **place)
{
	const char *text =
	    mapi_decode(reader->arena, value, false, reader->charset);

	if (text == NULL)
		return -ERR_MEMORY;
	*place = text;
	return 0;
}

static int read_message_attribute(struct reader *reader, uint32_t id,
				  struct view value)
{
	struct cursor cursor = cursor_at(value, 0);
	const char *text;
	int error = 0;

	switch (id) {
	case ATTRIBUTE_CODE_PAGE:
		reader->charset = charset_of_code_page(cursor_u32le(&cursor));
		break;
	case ATTRIBUTE_SUBJECT:
		error = take_string(reader, value, &reader->tnef->subject);
		break;
	case ATTRIBUTE_MESSAGE_CLASS:
		error =
		    take_string(reader, value, &reader->tnef->message_class);
		break;
	case ATTRIBUTE_BODY:
		error = take_string(reader, value, &text);
		if (error == 0)
			reader->tnef->text = view_of_string(text);
		break;
	case ATTRIBUTE_PROPERTIES:
		error = read_message_properties(reader, value);
		break;
	default:
		break;
	}
	return error;
}

static int read_attachment_attribute(struct reader *reader, uint32_t id,
				     struct view value)
{
	if (id == ATTRIBUTE_NEW_ATTACHMENT)
		return add_attachment(reader);
	if (reader->attachment == NULL)
		return -ERR_MALFORMED;
	switch (id) {
	case ATTRIBUTE_ATTACHMENT_NAME:
		return take_string(reader, value, &reader->attachment->name);
	case ATTRIBUTE_ATTACHMENT_DATA:
		reader->attachment->content = value;
		return 0;
	case ATTRIBUTE_ATTACHMENT_PROPERTIES:
		return read_attachment_properties(reader, value);
	default:
		return 0;
	}
}

static int read_attribute(struct reader *reader, struct cursor *cursor)
{
	uint8_t level = cursor_u8(cursor);
	uint32_t id = cursor_u32le(cursor);
	uint32_t length = cursor_u32le(cursor);
	struct view value = cursor_take(cursor, length);
	uint16_t wanted = cursor_u16le(cursor);
	uint32_t sum = 0;

	if (cursor->failed)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < value.size; i++)
		sum += value.data[i];
	if ((sum & 0xFFFF) != wanted)
		return -ERR_MALFORMED;
	if (level == LEVEL_MESSAGE)
		return read_message_attribute(reader, id, value);
	if (level == LEVEL_ATTACHMENT)
		return read_attachment_attribute(reader, id, value);
	return -ERR_MALFORMED;
}

int tnef_read(struct arena *arena, struct view input, struct tnef *ret_tnef)
{
	struct tnef tnef = {
	    .message_class = "", .subject = "", .html_charset = ""};
	struct reader reader = {
	    .arena = arena, .tnef = &tnef, .charset = "cp932"};
	struct cursor cursor = cursor_at(input, 0);

	if (cursor_u32le(&cursor) != SIGNATURE)
		return -ERR_MALFORMED;
	(void)cursor_u16le(&cursor);
	for (int i = 0; cursor_left(&cursor) > 0; i++) {
		int error = i == ATTRIBUTES_MAX
				? -ERR_LIMIT_MEMBERS
				: read_attribute(&reader, &cursor);

		if (error != 0)
			return error;
	}
	if (cursor.failed)
		return -ERR_MALFORMED;
	*ret_tnef = tnef;
	return 0;
}
