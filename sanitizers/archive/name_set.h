/*
 * The names that are taken in an archive, compared as file systems do: without
 * regard to case (full case folding) and to how a character is composed (NFC).
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_NAME_SET_H
#define SEKISHO_SANITIZERS_ARCHIVE_NAME_SET_H

#include "base/arena.h"

enum {
	NAME_PATH_MAX = 900, /* bytes of a whole name, UTF-8 */
	NAME_PART_MAX = 255, /* bytes of one part between slashes, UTF-8 */
	NAME_PARTS_MAX = 64,
};

struct name_set;

/* An empty set that has room for at least so many names. */
int name_set_new(struct arena *arena, size_t names,
		 struct name_set **ret_set) MUST_CHECK;

/* What a name is compared by. Folding keeps the slashes of a path where they
 * are: the key of a folder begins the keys of what is in it. NULL when out of
 * memory or not UTF-8. */
char *name_key(struct arena *arena, const char *name);

/* The name in NFC; NULL when out of memory or not UTF-8. */
char *name_compose(struct arena *arena, const char *name);

/* Takes a key, which must live as long as the set. -ERR_NAME_COLLISION when it
 * is taken, -ERR_LIMIT_MEMBERS when the set is full. */
int name_set_add(struct name_set *set, char *key) MUST_CHECK;
bool name_set_has(const struct name_set *set, const char *key);

/*
 * The first `stem` bytes of a path with `suffix` (".docx"), " (2)", " (3)"...
 * between them until nobody has it; takes it. What would make the last part
 * longer than NAME_PART_MAX is cut from the stem. NULL when out of memory or
 * the set is full.
 */
char *name_set_take(struct name_set *set, const char *name, size_t stem,
		    const char *suffix);

/* Offset of the dot in front of the extension of a path's last part, its
 * length when there is none: "v1.入札" and ".bashrc" have none. */
size_t name_dot(const char *name);

#endif
