#include "sanitizers/archive/zip_layout.h"

#include "base/banned.h"

static const uint32_t locator_signature = 0x07064b50;
static const uint32_t end64_signature = 0x06064b50;
static const uint32_t record_signature = 0x02014b50;

enum { END_SIZE = 22, LOCATOR_SIZE = 20, END64_SIZE = 56, COMMENT_MAX = 65535 };

/* What the end record, or its ZIP64 sibling, says. */
struct end_record {
	uint64_t count;
	uint64_t size;   /* of the central directory */
	uint64_t offset; /* of the central directory */
};

/* Offset of the last end record, SIZE_MAX when there is none: what readers
 * that search from the end find first. */
static size_t find_end(struct view input)
{
	size_t lowest = input.size > END_SIZE + COMMENT_MAX
			    ? input.size - END_SIZE - COMMENT_MAX
			    : 0;
	struct view tail = view_slice(input, lowest, SIZE_MAX);
	size_t at;

	if (tail.size < END_SIZE)
		return SIZE_MAX;
	at = view_find_last(view_slice(tail, 0, tail.size - END_SIZE + 4),
			    view_of_string("PK\5\6"));
	return at == SIZE_MAX ? SIZE_MAX : lowest + at;
}

/* A field of the end record that is not saturated must agree with ZIP64. */
static bool agrees(uint64_t narrow, uint64_t wide, uint64_t saturated)
{
	return narrow == saturated || narrow == wide;
}

static int read_end64(struct view input, size_t locator, size_t *ret_at,
		      struct end_record *end)
{
	struct cursor cursor = cursor_at(input, locator + 4);
	struct end_record wide;
	uint32_t disk = cursor_u32le(&cursor);
	uint64_t at = cursor_u64le(&cursor);
	uint32_t disks = cursor_u32le(&cursor);
	uint64_t size;

	if (disk != 0 || disks > 1)
		return -ERR_TYPE_UNSUPPORTED;
	if (locator < END64_SIZE || at > locator - END64_SIZE)
		return -ERR_ARCHIVE_INCONSISTENT;
	cursor = cursor_at(input, (size_t)at);
	if (cursor_u32le(&cursor) != end64_signature)
		return -ERR_ARCHIVE_INCONSISTENT;
	size = cursor_u64le(&cursor);
	if (size != locator - at - 12)
		return -ERR_ARCHIVE_INCONSISTENT;
	/* Version 2 of the record (4.3.14.3) encrypts the directory. */
	if (size != END64_SIZE - 12)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	cursor_skip(&cursor, 2 + 2);
	if (cursor_u32le(&cursor) != 0 || cursor_u32le(&cursor) != 0)
		return -ERR_TYPE_UNSUPPORTED;
	wide.count = cursor_u64le(&cursor);
	if (cursor_u64le(&cursor) != wide.count)
		return -ERR_TYPE_UNSUPPORTED;
	wide.size = cursor_u64le(&cursor);
	wide.offset = cursor_u64le(&cursor);
	if (cursor.failed || !agrees(end->count, wide.count, UINT16_MAX) ||
	    !agrees(end->size, wide.size, UINT32_MAX) ||
	    !agrees(end->offset, wide.offset, UINT32_MAX))
		return -ERR_ARCHIVE_INCONSISTENT;
	*end = wide;
	*ret_at = (size_t)at;
	return 0;
}

/* With junk in front, the offsets count from behind it (as self-extracting
 * archives do) or from the start of the file; the directory itself ends where
 * the end records begin. */
static int place_directory(struct view input, size_t end_at,
			   const struct end_record *end,
			   struct zip_layout *layout)
{
	struct cursor cursor;

	if (end->size > end_at || end->offset > end_at - end->size)
		return -ERR_ARCHIVE_INCONSISTENT;
	layout->count = end->count;
	layout->directory_end = end_at;
	layout->directory = end_at - (size_t)end->size;
	layout->junk_front = layout->directory - (size_t)end->offset;
	if (end->size == 0)
		return end->count == 0 ? 0 : -ERR_ARCHIVE_INCONSISTENT;
	cursor = cursor_at(input, layout->directory);
	if (cursor_u32le(&cursor) != record_signature)
		return -ERR_ARCHIVE_INCONSISTENT;
	return 0;
}

