#include "sanitizers/biff/biff.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	ITEMS_FIRST = 1024,
	REPORTS_MAX = 100,
	BEGIN_SIZE = 16,
	BEGIN_SIZE5 = 8
};

static const struct {
	uint16_t type;
	uint16_t bytes; /* 0: no fixed length */
} listed[] = {
#define KEEP(type, bytes) {type, bytes},
#include "sanitizers/biff/records.def"
#undef KEEP
};

static int make_room(struct book *book)
{
	size_t room = book->item_room == 0 ? ITEMS_FIRST + book->item_hint
					   : book->item_room * 2;
	struct biff_item *items;

	if (book->item_count < book->item_room)
		return 0;
	items = arena_array(book->job->arena, room, sizeof(*items));
	if (items == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < book->item_count; i++)
		items[i] = book->items[i];
	book->items = items;
	book->item_room = room;
	return 0;
}

int biff_add(struct book *book, uint16_t type, size_t source, struct view body)
{
	int error = make_room(book);

	if (error != 0)
		return error;
	if (body.size > (book->biff8 ? BIFF_BODY_MAX : BIFF5_BODY_MAX))
		return -ERR_INTERNAL;
	book->items[book->item_count++] = (struct biff_item){
	    .type = type,
	    .source = source == BIFF_NONE ? BIFF_NONE : (uint32_t)source,
	    .body = body,
	};
	return 0;
}

int biff_add_long(struct book *book, uint16_t type, size_t source,
		  struct view body)
{
	size_t maximum = book->biff8 ? BIFF_BODY_MAX : BIFF5_BODY_MAX;
	size_t done = 0;

	do {
		struct view part = view_slice(body, done, maximum);
		int error = biff_add(book, done == 0 ? type : BIFF_CONTINUE,
				     source, part);

		if (error != 0)
			return error;
		done += part.size;
		source = BIFF_NONE;
	} while (done < body.size);
	return 0;
}

/* Some writers of Excel 5 give the version of Excel 97 here. */
int biff_add_begin(struct book *book, size_t record)
{
	struct view body = biff_body(book, record);
	uint8_t *copy = arena_alloc(book->job->arena, BEGIN_SIZE);
	size_t size = book->biff8 ? BEGIN_SIZE : BEGIN_SIZE5;

	if (copy == NULL)
		return -ERR_MEMORY;
	body = view_slice(body, 0, size);
	if (!bytes_copy(copy, BEGIN_SIZE, body))
		return -ERR_INTERNAL;
	copy[0] = 0;
	copy[1] = book->biff8 ? 6 : 5;
	return biff_add(book, BIFF_BOF, record, view_of(copy, size));
}

/* How many bytes a kind of record may have; -1 where it is not listed. */
static int listed_bytes(uint16_t type)
{
	size_t low = 0;
	size_t high = sizeof(listed) / sizeof(listed[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (listed[middle].type == type)
			return listed[middle].bytes;
		if (listed[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int biff_add_listed(struct book *book, size_t record)
{
	uint16_t type = book->records[record].type;
	struct view body = biff_body(book, record);
	int bytes = listed_bytes(type);

	if (bytes < 0) {
		biff_drop(book, record, "");
		return 0;
	}
	if (bytes > 0)
		body = view_slice(body, 0, (size_t)bytes);
	return biff_add(book, type, record, body);
}

static enum removal_kind kind_of(uint16_t type)
{
	static const struct {
		uint16_t type;
		enum removal_kind kind;
	} kinds[] = {
	    {0x23, REMOVAL_XLS_EXTERNAL_LINK},
	    {0x4D, REMOVAL_XLS_PRINTER},
	    {0x50, REMOVAL_XLS_CONNECTION},
	    {0x51, REMOVAL_XLS_CONNECTION},
	    {0x52, REMOVAL_XLS_CONNECTION},
	    {0x59, REMOVAL_XLS_EXTERNAL_LINK},
	    {0x5A, REMOVAL_XLS_EXTERNAL_LINK},
	    {0x5B, REMOVAL_XLS_AUTHOR},
	    {0x86, REMOVAL_XLS_AUTHOR},
	    {0xB8, REMOVAL_XLS_ROUTING},
	    {0xB9, REMOVAL_XLS_ROUTING},
	    {0xC2, REMOVAL_XLS_MENU},
	    {0xC3, REMOVAL_XLS_MENU},
	    {0xD3, REMOVAL_OLE_VBA_PROJECT},
	    {0xDC, REMOVAL_XLS_CONNECTION},
	    {0xE9, REMOVAL_XLS_PICTURE},
	    {0x1AD, REMOVAL_XLS_CONNECTION},
	    {0x1BA, REMOVAL_XLS_CODE_NAME},
	    {0x1BB, REMOVAL_XLS_CODE_NAME},
	    {0x1BD, REMOVAL_OLE_VBA_PROJECT},
	    {0x801, REMOVAL_XLS_CONNECTION},
	    {0x802, REMOVAL_XLS_CONNECTION},
	    {0x803, REMOVAL_XLS_CONNECTION},
	    {0x804, REMOVAL_XLS_CONNECTION},
	    {0x805, REMOVAL_XLS_CONNECTION},
	    {0x80A, REMOVAL_XLS_CONNECTION},
	    {0x80B, REMOVAL_XLS_CONNECTION},
	    {0x813, REMOVAL_XLS_RTD},
	    {0x866, REMOVAL_XLS_PICTURE},
	    {0x876, REMOVAL_XLS_CONNECTION},
	    {0x896, REMOVAL_XLS_THEME},
	};

	if ((type >= 0xB0 && type <= 0xE3) || (type >= 0xF0 && type <= 0x103) ||
	    type == 0x858 || type == 0x859 || type == 0x864)
		for (size_t i = 0; i <= sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (i == sizeof(kinds) / sizeof(kinds[0]))
				return REMOVAL_XLS_PIVOT;
			if (kinds[i].type == type)
				break;
		}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	return REMOVAL_XLS_RECORD;
}

bool biff_may_report(struct book *book, enum removal_kind kind)
{
	if (book->reports[kind] == REPORTS_MAX)
		return false;
	book->reports[kind]++;
	return true;
}

/* What says nothing to a reader goes without a word: the beginning of a
 * continuation, names that only Visual Basic sees, sizes that are counted
 * anew. */
void biff_drop(struct book *book, size_t record, const char *path)
{
	uint16_t type = book->records[record].type;
	uint8_t bit = (uint8_t)(1U << type % 8);

	if (biff_is_continuation(type) || (book->reported[type / 8] & bit) != 0)
		return;
	book->reported[type / 8] |= bit;
	job_remove(book->job, kind_of(type), path, biff_body(book, record),
		   "record %04X", (unsigned)type);
}
