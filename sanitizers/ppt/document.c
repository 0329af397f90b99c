#include "sanitizers/ppt/ppt.h"

#include <stdlib.h>

#include "base/banned.h"

enum { TOKEN_PLAIN = (int)0xE391C05F, TOKEN_LOCKED = (int)0xF3D1C4DF };

/* Of a UserEditAtom and a CurrentUserAtom ([MS-PPT] 2.3.2, 2.3.3). */
enum {
	USER_TOKEN = 4,
	USER_EDIT = 8,
	USER_NAME_SIZE = 12,
	USER_NAME = 20,
	EDIT_LAST = 8,
	EDIT_DIRECTORY = 12,
	EDIT_DOCUMENT = 16,
	EDIT_CIPHER = 28,
	EDIT_SIZE = 28,
};

static uint32_t number_at(struct view bytes, size_t offset)
{
	struct cursor cursor = cursor_at(bytes, offset);

	return cursor_u32le(&cursor);
}

bool ppt_child(struct view records, uint16_t type, int instance,
	       struct escher_record *ret_record)
{
	struct cursor cursor = cursor_at(records, 0);

	while (escher_next(&cursor, ret_record))
		if (ret_record->type == type &&
		    (instance < 0 || ret_record->instance == instance))
			return true;
	return false;
}

static int read_stream(struct ppt *ppt, const char *name, struct view *ret)
{
	const struct compound_entry *entry =
	    compound_find_stream(ppt->storage, name);

	*ret = (struct view){NULL, 0};
	return entry == NULL ? 0 : compound_read(ppt->compound, entry, ret);
}

static bool record_at(const struct ppt *ppt, size_t offset,
		      struct escher_record *ret_record)
{
	struct cursor cursor = cursor_at(ppt->document, offset);

	*ret_record = (struct escher_record){.offset = offset};
	return escher_next(&cursor, ret_record);
}

/* Where the newest edit is. */
static int read_user(struct ppt *ppt, uint32_t *ret_offset)
{
	struct escher_record record;
	struct cursor cursor;
	struct view user;
	uint32_t token;
	int error = read_stream(ppt, "Current User", &user);

	if (error != 0)
		return error;
	cursor = cursor_at(user, 0);
	if (!escher_next(&cursor, &record) || record.type != PPT_USER ||
	    record.body.size < USER_EDIT + 4)
		return -ERR_MALFORMED;
	token = number_at(record.body, USER_TOKEN);
	ppt->locked = token == (uint32_t)TOKEN_LOCKED;
	if (!ppt->locked && token != (uint32_t)TOKEN_PLAIN)
		return -ERR_MALFORMED;
	*ret_offset = number_at(record.body, USER_EDIT);
	ppt->user = view_slice(record.body, USER_NAME,
			       number_at(record.body, USER_NAME_SIZE) & 0xFFFF);
	return 0;
}

/* Takes the entries of one directory into the table, which holds offsets plus
 * one; what a newer edit said stays ([MS-PPT] 2.3.4). */
static int read_directory(struct ppt *ppt, uint32_t offset, uint32_t *table)
{
	struct escher_record record;
	struct cursor cursor;

	if (!record_at(ppt, offset, &record) || record.type != PPT_DIRECTORY)
		return -ERR_MALFORMED;
	cursor = cursor_at(record.body, 0);
	while (cursor_left(&cursor) >= 4) {
		uint32_t first = cursor_u32le(&cursor);
		uint32_t count = first >> 20;

		first &= PPT_IDS - 1;
		if (first + count > PPT_IDS)
			return -ERR_MALFORMED;
		if (first + count > ppt->ids)
			ppt->ids = first + count;
		for (uint32_t i = first; i < first + count; i++) {
			uint32_t at = cursor_u32le(&cursor);

			if (cursor.failed || at == UINT32_MAX)
				return -ERR_MALFORMED;
			if (table[i] == 0)
				table[i] = at + 1;
		}
	}
	return 0;
}

/* The last edit in front of this one, 0 for none, where the link to it leads
 * nowhere: a writer is known that lets an edit be its own predecessor. */
static uint32_t edit_before(const struct ppt *ppt, uint32_t offset)
{
	struct cursor cursor = cursor_at(ppt->document, 0);
	struct escher_record record;
	uint32_t found = 0;

	for (;;) {
		size_t at = cursor.offset;

		if (at >= offset || !escher_next(&cursor, &record))
			return found;
		if (record.type == PPT_EDIT)
			found = (uint32_t)at;
	}
}

