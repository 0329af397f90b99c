#include "sanitizers/archive/name_set.h"

#include <utf8proc.h>

#include "base/banned.h"

enum { TRIES_MAX = 10000, EXTENSION_SIZE_MAX = 8 };

struct name_set {
	struct arena *arena;
	size_t slots; /* a power of two */
	size_t used;
	char **keys;
};

int name_set_new(struct arena *arena, size_t names, struct name_set **ret_set)
{
	struct name_set *set = arena_alloc(arena, sizeof(*set));

	if (set == NULL || names > SIZE_MAX / 8)
		return -ERR_MEMORY;
	set->arena = arena;
	set->slots = 16;
	while (set->slots < names * 2)
		set->slots *= 2;
	set->keys = arena_array(arena, set->slots, sizeof(*set->keys));
	if (set->keys == NULL)
		return -ERR_MEMORY;
	*ret_set = set;
	return 0;
}

static char *map_name(struct arena *arena, const char *name, int options)
{
	utf8proc_uint8_t *mapped = NULL;
	char *copy = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)name, 0, &mapped,
			 (utf8proc_option_t)(UTF8PROC_NULLTERM |
					     UTF8PROC_STABLE |
					     UTF8PROC_COMPOSE | options)) >= 0)
		copy =
		    arena_string(arena, view_of_string((const char *)mapped));
	free(mapped);
	return copy;
}

char *name_key(struct arena *arena, const char *name)
{
	return map_name(arena, name, UTF8PROC_CASEFOLD);
}

char *name_compose(struct arena *arena, const char *name)
{
	return map_name(arena, name, 0);
}

/* The slot of this key or the free one where it belongs (FNV-1a). */
static size_t slot_of(const struct name_set *set, const char *key)
{
	uint64_t hash = 14695981039346656037U;
	size_t slot;

	for (const char *at = key; *at != '\0'; at++)
		hash = (hash ^ (uint8_t)*at) * 1099511628211U;
	slot = (size_t)(hash ^ hash >> 32) & (set->slots - 1);
	while (set->keys[slot] != NULL && strcmp(set->keys[slot], key) != 0)
		slot = (slot + 1) & (set->slots - 1);
	return slot;
}

int name_set_add(struct name_set *set, char *key)
{
	size_t slot = slot_of(set, key);

	if (set->keys[slot] != NULL)
		return -ERR_NAME_COLLISION;
	/* One slot stays free, or the search would not end. */
	if (set->used + 1 >= set->slots)
		return -ERR_LIMIT_MEMBERS;
	set->keys[slot] = key;
	set->used++;
	return 0;
}

bool name_set_has(const struct name_set *set, const char *key)
{
	return set->keys[slot_of(set, key)] != NULL;
}

size_t name_dot(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *part = slash == NULL ? name : slash + 1;
	const char *dot = strrchr(part, '.');
	size_t size = dot == NULL ? 0 : strlen(dot + 1);
	bool letter = false;

	if (dot == NULL || dot == part || size == 0 ||
	    size > EXTENSION_SIZE_MAX)
		return strlen(name);
	for (const char *at = dot + 1; *at != '\0'; at++) {
		if (!isalnum((unsigned char)*at))
			return strlen(name);
		letter = letter || isalpha((unsigned char)*at);
	}
	return letter ? (size_t)(dot - name) : strlen(name);
}

/* Length of the stem that leaves room for `tail` bytes in its last part, cut
 * between two characters. */
static int cut_stem(const char *name, size_t stem, size_t tail)
{
	const char *slash = strrchr(name, '/');
	size_t start = slash == NULL ? 0 : (size_t)(slash - name) + 1;
	size_t size = stem;

	if (size - start > NAME_PART_MAX - tail)
		size = start + NAME_PART_MAX - tail;
	while (size > start && size < stem &&
	       ((uint8_t)name[size] & 0xC0) == 0x80)
		size--;
	return (int)size;
}

char *name_set_take(struct name_set *set, const char *name, size_t stem,
		    const char *suffix)
{
	char number[16] = "";

	if (strlen(suffix) > NAME_PART_MAX / 2)
		return NULL;
	for (unsigned i = 2; i < TRIES_MAX; i++) {
		size_t tail = strlen(suffix) + strlen(number);
		char *made = arena_format(set->arena, "%.*s%s%s",
					  cut_stem(name, stem, tail), name,
					  number, suffix);
		char *key = made == NULL ? NULL : name_key(set->arena, made);
		int error = key == NULL ? -ERR_MEMORY : name_set_add(set, key);

		if (error == 0)
			return made;
		if (error != -ERR_NAME_COLLISION)
			return NULL;
		(void)snprintf(number, sizeof(number), " (%u)", i);
	}
	return NULL;
}
