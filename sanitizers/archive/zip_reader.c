#include "sanitizers/archive/zip_reader.h"

#include "base/utf8.h"
#include "sanitizers/archive/zip_internal.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/banned.h"

static const uint32_t local_signature = 0x04034b50;
static const uint32_t descriptor_signature = 0x08074b50;

/* Unicode path (4.6.9): version 1, CRC-32 of the raw name, UTF-8. A field that
 * belongs to another name is ignored, as its specification says. */
static struct view unicode_path(const struct zip_entry *entry)
{
	struct view field =
	    zip_extra_find(entry->extra, ZIP_EXTRA_UNICODE_PATH);
	struct cursor cursor = cursor_at(field, 0);
	uint8_t version = cursor_u8(&cursor);
	uint32_t crc = cursor_u32le(&cursor);
	struct view name = cursor_take(&cursor, cursor_left(&cursor));

	if (cursor.failed || version != 1 || name.size == 0 ||
	    crc != crc32(0, entry->raw_name.data, (uInt)entry->raw_name.size) ||
	    !utf8_valid(name))
		return (struct view){NULL, 0};
	return name;
}

static int set_name(struct job *job, struct zip_entry *entry)
{
	struct view name = entry->raw_name;
	struct view unicode = unicode_path(entry);

	entry->name = NULL;
	if (unicode.data != NULL && (entry->flags & ZIP_FLAG_UTF8) == 0)
		name = unicode;
	if (name.size == 0 || memchr(name.data, '\0', name.size) != NULL ||
	    !utf8_valid(name))
		return 0;
	entry->name = arena_string(job->arena, name);
	return entry->name == NULL ? -ERR_MEMORY : 0;
}

static int read_records(struct zip_reader *reader,
			const struct zip_layout *layout)
{
	struct job *job = reader->job;
	struct cursor cursor = zip_layout_records(reader->input, layout);

	if (layout->count > job->policy->limits.members)
		return -ERR_LIMIT_MEMBERS;
	reader->count = (size_t)layout->count;
	reader->entries =
	    arena_array(job->arena, reader->count, sizeof(*reader->entries));
	if (reader->entries == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < reader->count; i++) {
		int error = zip_record_next(&cursor, &reader->entries[i]);

		if (error == 0)
			error = set_name(job, &reader->entries[i]);
		if (error != 0)
			return error;
	}
	/* Records that the end record does not count are members for readers
	 * that go on until the end. */
	return cursor_left(&cursor) == 0 ? 0 : -ERR_ARCHIVE_INCONSISTENT;
}

/* What a local header says, its ZIP64 field applied. */
struct local_header {
	uint16_t flags;
	uint16_t method;
	uint32_t crc;
	uint64_t packed;
	uint64_t unpacked;
	struct view name;
	struct view extra;
};

static int read_local(struct view input, size_t at, struct local_header *local,
		      size_t *ret_data)
{
	struct cursor cursor = cursor_at(input, at);
	size_t name_size;
	size_t extra_size;
	struct view wide;

	if (cursor_u32le(&cursor) != local_signature)
		return -ERR_ARCHIVE_INCONSISTENT;
	cursor_skip(&cursor, 2);
	local->flags = cursor_u16le(&cursor);
	local->method = cursor_u16le(&cursor);
	cursor_skip(&cursor, 4);
	local->crc = cursor_u32le(&cursor);
	local->packed = cursor_u32le(&cursor);
	local->unpacked = cursor_u32le(&cursor);
	name_size = cursor_u16le(&cursor);
	extra_size = cursor_u16le(&cursor);
	local->name = cursor_take(&cursor, name_size);
	local->extra = cursor_take(&cursor, extra_size);
	if (cursor.failed)
		return -ERR_ARCHIVE_INCONSISTENT;
	*ret_data = cursor.offset;
	wide = zip_extra_find(local->extra, ZIP_EXTRA_ZIP64);
	cursor = cursor_at(wide, 0);
	if (wide.data != NULL && local->unpacked == UINT32_MAX)
		local->unpacked = cursor_u64le(&cursor);
	if (wide.data != NULL && local->packed == UINT32_MAX)
		local->packed = cursor_u64le(&cursor);
	return cursor.failed ? -ERR_ARCHIVE_INCONSISTENT : 0;
}