int zip_layout_find(struct view input, struct zip_layout *ret_layout)
{
	size_t end_at = find_end(input);
	struct cursor cursor =
	    cursor_at(input, end_at == SIZE_MAX ? 0 : end_at);
	struct zip_layout layout = {0};
	struct end_record end;
	uint16_t disks;
	uint16_t count_here;
	size_t comment_size;
	size_t left;

	if (end_at == SIZE_MAX)
		return view_starts_with(input, "PK\3\4") ? -ERR_TRUNCATED
							 : -ERR_MALFORMED;
	cursor_skip(&cursor, 4);
	disks = cursor_u16le(&cursor) | cursor_u16le(&cursor);
	count_here = cursor_u16le(&cursor);
	end.count = cursor_u16le(&cursor);
	end.size = cursor_u32le(&cursor);
	end.offset = cursor_u32le(&cursor);
	comment_size = cursor_u16le(&cursor);
	left = cursor_left(&cursor);
	if (cursor.failed || comment_size > left)
		return -ERR_TRUNCATED;
	if ((disks != 0 && disks != UINT16_MAX) || count_here != end.count)
		return -ERR_TYPE_UNSUPPORTED;
	layout.comment = cursor_take(&cursor, comment_size);
	layout.junk_behind = left - comment_size;
	if (end_at >= LOCATOR_SIZE) {
		cursor = cursor_at(input, end_at - LOCATOR_SIZE);
		if (cursor_u32le(&cursor) == locator_signature) {
			int error = read_end64(input, end_at - LOCATOR_SIZE,
					       &end_at, &end);

			if (error != 0)
				return error;
		}
	}
	int error = place_directory(input, end_at, &end, &layout);

	if (error == 0)
		*ret_layout = layout;
	return error;
}

struct cursor zip_layout_records(struct view input,
				 const struct zip_layout *layout)
{
	return cursor_at(view_slice(input, 0, layout->directory_end),
			 layout->directory);
}

struct view zip_extra_find(struct view extra, uint16_t id)
{
	struct cursor cursor = cursor_at(extra, 0);

	while (cursor_left(&cursor) >= 4) {
		uint16_t found = cursor_u16le(&cursor);
		struct view data = cursor_take(&cursor, cursor_u16le(&cursor));

		if (cursor.failed)
			break;
		if (found == id)
			return data.data == NULL ? view_of("", 0) : data;
	}
	return (struct view){NULL, 0};
}

bool zip_extra_is_foreign(struct view extra)
{
	struct cursor cursor = cursor_at(extra, 0);

	while (cursor_left(&cursor) > 0) {
		uint16_t id = cursor_u16le(&cursor);

		cursor_skip(&cursor, cursor_u16le(&cursor));
		if (cursor.failed ||
		    (id != ZIP_EXTRA_ZIP64 && id != ZIP_EXTRA_AES &&
		     id != ZIP_EXTRA_UNICODE_PATH))
			return true;
	}
	return false;
}

/* Takes what is saturated in the record from the ZIP64 field (4.5.3). */
static int widen(struct zip_entry *entry, uint16_t disk)
{
	struct view field = zip_extra_find(entry->extra, ZIP_EXTRA_ZIP64);
	struct cursor cursor = cursor_at(field, 0);

	if (field.data == NULL)
		return disk == 0 ? 0 : -ERR_TYPE_UNSUPPORTED;
	if (entry->unpacked == UINT32_MAX)
		entry->unpacked = cursor_u64le(&cursor);
	if (entry->packed == UINT32_MAX)
		entry->packed = cursor_u64le(&cursor);
	if (entry->header == UINT32_MAX)
		entry->header = cursor_u64le(&cursor);
	if (disk == UINT16_MAX && cursor_u32le(&cursor) != 0)
		return -ERR_TYPE_UNSUPPORTED;
	return cursor.failed ? -ERR_ARCHIVE_INCONSISTENT : 0;
}

