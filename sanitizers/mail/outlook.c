#include "sanitizers/mail/outlook.h"

#include "sanitizers/mail/charset.h"

#include "base/banned.h"

enum {
	ENTRY_SIZE = 16,
	SEVERAL = 0x1000,
	NAMED = 0x8000,
	NAME_ENTRY_SIZE = 8,
	GUID_SIZE = 16,
	FIRST_GUID = 3, /* index of the first in the stream */
};

/* ---- named properties ---- */

static int read_stream(struct compound *compound,
		       const struct compound_entry *storage, const char *name,
		       struct view *ret_content)
{
	const struct compound_entry *stream =
	    compound_find_stream(storage, name);

	*ret_content = view_of(NULL, 0);
	return stream == NULL ? 0
			      : compound_read(compound, stream, ret_content);
}

int outlook_read_names(struct compound *compound,
		       struct outlook_names *ret_names)
{
	const struct compound_entry *storage = compound_find_storage(
	    compound_root(compound), "__nameid_version1.0");
	int error = 0;

	*ret_names = (struct outlook_names){.guids = {NULL, 0}};
	if (storage == NULL)
		return 0;
	error = read_stream(compound, storage, "__substg1.0_00020102",
			    &ret_names->guids);
	if (error == 0)
		error = read_stream(compound, storage, "__substg1.0_00030102",
				    &ret_names->entries);
	return error;
}

static bool is_set(struct view guid, enum outlook_set set)
{
	static const char rest[] = "\0\0\0\0\xC0\0\0\0\0\0\0\x46";
	struct cursor cursor = cursor_at(guid, 0);

	return cursor_u32le(&cursor) == (uint32_t)set && !cursor.failed &&
	       view_equal(view_slice(guid, 4, GUID_SIZE),
			  view_of(rest, sizeof(rest) - 1));
}

uint16_t outlook_named(const struct outlook_names *names, enum outlook_set set,
		       uint32_t property)
{
	struct cursor cursor = cursor_at(names->entries, 0);

	while (cursor_left(&cursor) >= NAME_ENTRY_SIZE) {
		uint32_t number = cursor_u32le(&cursor);
		uint16_t sort = cursor_u16le(&cursor);
		uint16_t index = cursor_u16le(&cursor);
		size_t guid = sort >> 1;

		/* The lowest bit: named by a text. */
		if (number != property || (sort & 1) != 0 ||
		    guid < FIRST_GUID || index >= NAMED)
			continue;
		guid = (guid - FIRST_GUID) * GUID_SIZE;
		if (is_set(view_slice(names->guids, guid, GUID_SIZE), set))
			return (uint16_t)(NAMED + index);
	}
	return 0;
}

/* ---- properties ---- */

static size_t header_size(enum outlook_place place)
{
	switch (place) {
	case OUTLOOK_TOP:
		return 32;
	case OUTLOOK_EMBEDDED:
		return 24;
	case OUTLOOK_MEMBER:
		break;
	}
	return 8;
}

static bool has_stream(uint16_t type)
{
	return type == MAPI_TYPE_STRING || type == MAPI_TYPE_UNICODE ||
	       type == MAPI_TYPE_BINARY;
}

static int read_value(struct arena *arena, struct compound *compound,
		      const struct compound_entry *storage,
		      struct mapi_property *property)
{
	const char *name = arena_format(arena, "__substg1.0_%04X%04X",
					property->id, property->type);

	if (name == NULL)
		return -ERR_MEMORY;
	return read_stream(compound, storage, name, &property->value);
}

/* Those with several values are not needed and not read. */
static int read_entry(struct arena *arena, struct compound *compound,
		      struct cursor *cursor, struct outlook_item *item)
{
	struct mapi_property *property =
	    &item->list.properties[item->list.count];
	uint16_t type = cursor_u16le(cursor);
	uint16_t id = cursor_u16le(cursor);
	uint64_t number;

	(void)cursor_u32le(cursor);
	number = cursor_u64le(cursor);
	if ((type & SEVERAL) != 0)
		return 0;
	*property = (struct mapi_property){
	    .id = id,
	    .type = type,
	    .number = type == MAPI_TYPE_TIME ? number : (uint32_t)number};
	item->list.count++;
	return has_stream(type)
		   ? read_value(arena, compound, item->storage, property)
		   : 0;
}

/* The code page of a language ([MS-LCID] 2.2); most others write in Latin
 * letters. */
static unsigned code_page_of(uint64_t locale)
{
	static const struct {
		uint16_t locale;
		uint16_t code_page;
	} pages[] = {
	    {0x0401, 1256}, {0x0402, 1251}, {0x0404, 950},  {0x0405, 1250},
	    {0x0408, 1253}, {0x040D, 1255}, {0x040E, 1250}, {0x0411, 932},
	    {0x0412, 949},  {0x0415, 1250}, {0x0418, 1250}, {0x0419, 1251},
	    {0x041A, 1250}, {0x041B, 1250}, {0x041E, 874},  {0x041F, 1254},
	    {0x0422, 1251}, {0x0424, 1250}, {0x0425, 1257}, {0x0426, 1257},
	    {0x0427, 1257}, {0x042A, 1258}, {0x0804, 936},  {0x0C04, 950},
	};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].locale == locale)
			return pages[i].code_page;
	return 1252;
}

/* That of the body says nothing about the other strings where there is better
 * ([MS-OXCMSG] 2.2.1.48). */
static void set_charset(struct outlook_item *item)
{
	const struct mapi_property *page =
	    mapi_find(&item->list, MAPI_MESSAGE_CODE_PAGE);
	const struct mapi_property *locale =
	    mapi_find(&item->list, MAPI_MESSAGE_LOCALE);

	if (page == NULL && locale != NULL && locale->number != 0) {
		item->charset =
		    charset_of_code_page(code_page_of(locale->number));
		return;
	}
	if (page == NULL)
		page = mapi_find(&item->list, MAPI_INTERNET_CODE_PAGE);
	if (page != NULL && page->number != 0)
		item->charset = charset_of_code_page(page->number);
}

int outlook_read(struct arena *arena, struct compound *compound,
		 const struct compound_entry *storage, enum outlook_place place,
		 const char *charset, struct outlook_item *ret_item)
{
	const struct compound_entry *stream =
	    compound_find_stream(storage, "__properties_version1.0");
	struct cursor cursor;
	struct view content;
	size_t count;
	int error;

	*ret_item =
	    (struct outlook_item){.storage = storage, .charset = charset};
	if (stream == NULL)
		return -ERR_MALFORMED;
	error = compound_read(compound, stream, &content);
	if (error != 0)
		return error;
	cursor = cursor_at(content, header_size(place));
	if (cursor.failed)
		return -ERR_MALFORMED;
	count = cursor_left(&cursor) / ENTRY_SIZE;
	if (count > OUTLOOK_MEMBERS_MAX)
		return -ERR_LIMIT_MEMBERS;
	ret_item->list.properties =
	    arena_array(arena, count + 1, sizeof(*ret_item->list.properties));
	if (ret_item->list.properties == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count && error == 0; i++)
		error = read_entry(arena, compound, &cursor, ret_item);
	if (error == 0)
		set_charset(ret_item);
	return error;
}

const char *outlook_text(struct arena *arena, const struct outlook_item *item,
			 enum mapi_id id)
{
	return mapi_text(arena, &item->list, id, item->charset);
}
