#include "gateway/verifier/zip_walk.h"

#include "base/utf8.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
	LOCAL = 0x04034b50,
	RECORD = 0x02014b50,
	END = 0x06054b50,
	DATE = 0x0021,
	FLAG_ENCRYPTED = 0x0001,
	FLAG_UTF8 = 0x0800,
	STORED = 0,
	DEFLATED = 8,
	AES = 99,
	FOLDER = 0x10,
	ENTRY_MIN = 30 + 46,
};

static int malformed(struct check *check, size_t entry, const char *what)
{
	return check_fail(check, -ERR_VERIFY_MALFORMED, "entry %zu: %s", entry,
			  what);
}

/* The fields that both headers share, from the version on. */
static void read_common(struct cursor *cursor, struct zip_walk_entry *entry,
			bool *fixed, uint16_t *ret_extra)
{
	uint16_t version = cursor_u16le(cursor);
	size_t name_size;

	entry->flags = cursor_u16le(cursor);
	entry->method = cursor_u16le(cursor);
	*fixed = cursor_u16le(cursor) == 0 && cursor_u16le(cursor) == DATE;
	entry->crc = cursor_u32le(cursor);
	entry->packed = cursor_u32le(cursor);
	entry->unpacked = cursor_u32le(cursor);
	name_size = cursor_u16le(cursor);
	*ret_extra = cursor_u16le(cursor);
	entry->raw_name = (struct view){NULL, name_size};
	entry->encrypted = (entry->flags & FLAG_ENCRYPTED) != 0;
	*fixed = *fixed && version == (entry->method == AES ? 51 : 20) &&
		 (entry->flags & ~(FLAG_ENCRYPTED | FLAG_UTF8)) == 0;
}

/* The two fields there may be, in their order: AES, and the name in UTF-8. */
static int read_extra(struct check *check, struct view extra, size_t number,
		      struct zip_walk_entry *entry)
{
	struct cursor cursor = cursor_at(extra, 0);
	struct view name = entry->raw_name;

	if (entry->method == AES) {
		if (cursor_u16le(&cursor) != 0x9901 ||
		    cursor_u16le(&cursor) != 7 || cursor_u16le(&cursor) != 2 ||
		    cursor_u16le(&cursor) != 0x4541 || cursor_u8(&cursor) != 3)
			return malformed(check, number, "AES field");
		entry->method = cursor_u16le(&cursor);
	}
	if (cursor_left(&cursor) > 0) {
		uint16_t id = cursor_u16le(&cursor);
		size_t size = cursor_u16le(&cursor);

		if (id != 0x7075)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "entry %zu: extra field %04x", number,
					  id);
		if (size != cursor_left(&cursor) || cursor_u8(&cursor) != 1)
			return malformed(check, number, "name field");
		(void)cursor_u32le(&cursor);
		name = cursor_take(&cursor, cursor_left(&cursor));
	}
	if (cursor.failed || name.size == 0 || !utf8_valid(name) ||
	    memchr(name.data, '\0', name.size) != NULL)
		return malformed(check, number, "name");
	entry->name = arena_string(check->arena, name);
	return entry->name == NULL ? -ERR_MEMORY : 0;
}

static bool is_ascii(struct view name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] >= 0x80)
			return false;
	return true;
}

static int walk_local(struct check *check, struct cursor *cursor, size_t number,
		      struct zip_walk_entry *entry)
{
	uint16_t extra_size;
	struct view extra;
	bool fixed;
	int error;

	read_common(cursor, entry, &fixed, &extra_size);
	entry->raw_name = cursor_take(cursor, entry->raw_name.size);
	extra = cursor_take(cursor, extra_size);
	if (cursor->failed || !fixed)
		return malformed(check, number, "local header");
	error = read_extra(check, extra, number, entry);
	if (error != 0)
		return error;
	if (entry->method != STORED && entry->method != DEFLATED)
		return malformed(check, number, "compression");
	if (is_ascii(entry->raw_name)
		? (entry->flags & FLAG_UTF8) != 0 || extra_size > 11
		: (entry->flags & FLAG_UTF8) == 0 && extra_size < 12)
		return malformed(check, number, "encoding of the name");
	entry->folder = entry->name[strlen(entry->name) - 1] == '/';
	if (entry->folder && entry->unpacked != 0)
		return malformed(check, number, "folder with content");
	cursor_skip(cursor, entry->packed);
	return cursor->failed ? malformed(check, number, "data") : 0;
}

