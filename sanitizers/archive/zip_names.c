#include "sanitizers/archive/zip_names.h"

#include "base/utf8.h"
#include "sanitizers/archive/name_encoding.h"

#include "base/banned.h"

static bool is_ascii(struct view name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] >= 0x80)
			return false;
	return true;
}

/* Whether the entry itself says what its name is: by the UTF-8 flag, the
 * Unicode field, or by being plain ASCII. */
static bool is_certain(const struct zip_entry *entry)
{
	return entry->name != NULL &&
	       ((entry->flags & ZIP_FLAG_UTF8) != 0 ||
		is_ascii(entry->raw_name) ||
		!view_equal(view_of_string(entry->name), entry->raw_name));
}

static bool is_device(const char *part)
{
	static const char *const devices[] = {
	    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$"};
	size_t base = strcspn(part, ". ");

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (base == strlen(devices[i]) &&
		    strncasecmp(part, devices[i], base) == 0)
			return true;
	return base == 4 && isdigit((unsigned char)part[3]) &&
	       (strncasecmp(part, "com", 3) == 0 ||
		strncasecmp(part, "lpt", 3) == 0);
}

/* One part of a path. Windows drops blanks and dots at its end ("a.exe." is
 * "a.exe") and refuses some characters: both are taken away here. */
static int clean_part(char *part, bool *changed)
{
	size_t size = strlen(part);

	if (size == 0 || size > NAME_PART_MAX || strcmp(part, "..") == 0 ||
	    is_device(part))
		return -ERR_NAME_UNSAFE;
	for (char *at = part; *at != '\0'; at++) {
		if (strchr("<>\"|?*", *at) == NULL)
			continue;
		*at = '_';
		*changed = true;
	}
	while (size > 0 && (part[size - 1] == ' ' || part[size - 1] == '.')) {
		part[--size] = '\0';
		*changed = true;
	}
	return size == 0 ? -ERR_NAME_UNSAFE : 0;
}

static int check_characters(char *text, bool *changed)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t c = utf8_next(&cursor);

		if (utf8_is_unsafe(c) || c == ':' || c == 0xFFFD)
			return -ERR_NAME_UNSAFE;
	}
	for (char *at = text; *at != '\0'; at++) {
		if (*at != '\\')
			continue;
		*at = '/';
		*changed = true;
	}
	return 0;
}

/* Writes the cleaned parts over the text itself, which only gets shorter. */
static int clean_parts(char *text, bool *changed)
{
	char *to = text;
	char *part = text;

	for (unsigned parts = 0; part != NULL; parts++) {
		char *next = strchr(part, '/');
		int error;

		if (parts == NAME_PARTS_MAX)
			return -ERR_NAME_UNSAFE;
		if (next != NULL)
			*next++ = '\0';
		if (strcmp(part, ".") == 0) {
			*changed = true;
			part = next;
			continue;
		}
		error = clean_part(part, changed);
		if (error != 0)
			return error;
		if (to != text)
			*to++ = '/';
		while (*part != '\0')
			*to++ = *part++;
		part = next;
	}
	*to = '\0';
	return to == text ? -ERR_NAME_UNSAFE : 0;
}

static int clean_name(char *text, bool *changed)
{
	int error = check_characters(text, changed);
	size_t size = strlen(text);

	if (error != 0)
		return error;
	if (size == 0 || size > NAME_PATH_MAX || text[0] == '/')
		return -ERR_NAME_UNSAFE;
	if (text[size - 1] == '/')
		text[size - 1] = '\0';
	return clean_parts(text, changed);
}

static int decode_name(struct arena *arena, const struct zip_entry *entry,
		       const struct name_votes *votes,
		       struct zip_name *ret_name)
{
	struct view text =
	    is_certain(entry)
		? view_of_string(entry->name)
		: name_votes_decode(votes, arena, entry->raw_name);
	struct zip_name name = {0};
	char *raw;
	int error;

	if (text.data == NULL || memchr(text.data, '\0', text.size) != NULL)
		return -ERR_NAME_UNSAFE;
	raw = arena_string(arena, text);
	if (raw == NULL)
		return -ERR_MEMORY;
	/* macOS writes か and ゛ apart, and Windows shows them apart. */
	name.text = name_compose(arena, raw);
	if (name.text == NULL)
		return -ERR_MEMORY;
	name.changed = strcmp(name.text, raw) != 0;
	error = clean_name(name.text, &name.changed);
	if (error != 0)
		return error;
	name.key = name_key(arena, name.text);
	if (name.key == NULL)
		return -ERR_MEMORY;
	*ret_name = name;
	return 0;
}

/* A file may not be the folder of another entry: on disk one of the two would
 * be lost, and which one depends on who unpacks. */
static int check_collisions(struct arena *arena,
			    const struct zip_reader *reader,
			    const struct zip_name *names)
{
	struct name_set *all;
	struct name_set *files;
	size_t count = zip_reader_count(reader);
	int error = name_set_new(arena, count, &all);

	if (error == 0)
		error = name_set_new(arena, count, &files);
	for (size_t i = 0; i < count && error == 0; i++) {
		error = name_set_add(all, names[i].key);
		if (error == 0 && !zip_reader_entry(reader, i)->directory)
			error = name_set_add(files, names[i].key);
	}
	for (size_t i = 0; i < count && error == 0; i++) {
		char *key = arena_string(arena, view_of_string(names[i].key));

		if (key == NULL)
			return -ERR_MEMORY;
		for (char *at = strchr(key, '/'); at != NULL && error == 0;
		     at = strchr(at + 1, '/')) {
			*at = '\0';
			if (name_set_has(files, key))
				error = -ERR_NAME_COLLISION;
			*at = '/';
		}
	}
	return error;
}

int zip_names_decode(struct job *job, const struct zip_reader *reader,
		     struct zip_name **ret_names)
{
	size_t count = zip_reader_count(reader);
	struct zip_name *names = arena_array(job->arena, count, sizeof(*names));
	struct name_votes votes = {0};
	int error;

	if (names == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (!is_certain(zip_reader_entry(reader, i)))
			name_votes_cast(&votes, job->arena,
					zip_reader_entry(reader, i)->raw_name);
	for (size_t i = 0; i < count; i++) {
		error = decode_name(job->arena, zip_reader_entry(reader, i),
				    &votes, &names[i]);
		if (error != 0)
			return error;
	}
	error = check_collisions(job->arena, reader, names);
	if (error == 0)
		*ret_names = names;
	return error;
}