/* WinZip's AES field: version, vendor, strength, the real method. */
static int unwrap_aes(struct zip_entry *entry)
{
	struct view field = zip_extra_find(entry->extra, ZIP_EXTRA_AES);
	struct cursor cursor = cursor_at(field, 0);
	uint16_t version = cursor_u16le(&cursor);
	uint16_t vendor = cursor_u16le(&cursor);
	uint8_t strength = cursor_u8(&cursor);

	entry->method = cursor_u16le(&cursor);
	if (cursor.failed || !entry->encrypted)
		return -ERR_ARCHIVE_INCONSISTENT;
	if (vendor != 0x4541 || version < 1 || version > 2 || strength < 1 ||
	    strength > 3)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	entry->aes_version = (uint8_t)version;
	entry->aes_strength = strength;
	return 0;
}

int zip_record_next(struct cursor *cursor, struct zip_entry *ret_entry)
{
	struct zip_entry entry = {0};
	size_t name_size;
	size_t extra_size;
	size_t comment_size;
	uint16_t disk;
	int error;

	if (cursor_u32le(cursor) != record_signature)
		return -ERR_MALFORMED;
	cursor_skip(cursor, 1);
	entry.host = cursor_u8(cursor);
	cursor_skip(cursor, 2);
	entry.flags = cursor_u16le(cursor);
	entry.method = cursor_u16le(cursor);
	entry.time = cursor_u16le(cursor);
	cursor_skip(cursor, 2);
	entry.crc = cursor_u32le(cursor);
	entry.packed = cursor_u32le(cursor);
	entry.unpacked = cursor_u32le(cursor);
	name_size = cursor_u16le(cursor);
	extra_size = cursor_u16le(cursor);
	comment_size = cursor_u16le(cursor);
	disk = cursor_u16le(cursor);
	cursor_skip(cursor, 2);
	entry.attributes = cursor_u32le(cursor);
	entry.header = cursor_u32le(cursor);
	entry.raw_name = cursor_take(cursor, name_size);
	entry.extra = cursor_take(cursor, extra_size);
	entry.comment = cursor_take(cursor, comment_size);
	if (cursor->failed)
		return -ERR_MALFORMED;
	entry.encrypted = (entry.flags & ZIP_FLAG_ENCRYPTED) != 0;
	entry.directory =
	    (name_size > 0 && entry.raw_name.data[name_size - 1] == '/') ||
	    ((entry.attributes & 0x10) != 0 && entry.unpacked == 0);
	error = widen(&entry, disk);
	if (error == 0 && entry.method == ZIP_METHOD_AES)
		error = unwrap_aes(&entry);
	if (error == 0)
		*ret_entry = entry;
	return error;
}

int zip_probe(struct view input)
{
	bool begins = view_starts_with(input, "PK\3\4");
	struct zip_layout layout;
	struct zip_entry entry;
	struct cursor cursor;

	if (zip_layout_find(input, &layout) != 0)
		return begins;
	/* An end record in the middle of something else proves nothing. */
	if (!begins && layout.junk_behind > 0)
		return 0;
	if (layout.count == 0)
		return layout.directory == 0 ? 2 : 0;
	cursor = zip_layout_records(input, &layout);
	if (zip_record_next(&cursor, &entry) != 0)
		return begins;
	return 2;
}

bool zip_probe_member(struct view input, const char *name)
{
	struct zip_layout layout;
	struct zip_entry entry;
	struct cursor cursor;

	if (zip_layout_find(input, &layout) != 0)
		return false;
	cursor = zip_layout_records(input, &layout);
	while (cursor_left(&cursor) > 0 &&
	       zip_record_next(&cursor, &entry) == 0)
		if (view_equal(entry.raw_name, view_of_string(name)))
			return true;
	return false;
}
