/*
 * The positions that records hold of other records: of a sheet in the list of
 * sheets, of blocks of rows and of cells in them (2.4.141, 2.4.78), of strings.
 * What does not lead to a record before is left out: readers ask for it when
 * it is there.
 */
#include "sanitizers/biff/biff.h"

#include "base/bytes.h"

#include "base/banned.h"

struct layout {
	struct book *book;
	uint32_t *item_of; /* by record; BIFF_NONE where it went */
};

static int set_offsets(struct book *book)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < book->item_count; i++) {
		book->items[i].offset = (uint32_t)offset;
		offset += BIFF_HEADER + book->items[i].body.size;
		if (offset > UINT32_MAX)
			return -ERR_LIMIT_OUTPUT;
	}
	return 0;
}

static void map_records(struct layout *layout)
{
	struct book *book = layout->book;

	for (size_t i = 0; i < book->count; i++)
		layout->item_of[i] = BIFF_NONE;
	for (size_t i = 0; i < book->item_count; i++)
		if (book->items[i].source != BIFF_NONE)
			layout->item_of[book->items[i].source] = (uint32_t)i;
}

/* Where the record that began at `old` begins now. */
static const struct biff_item *moved(const struct layout *layout, uint64_t old)
{
	uint32_t record = biff_record_at(layout->book, old);
	uint32_t item =
	    record == BIFF_NONE ? BIFF_NONE : layout->item_of[record];

	return item == BIFF_NONE ? NULL : &layout->book->items[item];
}

static int settle(struct book *book, struct biff_item *item,
		  const struct buffer *body)
{
	struct view copy = arena_copy(book->job->arena, buffer_contents(body));

	if (buffer_error(body) != 0 || copy.data == NULL)
		return -ERR_MEMORY;
	item->body = copy;
	return 0;
}

/* True, and the new body written, where every position leads to a record. */
static bool mend_index(const struct layout *layout,
		       const struct biff_item *item, struct buffer *out)
{
	struct view body =
	    biff_body(layout->book, item->source); /* not yet mended */
	size_t start = layout->book->biff8 ? 12 : 8;
	struct cursor cursor = cursor_at(body, start);
	uint32_t widths = cursor_u32le(&cursor);
	const struct biff_item *target = moved(layout, widths);

	if (cursor.failed || (widths != 0 && target == NULL))
		return false;
	buffer_view(out, view_slice(body, 0, start));
	buffer_u32le(out, widths == 0 ? 0 : target->offset);
	while (cursor_left(&cursor) >= 4) {
		target = moved(layout, cursor_u32le(&cursor));
		if (target == NULL || target->type != BIFF_DBCELL)
			return false;
		buffer_u32le(out, target->offset);
	}
	return true;
}

static bool mend_block(const struct layout *layout,
		       const struct biff_item *item, struct buffer *out)
{
	uint64_t own = layout->book->records[item->source].offset;
	struct cursor cursor =
	    cursor_at(biff_body(layout->book, item->source), 0);
	uint32_t back = cursor_u32le(&cursor);
	const struct biff_item *row =
	    back > own ? NULL : moved(layout, own - back);
	uint64_t old;
	uint64_t now;

	if (cursor.failed || row == NULL || row->type != BIFF_ROW)
		return false;
	buffer_u32le(out, item->offset - row->offset);
	old =
	    own - back + BIFF_HEADER + layout->book->records[row->source].size;
	now = row->offset + BIFF_HEADER + row->body.size;
	while (cursor_left(&cursor) >= 2) {
		const struct biff_item *cell;

		old += cursor_u16le(&cursor);
		cell = moved(layout, old);
		if (cell == NULL || cell->offset < now ||
		    cell->offset - now > UINT16_MAX)
			return false;
		buffer_u16le(out, (uint16_t)(cell->offset - now));
		now = cell->offset;
	}
	return true;
}

/* Marks the positions of a sheet to be left out. */
static void leave_out(struct book *book, size_t begin)
{
	size_t depth = 0;

	for (size_t i = begin; i < book->item_count; i++) {
		struct biff_item *item = &book->items[i];

		if (item->type == BIFF_INDEX || item->type == BIFF_DBCELL)
			item->offset = BIFF_NONE;
		else if (item->type == BIFF_BOF)
			depth++;
		else if (item->type == BIFF_EOF && --depth == 0)
			return;
	}
}

/* All positions of the sheet that begins at `begin`; false in `ret_good` where
 * one of them leads nowhere. */
static int mend_sheet(struct layout *layout, size_t begin, bool *ret_good)
{
	struct book *book = layout->book;
	size_t depth = 0;

	*ret_good = true;
	for (size_t i = begin; i < book->item_count; i++) {
		struct biff_item *item = &book->items[i];
		BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);
		int error;

		if (item->type == BIFF_BOF)
			depth++;
		if (item->type == BIFF_EOF && --depth == 0)
			return 0;
		if (item->type != BIFF_INDEX && item->type != BIFF_DBCELL)
			continue;
		*ret_good = item->type == BIFF_INDEX
				? mend_index(layout, item, &out)
				: mend_block(layout, item, &out);
		if (!*ret_good)
			return 0;
		error = settle(book, item, &out);
		if (error != 0)
			return error;
	}
	return 0;
}

static int mend_sheets(struct layout *layout, bool *ret_good)
{
	struct book *book = layout->book;
	int error = 0;

	*ret_good = true;
	for (size_t i = 0; i < book->sheet_count && error == 0; i++) {
		bool good;

		error = mend_sheet(layout, book->sheets[i].begin, &good);
		if (error == 0 && !good) {
			leave_out(book, book->sheets[i].begin);
			*ret_good = false;
		}
	}
	return error;
}

static void close_gaps(struct book *book)
{
	size_t kept = 0;
	size_t sheet = 0;

	for (size_t i = 0; i < book->item_count; i++) {
		while (sheet < book->sheet_count &&
		       book->sheets[sheet].begin == i)
			book->sheets[sheet++].begin = kept;
		if (book->items[i].offset != BIFF_NONE)
			book->items[kept++] = book->items[i];
	}
	book->item_count = kept;
}

static int mend_entry(struct book *book, const struct biff_sheet *sheet)
{
	struct biff_item *item = &book->items[sheet->item];
	BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);

	buffer_view(&out, item->body);
	buffer_patch_u32le(&out, 0, book->items[sheet->begin].offset);
	return settle(book, item, &out);
}

static int mend(struct book *book)
{
	struct layout layout = {.book = book};
	bool good = false;
	int error = 0;

	layout.item_of = arena_array(book->job->arena, book->count + 1,
				     sizeof(*layout.item_of));
	if (layout.item_of == NULL)
		return -ERR_MEMORY;
	while (error == 0 && !good) {
		map_records(&layout);
		error = set_offsets(book);
		if (error == 0)
			error = mend_sheets(&layout, &good);
		if (!good)
			close_gaps(book);
	}
	for (size_t i = 0; i < book->sheet_count && error == 0; i++)
		error = mend_entry(book, &book->sheets[i]);
	if (error == 0)
		for (size_t i = 0; i < book->item_count; i++)
			if (book->items[i].type == BIFF_EXTSST)
				biff_patch_extsst(book, i);
	return error;
}

int biff_write(struct book *book, struct buffer *out)
{
	int error = mend(book);

	if (error != 0)
		return error;
	for (size_t i = 0; i < book->item_count; i++) {
		const struct biff_item *item = &book->items[i];

		buffer_u16le(out, item->type);
		buffer_u16le(out, (uint16_t)item->body.size);
		buffer_view(out, item->body);
	}
	return buffer_error(out);
}
