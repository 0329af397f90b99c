#include "sanitizers/ooxml/part_name.h"

#include "base/hex.h"

#include "base/banned.h"

enum { NAME_SIZE_MAX = 1024 };

/* Decodes percent escapes and turns backslashes; false for control characters
 * and queries, which no part name has. */
static bool decode(const char *from, char *to)
{
	while (*from != '\0') {
		char byte = *from++;

		if (byte == '%' && hex_digit((uint8_t)from[0]) >= 0 &&
		    hex_digit((uint8_t)from[1]) >= 0) {
			byte = (char)(hex_digit((uint8_t)from[0]) * 16 +
				      hex_digit((uint8_t)from[1]));
			from += 2;
		}
		if ((unsigned char)byte < 0x20 || byte == 0x7f)
			return false;
		*to++ = byte == '\\' ? '/' : byte;
	}
	*to = '\0';
	return true;
}

/* Appends one segment to the path of `length` bytes; false when it climbs out
 * of the package. */
static bool append_segment(char *path, size_t *length, const char *segment,
			   size_t size)
{
	if (size == 0 || (size == 1 && segment[0] == '.'))
		return true;
	if (size == 2 && segment[0] == '.' && segment[1] == '.') {
		if (*length == 0)
			return false;
		while (*length > 0 && path[--*length] != '/')
			;
		return true;
	}
	if (*length > 0)
		path[(*length)++] = '/';
	for (size_t i = 0; i < size; i++)
		path[(*length)++] = segment[i];
	return true;
}

const char *part_name_resolve(struct arena *arena, const char *source,
			      const char *reference)
{
	const char *slash = strrchr(source, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - source);
	size_t room = strlen(source) + strlen(reference) + 2;
	char *path = arena_alloc(arena, room);
	char *decoded = arena_alloc(arena, room);
	const char *at = decoded;

	if (path == NULL || decoded == NULL || room > NAME_SIZE_MAX ||
	    !decode(reference, decoded))
		return NULL;
	if (decoded[0] == '/')
		length = 0;
	for (size_t i = 0; i < length; i++)
		path[i] = source[i];
	while (*at != '\0') {
		size_t size = strcspn(at, "/");

		if (!append_segment(path, &length, at, size))
			return NULL;
		at += size;
		at += *at == '/';
	}
	path[length] = '\0';
	return length == 0 ? NULL : path;
}

char *part_name_safe(struct arena *arena, const char *name,
		     const char *extension)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(name, '.');
	size_t size = strlen(name);
	char *safe;

	if (dot != NULL && (slash == NULL || dot > slash + 1))
		size = (size_t)(dot - name);
	safe = arena_format(arena, "%.*s.%s", (int)size, name, extension);
	if (safe == NULL)
		return NULL;
	for (char *at = safe; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) && strchr("._-/", *at) == NULL)
			*at = '_';
	return safe;
}

const char *part_name_relative(struct arena *arena, const char *source,
			       const char *target)
{
	size_t common = 0;
	size_t length = 0;
	char *path;
	size_t ups = 0;

	for (size_t i = 0; source[i] != '\0' && source[i] == target[i]; i++)
		if (source[i] == '/')
			common = i + 1;
	for (const char *at = source + common; *at != '\0'; at++)
		ups += *at == '/';
	path = arena_alloc(arena, ups * 3 + strlen(target + common) + 1);
	if (path == NULL)
		return NULL;
	for (size_t i = 0; i < ups; i++, length += 3) {
		path[length] = '.';
		path[length + 1] = '.';
		path[length + 2] = '/';
	}
	for (const char *at = target + common; *at != '\0'; at++)
		path[length++] = *at;
	return path;
}

const char *part_name_relations(struct arena *arena, const char *source)
{
	const char *slash = strrchr(source, '/');

	if (source[0] == '\0')
		return "_rels/.rels";
	if (slash == NULL)
		return arena_format(arena, "_rels/%s.rels", source);
	return arena_format(arena, "%.*s/_rels/%s.rels", (int)(slash - source),
			    source, slash + 1);
}

const char *part_name_tail(struct arena *arena, const char *text, char divider)
{
	const char *tail = strrchr(text, divider);
	char *lower;

	if (tail == NULL && divider == '.')
		return "";
	lower =
	    arena_string(arena, view_of_string(tail == NULL ? text : tail + 1));
	if (lower == NULL)
		return NULL;
	for (char *at = lower; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return lower;
}

bool part_name_contains(const char *text, const char *word)
{
	for (; *text != '\0'; text++)
		if (strncasecmp(text, word, strlen(word)) == 0)
			return true;
	return false;
}