/* An older edit lies in front of the newer one, so the chain ends. */
static int read_edits(struct ppt *ppt, uint32_t offset, uint32_t *table)
{
	unsigned mended = 0;

	for (;;) {
		struct escher_record record;
		uint32_t last;
		int error;

		if (!record_at(ppt, offset, &record) ||
		    record.type != PPT_EDIT || record.body.size < EDIT_SIZE)
			return -ERR_MALFORMED;
		if (ppt->edit_count++ == 0) {
			ppt->edit = record.body;
			/* 0 where there is none. */
			ppt->cipher = number_at(record.body, EDIT_CIPHER);
		}
		if (ppt->edit_count > PPT_EDITS_MAX)
			return -ERR_LIMIT_MEMBERS;
		error = read_directory(
		    ppt, number_at(record.body, EDIT_DIRECTORY), table);
		if (error != 0)
			return error;
		last = number_at(record.body, EDIT_LAST);
		if (last == 0)
			return 0;
		if (last >= offset) {
			if (mended++ > 0)
				return -ERR_MALFORMED;
			last = edit_before(ppt, offset);
		}
		if (last == 0)
			return -ERR_MALFORMED;
		offset = last;
	}
}

static int by_offset(const void *a, const void *b)
{
	uint32_t left = ((const struct ppt_object *)a)->offset;
	uint32_t right = ((const struct ppt_object *)b)->offset;

	return left < right ? -1 : left > right;
}

static int by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct ppt_object *)a)->id;
	uint32_t right = ((const struct ppt_object *)b)->id;

	return left < right ? -1 : left > right;
}

/* No two objects share bytes: else few bytes could be written many times. */
static int check_overlap(struct ppt *ppt)
{
	size_t end = 0;

	qsort(ppt->objects, ppt->object_count, sizeof(*ppt->objects),
	      by_offset);
	for (size_t i = 0; i < ppt->object_count; i++) {
		const struct ppt_object *object = &ppt->objects[i];

		if (object->offset < end)
			return -ERR_MALFORMED;
		end = object->offset + ESCHER_HEADER + object->record.body.size;
	}
	qsort(ppt->objects, ppt->object_count, sizeof(*ppt->objects), by_id);
	return 0;
}

/* Entries that lead to no record are what deleted slides leave. */
static int collect_objects(struct ppt *ppt, const uint32_t *table)
{
	size_t count = 0;
	struct escher_record record;

	for (uint32_t id = 0; id < ppt->ids; id++)
		count += table[id] != 0;
	ppt->objects =
	    arena_array(ppt->job->arena, count + 1, sizeof(*ppt->objects));
	if (ppt->objects == NULL)
		return -ERR_MEMORY;
	for (uint32_t id = 0; id < ppt->ids; id++) {
		if (table[id] == 0 || (id != 0 && id == ppt->cipher) ||
		    !record_at(ppt, table[id] - 1, &record))
			continue;
		ppt->objects[ppt->object_count++] = (struct ppt_object){
		    .id = id, .offset = table[id] - 1, .record = record};
	}
	return check_overlap(ppt);
}

const struct ppt_object *ppt_find(const struct ppt *ppt, uint32_t id)
{
	struct ppt_object key = {.id = id};

	return ppt->object_count == 0
		   ? NULL
		   : bsearch(&key, ppt->objects, ppt->object_count, sizeof(key),
			     by_id);
}

static int read_objects(struct ppt *ppt)
{
	uint32_t *table = arena_array(ppt->job->arena, PPT_IDS, sizeof(*table));
	uint32_t offset;
	int error;

	if (table == NULL)
		return -ERR_MEMORY;
	error = read_user(ppt, &offset);
	if (error == 0)
		error = read_edits(ppt, offset, table);
	if (error == 0)
		error = ppt_unlock(ppt, table);
	if (error == 0)
		error = collect_objects(ppt, table);
	if (error != 0)
		return error;
	ppt->main = ppt_find(ppt, number_at(ppt->edit, EDIT_DOCUMENT));
	return ppt->main == NULL || ppt->main->record.type != PPT_DOCUMENT
		   ? -ERR_MALFORMED
		   : 0;
}

int ppt_open(struct ppt *ppt)
{
	const struct compound_entry *root;
	const struct compound_entry *later;
	int error =
	    compound_open(ppt->job->arena, ppt->job->input, &ppt->compound);

	if (error != 0)
		return error;
	root = compound_root(ppt->compound);
	later = compound_find_storage(root, "PP97_DUALSTORAGE");
	ppt->storage = later != NULL ? later : root;
	if (compound_find_stream(ppt->storage, "PowerPoint Document") == NULL)
		return -ERR_TYPE_UNSUPPORTED;
	error = read_stream(ppt, "PowerPoint Document", &ppt->document);
	if (error == 0)
		error = read_stream(ppt, "Pictures", &ppt->pictures);
	if (error == 0)
		error = read_objects(ppt);
	return error != 0 ? error : ppt_read_contents(ppt);
}
