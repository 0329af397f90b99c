/*
 * Objects of drawings (2.4.181) and their texts (2.4.329): what they look like
 * stays; what they embed, link or run goes.
 */
#include "sanitizers/biff/drawing.h"

#include "base/banned.h"

enum part {
	PART_END = 0x00,
	PART_MACRO = 0x04,
	PART_PICTURE_FLAGS = 0x08,
	PART_PICTURE_FORMULA = 0x09,
	PART_SCROLL_FORMULA = 0x0E,
	PART_LIST = 0x13,
	PART_CELL_FORMULA = 0x14,
	PART_COMMON = 0x15,
};

enum {
	COMMON_SIZE = 18,
	OBJECT_LIST = 0x12,
	OBJECT_DROP_DOWN = 0x14,
	OBJECT_COMMENT = 0x19,
	/* Data link, control, its stream, camera. */
	PICTURE_FLAGS_GONE = 0xF2,
	MACRO_SIZE_AT5 = 26,
	HEAD_SIZE5 = 34,
	TEXT_COUNT_AT = 10,
	TEXT_FORMULA_AT = 16,
};

/* Parts of a fixed length that stay. */
static const struct {
	uint8_t part;
	uint8_t size;
} listed[] = {
    {0x06, 2},  {0x07, 2}, {0x0A, 12}, {0x0B, 6}, {0x0C, 20},
    {0x0D, 22}, {0x0F, 6}, {0x10, 8},  {0x11, 4}, {0x12, 8},
};

struct object {
	struct book *book;
	const char *path;
	struct cursor cursor;
	struct buffer out;
	uint16_t kind;
};

uint16_t biff_object_id(const struct book *book, size_t record)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 0);
	uint16_t part = cursor_u16le(&cursor);

	if (book->records[record].type != BIFF_OBJ || part != PART_COMMON)
		return 0;
	cursor_skip(&cursor, 4);
	return cursor_u16le(&cursor);
}

bool biff_object_is_comment(const struct book *book, size_t record)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 0);
	uint16_t part = cursor_u16le(&cursor);

	cursor_skip(&cursor, 2);
	return book->biff8 && part == PART_COMMON &&
	       cursor_u16le(&cursor) == OBJECT_COMMENT;
}

static void put_part(struct object *object, uint16_t part, struct view body)
{
	buffer_u16le(&object->out, part);
	buffer_u16le(&object->out, (uint16_t)body.size);
	buffer_view(&object->out, body);
}

/* An expression with its length and four bytes that mean nothing in front. */
static bool expression_allowed(struct object *object, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	size_t size = cursor_u16le(&cursor) & 0x7FFF;
	struct biff_formula formula = {0};
	struct view tokens;

	cursor_skip(&cursor, 4);
	tokens = cursor_take(&cursor, size);
	/* One byte may fill it up to an even length. */
	if (!cursor.failed && cursor_left(&cursor) <= 1 &&
	    biff_formula_allowed(object->book, tokens, &formula))
		return true;
	biff_drop_formula(object->book, object->path, body, &formula);
	return false;
}

/* The list of a box is last; the length in front of it cannot be relied on. */
static void take_list(struct object *object)
{
	uint16_t said = cursor_u16le(&object->cursor);
	size_t size = cursor_u16le(&object->cursor);
	struct view expression = cursor_take(&object->cursor, size);

	if (object->cursor.failed)
		return;
	buffer_u16le(&object->out, PART_LIST);
	buffer_u16le(&object->out, said);
	if (size > 0 && !expression_allowed(object, expression))
		expression = view_of(NULL, 0);
	buffer_u16le(&object->out, (uint16_t)expression.size);
	buffer_view(&object->out, expression);
	buffer_view(&object->out,
		    cursor_take(&object->cursor, cursor_left(&object->cursor)));
}

static void take_fixed(struct object *object, uint16_t part, struct view body)
{
	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
		if (listed[i].part == part && listed[i].size <= body.size) {
			put_part(object, part,
				 view_slice(body, 0, listed[i].size));
			return;
		}
}

static void take_part(struct object *object, uint16_t part, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	struct job *job = object->book->job;

	switch (part) {
	case PART_MACRO:
		if (biff_may_report(object->book, REMOVAL_XLS_MACRO))
			job_remove(job, REMOVAL_XLS_MACRO, object->path, body,
				   "%s", "macro of a shape");
		break;
	case PART_PICTURE_FORMULA:
		if (biff_may_report(object->book, REMOVAL_OLE_OBJECT))
			job_remove(job, REMOVAL_OLE_OBJECT, object->path, body,
				   "%s", "object or control");
		break;
	case PART_PICTURE_FLAGS:
		buffer_u16le(&object->out, PART_PICTURE_FLAGS);
		buffer_u16le(&object->out, 2);
		buffer_u16le(&object->out, cursor_u16le(&cursor) &
					       (uint16_t)~PICTURE_FLAGS_GONE);
		break;
	case PART_SCROLL_FORMULA:
	case PART_CELL_FORMULA:
		if (expression_allowed(object, body))
			put_part(object, part, body);
		break;
	case PART_COMMON:
		break;
	default:
		take_fixed(object, part, body);
		break;
	}
}

