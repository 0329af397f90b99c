/*
 * Hyperlinks (2.4.140, [MS-OSHARED] 2.3.7.1): only an address that the policy
 * lets pass or a place in this workbook, written anew.
 */
#include "sanitizers/biff/biff.h"
#include "sanitizers/link.h"

#include "base/banned.h"

enum {
	HAS_MONIKER = 0x01,
	IS_ABSOLUTE = 0x02,
	SITE_GAVE_NAME = 0x04,
	HAS_LOCATION = 0x08,
	HAS_NAME = 0x10,
	HAS_FRAME = 0x80,
	MONIKER_IS_TEXT = 0x100,
	VERSION = 2,
	RANGE_SIZE = 8,
	CLASS_SIZE = 16,
	TEXT_MAX = 4096,
};

static const char standard_link[CLASS_SIZE + 1] =
    "\xD0\xC9\xEA\x79\xF9\xBA\xCE\x11\x8C\x82\x00\xAA\x00\x4B\xA9\x0B";
static const char url_moniker[CLASS_SIZE + 1] =
    "\xE0\xC9\xEA\x79\xF9\xBA\xCE\x11\x8C\x82\x00\xAA\x00\x4B\xA9\x0B";

struct link {
	struct view range;
	struct view name; /* UTF-16LE, without their ends */
	struct view address;
	struct view location;
};

/* Up to the first zero. */
static struct view until_end(struct view units)
{
	size_t size = 0;

	while (size + 2 <= units.size &&
	       (units.data[size] != 0 || units.data[size + 1] != 0))
		size += 2;
	return view_slice(units, 0, size);
}

/* Text with the number of its characters in front. */
static struct view take_text(struct cursor *cursor)
{
	size_t count = cursor_u32le(cursor);

	if (count > TEXT_MAX) {
		cursor->failed = true;
		return view_of(NULL, 0);
	}
	return until_end(cursor_take(cursor, 2 * count));
}

/* False for monikers of files and of anything else. */
static bool take_moniker(struct cursor *cursor, struct link *link)
{
	struct view class_id = cursor_take(cursor, CLASS_SIZE);
	size_t size = cursor_u32le(cursor);

	if (!view_equal(class_id, view_of(url_moniker, CLASS_SIZE)) ||
	    size > (size_t)2 * TEXT_MAX)
		return false;
	link->address = until_end(cursor_take(cursor, size));
	return !cursor->failed;
}

static bool read_link(struct view body, struct link *link)
{
	struct cursor cursor = cursor_at(body, 0);
	uint32_t flags;

	*link = (struct link){0};
	link->range = cursor_take(&cursor, RANGE_SIZE);
	if (!view_equal(cursor_take(&cursor, CLASS_SIZE),
			view_of(standard_link, CLASS_SIZE)) ||
	    cursor_u32le(&cursor) != VERSION)
		return false;
	flags = cursor_u32le(&cursor);
	if ((flags & HAS_NAME) != 0)
		link->name = take_text(&cursor);
	if ((flags & HAS_FRAME) != 0)
		(void)take_text(&cursor);
	if ((flags & HAS_MONIKER) != 0) {
		if ((flags & MONIKER_IS_TEXT) != 0)
			link->address = take_text(&cursor);
		else if (!take_moniker(&cursor, link))
			return false;
	}
	if ((flags & HAS_LOCATION) != 0)
		link->location = take_text(&cursor);
	return !cursor.failed;
}

static void put_text(struct buffer *out, struct view units)
{
	buffer_u32le(out, (uint32_t)(units.size / 2 + 1));
	buffer_view(out, units);
	buffer_u16le(out, 0);
}

static void put_link(struct buffer *out, const struct link *link)
{
	uint32_t flags = 0;

	if (link->address.size > 0)
		flags |= HAS_MONIKER | IS_ABSOLUTE;
	if (link->name.size > 0)
		flags |= HAS_NAME | SITE_GAVE_NAME;
	if (link->location.size > 0)
		flags |= HAS_LOCATION;
	buffer_view(out, link->range);
	buffer_bytes(out, standard_link, CLASS_SIZE);
	buffer_u32le(out, VERSION);
	buffer_u32le(out, flags);
	if (link->name.size > 0)
		put_text(out, link->name);
	if (link->address.size > 0) {
		buffer_bytes(out, url_moniker, CLASS_SIZE);
		buffer_u32le(out, (uint32_t)link->address.size + 2);
		buffer_view(out, link->address);
		buffer_u16le(out, 0);
	}
	if (link->location.size > 0)
		put_text(out, link->location);
}

/* A location names a sheet, a cell or a name: not a path, not another
 * workbook. */
static bool is_allowed(const struct book *book, const struct link *link)
{
	const char *address = biff_text(book, link->address, true);
	const char *location = biff_text(book, link->location, true);

	if (address == NULL || location == NULL)
		return false;
	if (link->address.size > 0)
		return link_allowed(book->job->policy, view_of_string(address));
	return link->location.size > 0 && strpbrk(location, "[|\\") == NULL;
}

int biff_add_link(struct book *book, size_t record, const char *path)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);
	struct view body = biff_body(book, record);
	struct link link;
	struct view copy;

	if (!read_link(body, &link) || !is_allowed(book, &link)) {
		if (biff_may_report(book, REMOVAL_XLS_LINK))
			job_remove(
			    book->job, REMOVAL_XLS_LINK, path, body, "%s",
			    biff_text(book,
				      link.address.size > 0 ? link.address
							    : link.location,
				      true));
		return 0;
	}
	put_link(&out, &link);
	copy = arena_copy(book->job->arena, buffer_contents(&out));
	if (buffer_error(&out) != 0 || copy.data == NULL)
		return -ERR_MEMORY;
	return biff_add(book, BIFF_HLINK, record, copy);
}
