#include "sanitizers/ppt/ppt.h"

#include "base/banned.h"

enum { NOTES_REFERENCE = 16, TABLE_PROPERTIES = 0x39F, ENTRY = 6 };

/* Text of a drawing as it is walked. */
struct writing {
	struct ppt *ppt;
	struct buffer *out;
	struct view outline; /* texts that the slide's shapes refer to */
};

/* A group or shape that is open. */
struct level {
	struct cursor cursor;
	uint32_t row; /* top of the cell that was written last */
	bool table;
	bool begun;
};

/* PowerPoint ends paragraphs with CR and breaks lines with VT. */
static void put_character(struct buffer *out, uint32_t character)
{
	if (character == '\r' || character == '\v')
		buffer_u8(out, '\n');
	else if (character == '\t' || character >= ' ')
		buffer_utf8(out, character);
}

static void put_units(struct buffer *out, struct view units)
{
	struct cursor cursor = cursor_at(units, 0);

	while (cursor_left(&cursor) >= 2) {
		uint32_t unit = cursor_u16le(&cursor);

		if ((unit & 0xFC00) == 0xD800 && cursor_left(&cursor) >= 2) {
			uint32_t low = cursor_u16le(&cursor);

			unit = (low & 0xFC00) == 0xDC00
				   ? 0x10000 + ((unit & 0x3FF) << 10) +
					 (low & 0x3FF)
				   : 0xFFFD;
		}
		put_character(out, unit);
	}
}

static bool put_text(struct buffer *out, const struct escher_record *record)
{
	if (record->type == PPT_TEXT_CHARS) {
		put_units(out, record->body);
		return true;
	}
	if (record->type != PPT_TEXT_BYTES)
		return false;
	for (size_t i = 0; i < record->body.size; i++)
		put_character(out, record->body.data[i]);
	return true;
}

/* The text that a shape takes from the outline: the one behind the n-th
 * TextHeaderAtom. */
static void put_outline(struct writing *writing, uint32_t number)
{
	struct cursor cursor = cursor_at(writing->outline, 0);
	struct escher_record record;
	uint32_t headers = 0;

	while (escher_next(&cursor, &record)) {
		headers += record.type == 3999;
		if (headers == number + 1 && put_text(writing->out, &record))
			return;
		if (headers > number + 1)
			return;
	}
}

static void put_textbox(struct writing *writing, struct view box)
{
	struct cursor cursor = cursor_at(box, 0);
	struct escher_record record;

	while (escher_next(&cursor, &record)) {
		if (record.type == PPT_OUTLINE_REFERENCE) {
			struct cursor atom = cursor_at(record.body, 0);

			put_outline(writing, cursor_u32le(&atom));
		} else {
			(void)put_text(writing->out, &record);
		}
	}
}

/* Where the shape lies in its group. */
static uint32_t top_of(struct view shape)
{
	struct escher_record record;
	struct cursor cursor;

	if (!ppt_child(shape, 0xF00F, -1, &record))
		return 0;
	cursor = cursor_at(record.body, 4);
	return cursor_u32le(&cursor);
}

/* A text of its own is a line; cells of one row are divided by tabs. */
static void put_shape(struct writing *writing, struct level *group,
		      struct view shape)
{
	struct buffer *out = writing->out;
	struct escher_record box;
	bool cell = group->table && ppt_child(shape, 0xF00F, -1, &box);
	size_t start;