/* Sizes and CRC must be the central ones; behind data that has a descriptor
 * they may be zero. */
static bool sizes_agree(const struct zip_entry *entry,
			const struct local_header *local)
{
	if ((local->flags & ZIP_FLAG_DESCRIPTOR) != 0)
		return (local->crc == 0 || local->crc == entry->crc) &&
		       (local->packed == 0 || local->packed == UINT32_MAX ||
			local->packed == entry->packed) &&
		       (local->unpacked == 0 || local->unpacked == UINT32_MAX ||
			local->unpacked == entry->unpacked);
	return local->crc == entry->crc && local->packed == entry->packed &&
	       local->unpacked == entry->unpacked;
}

static int check_local(struct zip_reader *reader, struct zip_entry *entry,
		       size_t directory)
{
	const uint16_t compared = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR |
				  ZIP_FLAG_UTF8 | ZIP_FLAG_STRONG;
	uint16_t method =
	    entry->aes_strength > 0 ? ZIP_METHOD_AES : entry->method;
	struct local_header local;
	int error;

	if ((entry->flags & (ZIP_FLAG_STRONG | ZIP_FLAG_MASKED)) != 0)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	if ((entry->flags & ZIP_FLAG_PATCH) != 0)
		return -ERR_TYPE_UNSUPPORTED;
	if (entry->header >= directory)
		return -ERR_ARCHIVE_INCONSISTENT;
	error = read_local(view_slice(reader->input, 0, directory),
			   (size_t)entry->header, &local, &entry->data);
	if (error != 0)
		return error;
	if (!view_equal(local.name, entry->raw_name) || local.method != method)
		return -ERR_ARCHIVE_INCONSISTENT;
	if (reader->strictness == ZIP_STRICT &&
	    (((local.flags ^ entry->flags) & compared) != 0 ||
	     !sizes_agree(entry, &local)))
		return -ERR_ARCHIVE_INCONSISTENT;
	if (entry->packed > directory - entry->data)
		return -ERR_ARCHIVE_INCONSISTENT;
	if (entry->method == ZIP_METHOD_STORE && !entry->encrypted &&
	    entry->packed != entry->unpacked)
		return -ERR_ARCHIVE_INCONSISTENT;
	return 0;
}

/* The data descriptor (4.3.9) comes in four shapes: with or without its
 * signature, with sizes of four or eight bytes. */
static bool is_descriptor(struct view gap, const struct zip_entry *entry)
{
	bool wide = gap.size == 20 || gap.size == 24;
	struct cursor cursor = cursor_at(gap, 0);
	uint64_t packed;
	uint64_t unpacked;
	uint32_t crc;

	if ((entry->flags & ZIP_FLAG_DESCRIPTOR) == 0 ||
	    (gap.size != 12 && gap.size != 16 && !wide))
		return false;
	if ((gap.size == 16 || gap.size == 24) &&
	    cursor_u32le(&cursor) != descriptor_signature)
		return false;
	crc = cursor_u32le(&cursor);
	packed = wide ? cursor_u64le(&cursor) : cursor_u32le(&cursor);
	unpacked = wide ? cursor_u64le(&cursor) : cursor_u32le(&cursor);
	return crc == entry->crc && packed == entry->packed &&
	       unpacked == entry->unpacked;
}

static int by_header(const void *a, const void *b)
{
	const struct zip_entry *const *one = a;
	const struct zip_entry *const *two = b;

	return ((*one)->header > (*two)->header) -
	       ((*one)->header < (*two)->header);
}