static bool take_parts(struct object *object)
{
	struct view common;

	if (cursor_u16le(&object->cursor) != PART_COMMON ||
	    cursor_u16le(&object->cursor) != COMMON_SIZE)
		return false;
	common = cursor_take(&object->cursor, COMMON_SIZE);
	if (object->cursor.failed)
		return false;
	put_part(object, PART_COMMON, common);
	object->kind = (uint16_t)(common.data[0] | common.data[1] << 8);
	while (cursor_left(&object->cursor) >= 4) {
		uint16_t part = cursor_u16le(&object->cursor);

		if (part == PART_LIST) {
			take_list(object);
			break;
		}
		if (part == PART_END)
			break;
		take_part(object, part,
			  cursor_take(&object->cursor,
				      cursor_u16le(&object->cursor)));
	}
	if (object->kind != OBJECT_LIST && object->kind != OBJECT_DROP_DOWN)
		buffer_u32le(&object->out, 0);
	return true;
}

/* Of Excel 5: a fixed head, and in it how long the macro's name is. */
static bool take_parts5(struct object *object)
{
	struct view body = object->cursor.view;

	if (body.size < HEAD_SIZE5)
		return false;
	buffer_view(&object->out, view_slice(body, 0, MACRO_SIZE_AT5));
	buffer_u16le(&object->out, 0);
	buffer_view(&object->out,
		    view_slice(body, MACRO_SIZE_AT5 + 2, SIZE_MAX));
	if (body.data[MACRO_SIZE_AT5] != 0 || body.data[MACRO_SIZE_AT5 + 1])
		if (biff_may_report(object->book, REMOVAL_XLS_MACRO))
			job_remove(object->book->job, REMOVAL_XLS_MACRO,
				   object->path, body, "%s",
				   "macro of a chart");
	return true;
}

int biff_add_object(struct book *book, size_t record, const char *path,
		    bool *ret_kept)
{
	struct object object = {
	    .book = book,
	    .path = path,
	    .cursor = cursor_at(biff_body(book, record), 0),
	    .out = buffer_make((size_t)2 * BIFF_BODY_MAX),
	};
	struct view copy;
	int error;

	*ret_kept = book->biff8 ? take_parts(&object) : take_parts5(&object);
	if (!*ret_kept) {
		buffer_free(&object.out);
		biff_drop(book, record, path);
		return 0;
	}
	copy = arena_copy(book->job->arena, buffer_contents(&object.out));
	error = buffer_error(&object.out);
	buffer_free(&object.out);
	if (error != 0 || copy.data == NULL)
		return -ERR_MEMORY;
	return biff_add_long(book, BIFF_OBJ, record, copy);
}

/* ---- texts ---- */

/* Bytes of a CONTINUE that the rest of the text takes; each begins with a byte
 * that says how wide the characters are. */
static size_t text_bytes(struct view body, size_t *left)
{
	size_t width;
	size_t count;

	if (body.size == 0)
		return 0;
	width = (body.data[0] & 1) != 0 ? 2 : 1;
	count = (body.size - 1) / width;
	if (count > *left)
		count = *left;
	*left -= count;
	return 1 + count * width;
}

/* How far the text and its runs go: calls for each CONTINUE how much of it is
 * taken, writes it where `add`. */
static int walk_text(struct book *book, size_t record, size_t last, bool add,
		     size_t *ret_end)
{
	struct cursor cursor =
	    cursor_at(biff_body(book, record), TEXT_COUNT_AT);
	size_t text = cursor_u16le(&cursor);
	size_t runs = cursor_u16le(&cursor);
	size_t at = record + 1;
	int error = 0;

	while (error == 0 && at <= last && (text > 0 || runs > 0) &&
	       book->records[at].type == BIFF_CONTINUE) {
		struct view body = biff_body(book, at);
		size_t size = body.size < runs ? body.size : runs;

		if (text > 0)
			size = text_bytes(body, &text);
		else
			runs -= size;
		if (add)
			error = biff_add(book, BIFF_CONTINUE, at,
					 view_slice(body, 0, size));
		at++;
	}
	*ret_end = at;
	return error;
}

size_t biff_text_object_end(struct book *book, size_t record, size_t last)
{
	size_t end;

	/* Nothing is written, so nothing can fail. */
	(void)walk_text(book, record, last, false, &end);
	return end;
}

void biff_text_object_text(const struct book *book, size_t record, size_t last,
			   struct buffer *out)
{
	struct cursor cursor =
	    cursor_at(biff_body(book, record), TEXT_COUNT_AT);
	size_t left = cursor_u16le(&cursor);

	for (size_t at = record + 1;
	     at <= last && left > 0 && book->records[at].type == BIFF_CONTINUE;
	     at++) {
		struct view body = biff_body(book, at);
		size_t size = text_bytes(body, &left);
		const char *text;

		if (size == 0)
			return;
		text = biff_text(book, view_slice(body, 1, size - 1),
				 (body.data[0] & 1) != 0);
		if (text != NULL)
			buffer_text(out, text);
	}
}

int biff_add_text_object(struct book *book, size_t record, size_t end)
{
	struct view body = biff_body(book, record);
	BUFFER_CLEANUP struct buffer out = buffer_make(64);
	struct view copy;
	size_t walked;
	int error;

	if (body.size < TEXT_FORMULA_AT) {
		biff_drop(book, record, "");
		return 0;
	}
	/* Behind it a link to a cell could stand. */
	buffer_view(&out, view_slice(body, 0, TEXT_FORMULA_AT));
	buffer_u16le(&out, 0);
	copy = arena_copy(book->job->arena, buffer_contents(&out));
	if (buffer_error(&out) != 0 || copy.data == NULL)
		return -ERR_MEMORY;
	error = biff_add(book, BIFF_TXO, record, copy);
	return error != 0 ? error
			  : walk_text(book, record, end - 1, true, &walked);
}
