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

/* Names of groups; one too many, and there is no excerpt. */
struct names {
	struct view list[NAMES_MAX];
	size_t count;
	bool full;
};

struct excerpt {
	bool (*wanted)(const char *mime);
	struct view entries[SETS];
	struct names names; /* of groups that are wanted themselves */
	struct names used;  /* of all that what is taken goes on to */
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

static bool has_name(const struct names *names, struct view name)
{
	for (size_t i = 0; i < names->count; i++)
		if (view_equal(name, names->list[i]))
			return true;
	return false;
}

/* False where it is there already. */
static bool add_name(struct names *names, struct view name)
{
	if (has_name(names, name))
		return false;
	names->full |= names->count == NAMES_MAX;
	if (!names->full)
		names->list[names->count++] = name;
	return !names->full;
}

/* What an entry goes on to, also with its bytes swapped: "^name". */
static struct view used_name(struct view entry)
{
	struct view name = string_at(entry, AT_VALUE, VALUE_SIZE);

	if (view_starts_with(name, "^") || view_starts_with(name, "\\"))
		name = view_slice(name, 1, name.size);
	return name;
}

static bool entry_is_wanted(const struct excerpt *excerpt, struct view entry)
{
	struct view text = string_at(entry, AT_MIME, MIME_SIZE);
	char mime[MIME_SIZE + 1] = "";

	if (entry.size != ENTRY)
		return false;
	if (entry.data[AT_TYPE] == TYPE_USE &&
	    has_name(&excerpt->names, used_name(entry)))
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
static bool add_wanted(struct excerpt *excerpt)
{
	struct view entries = excerpt->entries[1];
	size_t count = entries.size / ENTRY;
	bool added = false;
	size_t size;

	for (size_t i = 0; i < count; i += size) {
		struct view name =
		    string_at(entry_at(entries, i), AT_VALUE, VALUE_SIZE);
		bool wanted;

		size = group_size(excerpt, entries, i, &wanted);
		added |= wanted && add_name(&excerpt->names, name);
	}
	return added;
}

static bool add_used(struct excerpt *excerpt, struct view group)
{
	bool added = false;

	for (size_t i = 0; i < group.size / ENTRY; i++) {
		struct view entry = entry_at(group, i);

		if (entry.size == ENTRY && entry.data[AT_TYPE] == TYPE_USE)
			added |= add_name(&excerpt->used, used_name(entry));
	}
	return added;
}

/* The groups of the first set that are wanted. */
static void take_groups(struct excerpt *excerpt, struct buffer *groups)
{
	struct view entries = excerpt->entries[0];
	size_t count = entries.size / ENTRY;
	size_t size;

	for (size_t i = 0; i < count; i += size) {
		struct view group;
		bool wanted;

		size = group_size(excerpt, entries, i, &wanted);
		group = view_slice(entries, i * ENTRY, size * ENTRY);
		if (!wanted)
			continue;
		buffer_view(groups, group);
		(void)add_used(excerpt, group);
	}
}

/* Those of the second set that they use, and those that these use. Whether
 * there were more to use than was known. */
static bool take_used(struct excerpt *excerpt, struct buffer *groups)
{
	struct view entries = excerpt->entries[1];
	size_t count = entries.size / ENTRY;
	bool added = false;
	size_t size;

	groups->size = 0;
	for (size_t i = 0; i < count; i += size) {
		struct view name =
		    string_at(entry_at(entries, i), AT_VALUE, VALUE_SIZE);
		struct view group;
		bool wanted;

		size = group_size(excerpt, entries, i, &wanted);
		group = view_slice(entries, i * ENTRY, size * ENTRY);
		if (!has_name(&excerpt->used, name))
			continue;
		buffer_view(groups, group);
		added |= add_used(excerpt, group);
	}
	return added;
}

/* A header that counts them, and both sets. */
static int write_groups(struct excerpt *excerpt, struct view database,
			struct buffer *out)
{
	BUFFER_CLEANUP struct buffer first = buffer_make(database.size);
	BUFFER_CLEANUP struct buffer second = buffer_make(database.size);
	struct view header = view_slice(database, 0, ENTRY);

	take_groups(excerpt, &first);
	while (take_used(excerpt, &second))
		continue;
	if (buffer_error(&first) != 0 || buffer_error(&second) != 0 ||
	    excerpt->names.full || excerpt->used.full)
		return -ERR_MEMORY;
	buffer_view(out, view_slice(header, 0, AT_COUNTS));
	buffer_u32le(out, (uint32_t)(first.size / ENTRY));
	buffer_u32le(out, (uint32_t)(second.size / ENTRY));
	buffer_view(out, view_slice(header, AT_COUNTS + 4 * SETS, ENTRY));
	buffer_view(out, buffer_contents(&first));
	buffer_view(out, buffer_contents(&second));
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
	while (add_wanted(&excerpt))
		continue;
	*ret_database = buffer_make(database.size);
	return write_groups(&excerpt, database, ret_database);
}
