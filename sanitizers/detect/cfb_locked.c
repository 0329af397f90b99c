/*
 * Whether an xls or ppt is encrypted in a way that is not opened: a record
 * behind the first of a workbook ([MS-XLS] 2.4.117), a mark in PowerPoint's
 * stream of the current user ([MS-PPT] 2.3.2). A doc says so itself, to its
 * sanitizer.
 */
#include "sanitizers/detect/kind.h"
#include "sanitizers/ole/compound.h"

#include "base/banned.h"

enum {
	MEMORY_MAX = 256 * 1024 * 1024,
	HEAD_SIZE = 64 * 1024,
	RECORD_FILEPASS = 0x2F,
	WAY_RC4 = 1,
	RECORDS_LOOKED_AT = 16,
	SLIDES_MARK = 12,
};

#define SLIDES_ENCRYPTED UINT32_C(0xF3D1C4DF)

static bool is_locked_workbook(struct view head)
{
	struct cursor cursor = cursor_at(head, 0);

	for (size_t i = 0; i < RECORDS_LOOKED_AT; i++) {
		uint16_t type = cursor_u16le(&cursor);
		uint16_t size = cursor_u16le(&cursor);

		if (cursor.failed)
			return false;
		/* What is not RC4 nobody opens. */
		if (type == RECORD_FILEPASS)
			return cursor_u16le(&cursor) != WAY_RC4;
		cursor_skip(&cursor, size);
	}
	return false;
}

static bool is_locked_slides(struct view head)
{
	struct cursor cursor = cursor_at(head, SLIDES_MARK);

	return cursor_u32le(&cursor) == SLIDES_ENCRYPTED;
}

static const struct {
	const char *stream;
	bool (*is_locked)(struct view head);
} locks[] = {
    {"Workbook", is_locked_workbook},
    {"Book", is_locked_workbook},
    {"Current User", is_locked_slides},
};

static bool is_locked(struct compound *compound)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		BUFFER_CLEANUP struct buffer head = buffer_make(HEAD_SIZE);
		const struct compound_entry *entry = compound_find_stream(
		    compound_root(compound), locks[i].stream);

		if (entry != NULL &&
		    compound_read_part(compound, entry, 0, HEAD_SIZE, &head) ==
			0 &&
		    locks[i].is_locked(buffer_contents(&head)))
			return true;
	}
	return false;
}

bool cfb_is_locked(struct view input)
{
	struct arena *arena = arena_new(MEMORY_MAX);
	struct compound *compound;
	bool locked = false;

	if (arena != NULL && compound_open(arena, input, &compound) == 0)
		locked = is_locked(compound);
	arena_free(arena);
	return locked;
}