static int by_raw_name(const void *a, const void *b)
{
	const struct zip_entry *const *one = a;
	const struct zip_entry *const *two = b;
	struct view left = (*one)->raw_name;
	struct view right = (*two)->raw_name;
	size_t size = left.size < right.size ? left.size : right.size;
	int order = size == 0 ? 0 : memcmp(left.data, right.data, size);

	if (order != 0)
		return order;
	return (left.size > right.size) - (left.size < right.size);
}

/* Every byte from the start to the directory belongs to exactly one entry. */
static int check_tiling(struct zip_reader *reader,
			const struct zip_entry **sorted, size_t directory)
{
	size_t end = 0;

	for (size_t i = 0; i <= reader->count; i++) {
		size_t start =
		    i < reader->count ? (size_t)sorted[i]->header : directory;
		struct view gap;

		if (start < end)
			return -ERR_ARCHIVE_OVERLAP;
		gap = view_slice(reader->input, end, start - end);
		if (i == 0 && gap.size > 0)
			return -ERR_ARCHIVE_JUNK;
		if (reader->strictness == ZIP_STRICT && gap.size > 0 &&
		    !is_descriptor(gap, sorted[i - 1]))
			return -ERR_ARCHIVE_JUNK;
		if (i < reader->count)
			end = sorted[i]->data + (size_t)sorted[i]->packed;
	}
	return 0;
}

static int check_entries(struct zip_reader *reader, size_t directory)
{
	const struct zip_entry **sorted = arena_array(
	    reader->job->arena, reader->count, sizeof(struct zip_entry *));
	int error;

	if (sorted == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < reader->count; i++) {
		error = check_local(reader, &reader->entries[i], directory);
		if (error != 0)
			return error;
		sorted[i] = &reader->entries[i];
	}
	/* Pointers are sorted. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(sorted, reader->count, sizeof(*sorted), by_header);
	error = check_tiling(reader, sorted, directory);
	if (error != 0)
		return error;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	qsort(sorted, reader->count, sizeof(*sorted), by_raw_name);
	for (size_t i = 1; i < reader->count; i++)
		if (by_raw_name(&sorted[i - 1], &sorted[i]) == 0)
			return -ERR_NAME_COLLISION;
	return 0;
}

/* Mail and document servers pad files: zeros and
 * white space hide nothing. */
static bool ends_in_padding(struct view input, const struct zip_layout *layout)
{
	for (size_t i = input.size - layout->junk_behind; i < input.size; i++)
		if (input.data[i] != 0 && !isspace(input.data[i]))
			return false;
	return layout->junk_behind < ZIP_CHUNK;
}

int zip_reader_open(struct job *job, struct view input,
		    enum zip_strictness strictness,
		    struct zip_reader **ret_reader)
{
	struct zip_reader *reader = arena_alloc(job->arena, sizeof(*reader));
	struct zip_layout layout;
	int error = zip_layout_find(input, &layout);

	if (reader == NULL)
		return -ERR_MEMORY;
	if (error != 0)
		return error;
	if (layout.junk_front > 0 ||
	    (layout.junk_behind > 0 &&
	     (strictness == ZIP_STRICT || !ends_in_padding(input, &layout))))
		return -ERR_ARCHIVE_JUNK;
	reader->job = job;
	reader->input = input;
	reader->strictness = strictness;
	reader->comment = layout.comment;
	error = read_records(reader, &layout);
	if (error == 0)
		error = check_entries(reader, layout.directory);
	if (error == 0)
		*ret_reader = reader;
	return error;
}

size_t zip_reader_count(const struct zip_reader *reader)
{
	return reader->count;
}

const struct zip_entry *zip_reader_entry(const struct zip_reader *reader,
					 size_t i)
{
	return &reader->entries[i];
}

size_t zip_reader_find(const struct zip_reader *reader, const char *name,
		       bool nocase)
{
	for (size_t i = 0; i < reader->count; i++) {
		const char *found = reader->entries[i].name;

		if (found == NULL)
			continue;
		if (nocase ? view_equal_nocase(view_of_string(found), name)
			   : strcmp(found, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

struct view zip_reader_comment(const struct zip_reader *reader)
{
	return reader->comment;
}
