/*
 * An arena: memory that is given back all at once. Used by sandboxed
 * processes, where it dies with the process, so that parsers return early
 * without cleaning up.
 */
#ifndef SEKISHO_BASE_ARENA_H
#define SEKISHO_BASE_ARENA_H

#include "base/view.h"

struct arena;

/* An arena that gives out at most `limit` bytes. NULL when out of memory. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any type, valid as long as the arena; NULL
 * when the limit or the memory is spent. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* `count` elements of `size` bytes; NULL also on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* A NUL-terminated copy; bytes behind a NUL in the view stay behind it. */
char *arena_string(struct arena *arena, struct view view) MUST_CHECK;

/* A formatted string. NULL when out of memory. */
char *arena_format(struct arena *arena, const char *format, ...) MUST_CHECK
    PRINTF_LIKE(2, 3);

/* A copy of the bytes; its data is NULL when out of memory. */
struct view arena_copy(struct arena *arena, struct view view) MUST_CHECK;

#endif