static int walk_record(struct check *check, struct cursor *cursor,
		       size_t number, size_t offset,
		       const struct zip_walk_entry *local)
{
	struct zip_walk_entry record = {0};
	uint16_t version = cursor_u16le(cursor);
	uint16_t extra_size;
	uint32_t attributes;
	struct view extra;
	bool fixed;
	bool plain;
	int error;

	read_common(cursor, &record, &fixed, &extra_size);
	/* Comment, disk, internal attributes. */
	plain = cursor_u16le(cursor) == 0 && cursor_u16le(cursor) == 0 &&
		cursor_u16le(cursor) == 0;
	attributes = cursor_u32le(cursor);
	if (cursor_u32le(cursor) != offset || !fixed || !plain)
		return malformed(check, number, "record");
	record.raw_name = cursor_take(cursor, record.raw_name.size);
	extra = cursor_take(cursor, extra_size);
	if (cursor->failed || version != (record.method == AES ? 51 : 20) ||
	    attributes != (local->folder ? FOLDER : 0))
		return malformed(check, number, "record");
	error = read_extra(check, extra, number, &record);
	if (error != 0)
		return error;
	if (record.name == NULL || record.flags != local->flags ||
	    record.method != local->method || record.crc != local->crc ||
	    record.packed != local->packed ||
	    record.unpacked != local->unpacked ||
	    !view_equal(record.raw_name, local->raw_name) ||
	    strcmp(record.name, local->name) != 0)
		return malformed(check, number, "headers differ");
	return 0;
}

static int walk_end(struct check *check, struct cursor *cursor, size_t count,
		    size_t directory, size_t size)
{
	if (cursor_u32le(cursor) != END || cursor_u32le(cursor) != 0 ||
	    cursor_u16le(cursor) != count || cursor_u16le(cursor) != count ||
	    cursor_u32le(cursor) != size || cursor_u32le(cursor) != directory ||
	    cursor_u16le(cursor) != 0 || cursor->failed ||
	    cursor_left(cursor) != 0)
		return malformed(check, count, "end record");
	return 0;
}

static uint32_t peek(const struct cursor *cursor)
{
	struct cursor copy = *cursor;

	return cursor_u32le(&copy);
}

int zip_walk(struct check *check, struct zip_walk *ret_walk)
{
	size_t most = check->output.size / ENTRY_MIN + 1;
	struct cursor cursor = cursor_at(check->output, 0);
	struct zip_walk walk = {0};
	size_t *offsets = arena_array(check->arena, most, sizeof(*offsets));
	size_t directory;
	int error;

	walk.entries = arena_array(check->arena, most, sizeof(*walk.entries));
	if (offsets == NULL || walk.entries == NULL)
		return -ERR_MEMORY;
	while (peek(&cursor) == LOCAL && walk.count < most) {
		offsets[walk.count] = cursor.offset;
		cursor_skip(&cursor, 4);
		error = walk_local(check, &cursor, walk.count,
				   &walk.entries[walk.count]);
		if (error != 0)
			return error;
		walk.count++;
	}
	directory = cursor.offset;
	for (size_t i = 0; i < walk.count; i++) {
		if (cursor_u32le(&cursor) != RECORD)
			return malformed(check, i, "no record");
		error = walk_record(check, &cursor, i, offsets[i],
				    &walk.entries[i]);
		if (error != 0)
			return error;
	}
	error = walk_end(check, &cursor, walk.count, directory,
			 cursor.offset - directory);
	if (error == 0)
		*ret_walk = walk;
	return error;
}

/* ---- names ---- */

static bool name_is_safe(const char *name)
{
	struct cursor cursor = cursor_at(view_of_string(name), 0);
	uint32_t before = '/'; /* an empty part at the start is none */

	while (cursor_left(&cursor) > 0) {
		uint32_t c = utf8_next(&cursor);

		if (utf8_is_unsafe(c) || c == 0xFFFD || c == '\\' ||
		    (c < 0x80 && strchr(":<>\"|?*", (int)c) != NULL))
			return false;
		/* Also "..", ".", and what Windows would drop. */
		if (c == '/' &&
		    (before == '/' || before == '.' || before == ' '))
			return false;
		before = c;
	}
	return before != '.' && before != ' ';
}

static bool name_runs(const char *name)
{
	static const char *const extensions[] = {
	    "exe", "com", "scr", "pif",  "bat", "cmd", "ps1", "vbs",
	    "vbe", "js",  "jse", "wsf",  "wsh", "hta", "msi", "cpl",
	    "lnk", "url", "scf", "reg",  "inf", "jar", "chm", "dll",
	    "iso", "img", "vhd", "vhdx", "one"};
	const char *dot = strrchr(name, '.');

	if (dot == NULL)
		return false;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (strcasecmp(dot + 1, extensions[i]) == 0)
			return true;
	return false;
}

static int compare_names(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

int zip_walk_check_names(struct check *check, const struct zip_walk *walk)
{
	const char **names =
	    arena_array(check->arena, walk->count, sizeof(char *));

	if (names == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < walk->count; i++) {
		const char *name = walk->entries[i].name;
		size_t size = strlen(name);
		char *bare = arena_string(
		    check->arena,
		    view_of(name, walk->entries[i].folder ? size - 1 : size));

		if (bare == NULL)
			return -ERR_MEMORY;
		if (!name_is_safe(bare) ||
		    (!walk->entries[i].folder && name_runs(bare)))
			return check_fail(check, -ERR_VERIFY_RESIDUE, "name %s",
					  bare);
		names[i] = bare;
	}
	qsort(names, walk->count, sizeof(*names), compare_names);
	for (size_t i = 1; i < walk->count; i++)
		if (compare_names(&names[i - 1], &names[i]) == 0)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "name %s twice", names[i]);
	return 0;
}
