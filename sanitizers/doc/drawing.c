#include "sanitizers/doc/document.h"
#include "sanitizers/ole/escher.h"

#include "base/banned.h"

enum {
	REGION_DRAWING = 50,
	ENTRY_SIZE = 20,  /* of the picture, within an entry of the store */
	ENTRY_DELAY = 28, /* where it lies in WordDocument */
	ENTRY_FIXED = 36,
};

/* The shape and its picture ([MS-DOC] 2.9.173) are records as in any drawing.
 */
int doc_shape_write(struct doc *doc, struct view art, struct buffer *out)
{
	struct escher *escher = arena_alloc(doc->job->arena, sizeof(*escher));

	if (escher == NULL)
		return -ERR_MEMORY;
	escher->job = doc->job;
	escher->path = arena_format(doc->job->arena, "picture %u",
				    (unsigned)doc->pictures);
	escher->out = out;
	return escher_filter(escher, art);
}

/* Entries of the store within the drawings of the document. */
static void claim_store(struct doc *doc, struct view store)
{
	struct cursor cursor = cursor_at(store, 0);
	struct escher_record record;

	while (escher_next(&cursor, &record)) {
		if (record.type != ESCHER_ENTRY ||
		    record.body.size < ENTRY_FIXED)
			continue;
		/* What is not claimed counts as leftover, no more. */
		if (doc_claim(doc, doc_u32(record.body.data + ENTRY_DELAY),
			      doc_u32(record.body.data + ENTRY_SIZE),
			      OWNER_PICTURE) != 0)
			continue;
	}
}

void doc_drawing_claim(struct doc *doc)
{
	struct view region;
	struct cursor cursor;
	struct escher_record record;

	if (doc_region(doc, REGION_DRAWING, &region) != 0)
		return;
	cursor = cursor_at(region, 0);
	if (!escher_next(&cursor, &record) || record.type != ESCHER_GROUP)
		return;
	cursor = cursor_at(record.body, 0);
	while (escher_next(&cursor, &record))
		if (record.type == ESCHER_STORE)
			claim_store(doc, record.body);
}

/* The store, then one drawing for the text and one for the headers, each
 * behind a byte that says which ([MS-DOC] 2.9.173). */
int doc_drawing_write(struct doc *doc, struct view region, struct buffer *out)
{
	struct escher *escher = arena_alloc(doc->job->arena, sizeof(*escher));
	struct cursor cursor = cursor_at(region, 0);
	struct escher_record record;
	bool first = true;
	int error = 0;

	if (escher == NULL)
		return -ERR_MEMORY;
	escher->job = doc->job;
	escher->path = "drawing";
	escher->out = out;
	escher->delay = doc->main;
	escher->delay_out = &doc->pictures_out;
	escher->delay_base = (uint32_t)doc->end;
	while (error == 0 && cursor_left(&cursor) > ESCHER_HEADER) {
		size_t start;

		if (!first)
			buffer_u8(out, cursor_u8(&cursor) == 0 ? 0 : 1);
		start = cursor.offset;
		if (!escher_next(&cursor, &record) ||
		    record.type != (first ? ESCHER_GROUP : ESCHER_DRAWING))
			return -ERR_MALFORMED;
		error = escher_filter(
		    escher, view_slice(region, start, cursor.offset - start));
		first = false;
	}
	return error;
}