	if (!ppt_child(shape, ESCHER_TEXT, -1, &box))
		return;
	if (cell) {
		uint32_t top = top_of(shape);

		if (group->begun)
			buffer_u8(out, top == group->row ? '\t' : '\n');
		group->begun = true;
		group->row = top;
	}
	start = out->size;
	put_textbox(writing, box.body);
	if (buffer_error(out) != 0)
		return;
	for (size_t i = start; cell && i < out->size; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
	if (!cell && out->size > start && out->data[out->size - 1] != '\n')
		buffer_u8(out, '\n');
}

/* Whether the first shape of a group says that it is a table. */
static bool is_table(struct view group)
{
	struct escher_record shape;
	struct escher_record table;
	struct cursor cursor;

	if (!ppt_child(group, ESCHER_SHAPE, -1, &shape) ||
	    !ppt_child(shape.body, 0xF122, -1, &table))
		return false;
	cursor = cursor_at(table.body, 0);
	for (uint16_t i = 0; i < table.instance; i++) {
		if ((cursor_u16le(&cursor) & 0x3FFF) == TABLE_PROPERTIES)
			return true;
		cursor_skip(&cursor, ENTRY - 2);
	}
	return false;
}

static int put_drawing(struct writing *writing, struct view drawing)
{
	struct level levels[ESCHER_DEPTH_MAX];
	size_t depth = 0;

	levels[depth++] = (struct level){.cursor = cursor_at(drawing, 0)};
	while (depth > 0) {
		struct level *level = &levels[depth - 1];
		struct escher_record record;

		if (!escher_next(&level->cursor, &record)) {
			if (level->table && level->begun)
				buffer_u8(writing->out, '\n');
			depth--;
			continue;
		}
		if (record.type == ESCHER_SHAPE) {
			put_shape(writing, level, record.body);
			continue;
		}
		if (record.type != ESCHER_DRAWING &&
		    record.type != ESCHER_SHAPES)
			continue;
		if (depth == ESCHER_DEPTH_MAX)
			return -ERR_LIMIT_DEPTH;
		levels[depth++] = (struct level){
		    .cursor = cursor_at(record.body, 0),
		    .table =
			record.type == ESCHER_SHAPES && is_table(record.body),
		};
	}
	return buffer_error(writing->out);
}

static int put_page(struct writing *writing, const struct ppt_object *object)
{
	struct escher_record record;

	if (object == NULL ||
	    !ppt_child(object->record.body, 1036, -1, &record))
		return 0;
	return put_drawing(writing, record.body);
}

/* Comments lie in the data of a tag of the slide. */
static void put_comments(struct writing *writing, struct view slide)
{
	struct escher_record tags;
	struct cursor cursor;
	struct escher_record tag;

	if (!ppt_child(slide, PPT_TAGS, -1, &tags))
		return;
	cursor = cursor_at(tags.body, 0);
	while (escher_next(&cursor, &tag)) {
		struct escher_record record;
		struct escher_record text;
		struct cursor data;

		if (tag.type != PPT_TAG ||
		    !ppt_child(tag.body, PPT_TAG_DATA, -1, &record))
			continue;
		data = cursor_at(record.body, 0);
		while (escher_next(&data, &record)) {
			if (record.type != PPT_COMMENT ||
			    !ppt_child(record.body, PPT_STRING, 1, &text))
				continue;
			buffer_text(writing->out, "\n[コメント]\n");
			put_units(writing->out, text.body);
			buffer_u8(writing->out, '\n');
		}
	}
}

/* The notes of a slide are a page of their own, found by its number. */
static int put_notes(struct writing *writing, struct view slide)
{
	const struct ppt *ppt = writing->ppt;
	struct escher_record atom;
	struct cursor cursor;
	uint32_t number;

	if (!ppt_child(slide, PPT_SLIDE_ATOM, -1, &atom))
		return 0;
	cursor = cursor_at(atom.body, NOTES_REFERENCE);
	number = cursor_u32le(&cursor);
	if (number == 0)
		return 0;
	for (size_t i = 0; i < ppt->notes.count; i++) {
		size_t mark = writing->out->size;
		size_t start;
		int error;

		if (ppt->notes.items[i].slide != number)
			continue;
		buffer_text(writing->out, "\n[ノート]\n");
		start = writing->out->size;
		writing->outline = ppt->notes.items[i].outline;
		error = put_page(writing,
				 ppt_find(ppt, ppt->notes.items[i].object));
		if (error == 0 && writing->out->size == start)
			writing->out->size = mark;
		return error;
	}
	return 0;
}

int ppt_text(struct ppt *ppt, struct buffer *out)
{
	struct writing writing = {.ppt = ppt, .out = out};

	for (size_t i = 0; i < ppt->slides.count; i++) {
		const struct ppt_slide *slide = &ppt->slides.items[i];
		const struct ppt_object *object = ppt_find(ppt, slide->object);
		int error;

		buffer_format(out, "%s[スライド %zu]\n", i > 0 ? "\n" : "",
			      i + 1);
		writing.outline = slide->outline;
		error = put_page(&writing, object);
		if (error == 0 && object != NULL) {
			put_comments(&writing, object->record.body);
			error = put_notes(&writing, object->record.body);
		}
		if (error != 0)
			return error;
	}
	return buffer_error(out);
}
