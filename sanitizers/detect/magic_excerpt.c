/*
 * The compiled database of libmagic 5.44 (version 18): a header and entries of
 * 376 bytes each, in the byte order of the machine. The header has a magic
 * number, the version, and how many entries there are in each of two sets: the
 * groups that are tried, and those that others use by their name. A group is an
 * entry of level 0 and those of higher levels behind it.
 */
#include "sanitizers/detect/magic_excerpt.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	VERSION = 18,
	ENTRY = 376, /* the header takes as much */
	SETS = 2,
	AT_MAGIC = 0,
	AT_VERSION = 4,
	AT_COUNTS = 8,
	AT_LEVEL = 0,
	AT_TYPE = 6,
	AT_VALUE = 32,
	VALUE_SIZE = 128,
	AT_MIME = 224,
	MIME_SIZE = 80,
	TYPE_USE = 46,
	NAMES_MAX = 64, /* of named groups that count */
};

static const uint32_t magic_number = 0xF11E041C;

struct excerpt {
	bool (*wanted)(const char *mime);
	struct view entries[SETS];
	struct view names[NAMES_MAX];
	size_t name_count;
};

/* Another byte order shows in the magic number. */
static uint32_t number_at(struct view data, size_t at)
{
	struct cursor cursor = cursor_at(data, at);

	return cursor_u32le(&cursor);
}

static struct view entry_at(struct view entries, size_t index)
{
	return view_slice(entries, index * ENTRY, ENTRY);
}

static bool begins_group(struct view entry)
{
	return entry.data[AT_LEVEL] == 0 && entry.data[AT_LEVEL + 1] == 0;
}

static struct view string_at(struct view entry, size_t at, size_t room)
{
	struct view text = view_slice(entry, at, room);
	size_t end = view_find(text, view_of("", 1), 0);

	return view_slice(text, 0, end);
}

/* A group may be used with its bytes swapped: "^name". */
static bool uses_wanted(const struct excerpt *excerpt, struct view entry)
{
	struct view name = string_at(entry, AT_VALUE, VALUE_SIZE);

	if (view_starts_with(name, "^") || view_starts_with(name, "\\"))
		name = view_slice(name, 1, name.size);
	for (size_t i = 0; i < excerpt->name_count; i++)
		if (view_equal(name, excerpt->names[i]))
			return true;
	return false;
}

static bool entry_is_wanted(const struct excerpt *excerpt, struct view entry)
{
	struct view text = string_at(entry, AT_MIME, MIME_SIZE);
	char mime[MIME_SIZE + 1] = "";

	if (entry.data[AT_TYPE] == TYPE_USE && uses_wanted(excerpt, entry))
		return true;
	if (!bytes_copy(mime, MIME_SIZE, text))
		return false;
	return mime[0] != '\0' && excerpt->wanted(mime);
}

/* The entries of the group at `index`, and whether one of them is wanted. */
static size_t group_size(const struct excerpt *excerpt, struct view entries,
			 size_t index, bool *ret_wanted)
{
	size_t size = 0;
	struct view entry = entry_at(entries, index);

	*ret_wanted = false;
	do {
		*ret_wanted |= entry_is_wanted(excerpt, entry);
		entry = entry_at(entries, index + ++size);
	} while (entry.size == ENTRY && !begins_group(entry));
	return size;
}

/* Adds the named groups that are wanted; false when there were none to add. */
static bool add_names(struct excerpt *excerpt)
{
	struct view entries = excerpt->entries[1];
	size_t count = entries.size / ENTRY;
	size_t before = excerpt->name_count;
	size_t size;

	for (size_t i = 0; i < count; i += size) {
		struct view name =
		    string_at(entry_at(entries, i), AT_VALUE, VALUE_SIZE);
		bool wanted;

		size = group_size(excerpt, entries, i, &wanted);
		for (size_t k = 0; k < excerpt->name_count; k++)
			wanted &= !view_equal(excerpt->names[k], name);
		if (wanted && excerpt->name_count < NAMES_MAX)
			excerpt->names[excerpt->name_count++] = name;
	}
	return excerpt->name_count > before;
}

/* The wanted groups and all that may be used by their names, behind a header
 * that counts them. */
static int write_groups(const struct excerpt *excerpt, struct view database,
			struct buffer *out)
{
	struct view entries = excerpt->entries[0];
	size_t count = entries.size / ENTRY;
	BUFFER_CLEANUP struct buffer groups = buffer_make(entries.size);
	size_t size;

	for (size_t i = 0; i < count; i += size) {
		bool wanted;

		size = group_size(excerpt, entries, i, &wanted);
		if (wanted)
			buffer_view(&groups, view_slice(entries, i * ENTRY,
							size * ENTRY));
	}
	if (buffer_error(&groups) != 0)
		return buffer_error(&groups);
	buffer_view(out, view_slice(database, 0, AT_COUNTS));
	buffer_u32le(out, (uint32_t)(groups.size / ENTRY));
	buffer_view(out,
		    view_slice(database, AT_COUNTS + 4, ENTRY - AT_COUNTS - 4));
	buffer_view(out, buffer_contents(&groups));
	buffer_view(out, excerpt->entries[1]);
	return buffer_error(out);
}

int magic_excerpt(struct view database, bool (*wanted)(const char *mime),
		  struct buffer *ret_database)
{
	struct excerpt excerpt = {.wanted = wanted};
	size_t counts[SETS];

	if (database.size < ENTRY ||
	    number_at(database, AT_MAGIC) != magic_number ||
	    number_at(database, AT_VERSION) != VERSION)
		return -ERR_TYPE_UNSUPPORTED;
	for (size_t i = 0; i < SETS; i++)
		counts[i] = number_at(database, AT_COUNTS + 4 * i);
	if ((1 + counts[0] + counts[1]) * ENTRY != database.size)
		return -ERR_TYPE_UNSUPPORTED;
	excerpt.entries[0] = view_slice(database, ENTRY, counts[0] * ENTRY);
	excerpt.entries[1] =
	    view_slice(database, (1 + counts[0]) * ENTRY, counts[1] * ENTRY);
	while (add_names(&excerpt))
		continue;
	*ret_database = buffer_make(database.size);
	return write_groups(&excerpt, database, ret_database);
}
