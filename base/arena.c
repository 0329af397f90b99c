#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

struct block {
	struct block *next;
	size_t used;
	size_t size;
	_Alignas(ARENA_ALIGN) uint8_t data[];
};

struct arena {
	struct block *blocks;
	size_t left; /* bytes that may still be given out */
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena != NULL)
		arena->left = limit;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *block_for(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	size_t capacity = size > ARENA_BLOCK ? size : ARENA_BLOCK;

	if (block != NULL && block->size - block->used >= size)
		return block;
	block = calloc(1, sizeof(*block) + capacity);
	if (block == NULL)
		return NULL;
	block->size = capacity;
	/* A block made for one large piece is full at once: keep the block
	 * that still has room in front. */
	if (size > ARENA_BLOCK && arena->blocks != NULL) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block;
	void *piece;

	if (size == 0)
		size = 1;
	if (size > SIZE_MAX - sizeof(*block) - ARENA_ALIGN)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size > arena->left)
		return NULL;
	block = block_for(arena, size);
	if (block == NULL)
		return NULL;
	piece = block->data + block->used;
	block->used += size;
	arena->left -= size;
	return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_alloc(arena, total);
}

char *arena_string(struct arena *arena, struct view view)
{
	char *text;

	if (view.size == SIZE_MAX)
		return NULL;
	text = arena_alloc(arena, view.size + 1);
	if (text != NULL && view.size > 0)
		memcpy(text, view.data, view.size);
	return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list list;
	char *text;
	int size;

	va_start(list, format);
	size = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (size < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)size + 1);
	if (text == NULL)
		return NULL;
	va_start(list, format);
	(void)vsnprintf(text, (size_t)size + 1, format, list);
	va_end(list);
	return text;
}

struct view arena_copy(struct arena *arena, struct view view)
{
	uint8_t *data = arena_alloc(arena, view.size);

	if (data == NULL)
		return (struct view){NULL, 0};
	if (view.size > 0)
		memcpy(data, view.data, view.size);
	return (struct view){data, view.size};
}
