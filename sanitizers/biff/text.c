/*
 * Text of a workbook: each sheet under its name, a line for each row, cells
 * apart by tabs, numbers as their formats show them, formulas as their values;
 * then the texts of its drawings and comments.
 */
#include "sanitizers/biff/drawing.h"
#include "sanitizers/ooxml/number_format.h"

#include "base/banned.h"

enum {
	FORMATS_MAX = 4096,
	STYLES_MAX = 8192,
	VALUE_STRING = 0,
	VALUE_BOOLEAN = 1,
	VALUE_ERROR = 2,
	RK_SIZE = 6,
};

/* A cell, in the order of rows and columns; of a record with several, which. */
struct text_cell {
	uint32_t key; /* row << 16 | column */
	uint32_t record;
	uint32_t index;
};

struct text {
	struct book *book;
	struct buffer *out;
	struct buffer shown;
	const char **formats; /* by number of FORMAT */
	uint16_t *styles;     /* FORMAT of each XF */
	size_t style_count;
	struct text_cell *cells;
	size_t count;
	uint32_t row;
	uint32_t column;
};

/* ---- formats ---- */

static int read_format(struct text *text, size_t record)
{
	struct cursor cursor = cursor_at(biff_body(text->book, record), 0);
	uint16_t number = cursor_u16le(&cursor);
	bool wide;
	struct view code =
	    biff_string_take(text->book, &cursor, text->book->biff8, &wide);

	if (cursor.failed || number >= FORMATS_MAX)
		return 0;
	text->formats[number] = biff_text(text->book, code, wide);
	return text->formats[number] == NULL ? -ERR_MEMORY : 0;
}

static int read_styles(struct text *text)
{
	struct book *book = text->book;
	int error = 0;

	text->formats =
	    arena_array(book->job->arena, FORMATS_MAX, sizeof(*text->formats));
	text->styles =
	    arena_array(book->job->arena, STYLES_MAX, sizeof(*text->styles));
	if (text->formats == NULL || text->styles == NULL)
		return -ERR_MEMORY;
	for (unsigned i = 0; i < FORMATS_MAX; i++)
		text->formats[i] = number_format_builtin(i);
	for (size_t i = 0; i < book->globals_end && error == 0; i++) {
		struct cursor cursor = cursor_at(biff_body(book, i), 2);

		if (book->records[i].type == BIFF_FORMAT)
			error = read_format(text, i);
		else if (book->records[i].type == BIFF_XF &&
			 text->style_count < STYLES_MAX)
			text->styles[text->style_count++] =
			    cursor_u16le(&cursor);
	}
	return error;
}

/* ---- cells ---- */

static bool is_cell(uint16_t type)
{
	switch (type) {
	case BIFF_FORMULA:
	case BIFF_RSTRING:
	case BIFF_LABELSST:
	case BIFF_NUMBER:
	case BIFF_LABEL:
	case BIFF_BOOLERR:
	case BIFF_RK:
	case BIFF_MULRK:
		return true;
	default:
		return false;
	}
}

/* A MULRK has a row, a column, and then pairs of style and number. */
static size_t cells_in(const struct book *book, size_t record)
{
	size_t size = book->records[record].size;

	if (book->records[record].type != BIFF_MULRK)
		return 1;
	return size < 6 ? 0 : (size - 6) / RK_SIZE;
}

static int compare_cells(const void *left, const void *right)
{
	const struct text_cell *a = left;
	const struct text_cell *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

static int read_cells(struct text *text, const struct biff_sheet *sheet)
{
	struct book *book = text->book;
	size_t count = 0;

	for (size_t i = sheet->first; i <= sheet->last; i++)
		if (is_cell(book->records[i].type))
			count += cells_in(book, i);
	text->count = 0;
	text->cells =
	    arena_array(book->job->arena, count + 1, sizeof(*text->cells));
	if (text->cells == NULL)
		return -ERR_MEMORY;
	for (size_t i = sheet->first; i <= sheet->last; i++) {
		struct cursor cursor = cursor_at(biff_body(book, i), 0);
		uint32_t key = (uint32_t)cursor_u16le(&cursor) << 16;

		key |= cursor_u16le(&cursor);
		for (size_t k = 0;
		     is_cell(book->records[i].type) && k < cells_in(book, i);
		     k++)
			text->cells[text->count++] = (struct text_cell){
			    key + (uint32_t)k, (uint32_t)i, (uint32_t)k};
	}
	qsort(text->cells, text->count, sizeof(*text->cells), compare_cells);
	return 0;
}

/* ---- values ---- */

static void show_number(struct text *text, double value, uint16_t style)
{
	char digits[40];
	uint16_t format = style < text->style_count ? text->styles[style] : 0;

	(void)snprintf(digits, sizeof(digits), "%.15g", value);
	number_format_show(&text->shown, view_of_string(digits),
			   format < FORMATS_MAX ? text->formats[format] : NULL,
			   text->book->date1904);
}

static void show_characters(struct text *text, struct view characters,
			    bool wide)
{
	const char *shown = biff_text(text->book, characters, wide);

	if (shown != NULL)
		buffer_text(&text->shown, shown);
}

/* The text that a formula gave stands behind it. */
static void show_result(struct text *text, size_t record)
{
	struct book *book = text->book;
	struct biff_string string;

	for (size_t i = record + 1; i < book->count; i++) {
		uint16_t type = book->records[i].type;

		if (type == BIFF_STRING) {
			if (biff_read_long_string(book, i, &string) == 0)
				show_characters(text, string.characters,
						string.wide);
			return;
		}
		if (type != BIFF_SHRFMLA && type != BIFF_ARRAY &&
		    type != BIFF_TABLE && type != BIFF_CONTINUE)
			return;
	}
}

static void show_formula(struct text *text, size_t record, uint16_t style)
{
	struct view value = view_slice(biff_body(text->book, record), 6, 8);
	struct cursor cursor = cursor_at(value, 0);

	if (value.size < 8)
		return;
	if (value.data[6] != 0xFF || value.data[7] != 0xFF)
		show_number(text, biff_double(cursor_u64le(&cursor)), style);
	else if (value.data[0] == VALUE_STRING)
		show_result(text, record);
	else if (value.data[0] == VALUE_BOOLEAN)
		buffer_text(&text->shown,
			    value.data[2] != 0 ? "TRUE" : "FALSE");
	else if (value.data[0] == VALUE_ERROR)
		buffer_text(&text->shown, biff_error_text(value.data[2]));
}

static void show_shared(struct text *text, uint32_t number)
{
	const struct biff_strings *strings = &text->book->strings;

	if (number < strings->count)
		show_characters(text, strings->list[number].characters,
				strings->list[number].wide);
}

static void show_truth(struct text *text, struct cursor *cursor)
{
	uint8_t value = cursor_u8(cursor);

	if (cursor_u8(cursor) != 0)
		buffer_text(&text->shown, biff_error_text(value));
	else
		buffer_text(&text->shown, value != 0 ? "TRUE" : "FALSE");
}

static void show_cell(struct text *text, const struct text_cell *cell)
{
	struct book *book = text->book;
	uint16_t type = book->records[cell->record].type;
	struct cursor cursor = cursor_at(
	    biff_body(book, cell->record),
	    4 + (type == BIFF_MULRK ? (size_t)cell->index * RK_SIZE : 0));
	uint16_t style = cursor_u16le(&cursor);
	bool wide;
	struct view characters;

	switch (type) {
	case BIFF_FORMULA:
		show_formula(text, cell->record, style);
		break;
	case BIFF_LABELSST:
		show_shared(text, cursor_u32le(&cursor));
		break;
	case BIFF_NUMBER:
		show_number(text, biff_double(cursor_u64le(&cursor)), style);
		break;
	case BIFF_BOOLERR:
		show_truth(text, &cursor);
		break;
	case BIFF_RK:
	case BIFF_MULRK:
		show_number(text, biff_packed_number(cursor_u32le(&cursor)),
			    style);
		break;
	default: /* LABEL, RSTRING */
		characters = biff_string_take(book, &cursor, true, &wide);
		show_characters(text, characters, wide);
		break;
	}
}

/* ---- written ---- */

static void write_line_free(struct text *text)
{
	struct view shown = buffer_contents(&text->shown);

	for (size_t i = 0; i < shown.size; i++)
		buffer_u8(text->out,
			  shown.data[i] == '\n' || shown.data[i] == '\t'
			      ? ' '
			      : shown.data[i]);
}

static void write_cell(struct text *text, const struct text_cell *cell)
{
	uint32_t row = cell->key >> 16;
	uint32_t column = cell->key & 0xFFFF;

	text->shown.size = 0;
	show_cell(text, cell);
	if (text->shown.size == 0)
		return;
	if (row != text->row && text->row != BIFF_NONE)
		buffer_u8(text->out, '\n');
	if (row != text->row)
		text->column = 0;
	text->row = row;
	for (; text->column < column; text->column++)
		buffer_u8(text->out, '\t');
	write_line_free(text);
}

/* Texts of shapes and comments; of comments by policy. */
static void write_drawn(struct text *text, const struct biff_sheet *sheet)
{
	struct book *book = text->book;
	bool comment = false;

	for (size_t i = sheet->first; i <= sheet->last; i++) {
		if (book->records[i].type == BIFF_OBJ)
			comment = biff_object_is_comment(book, i);
		if (book->records[i].type != BIFF_TXO ||
		    (comment && book->job->policy->comments == 0))
			continue;
		text->shown.size = 0;
		biff_text_object_text(book, i, sheet->last, &text->shown);
		if (text->shown.size == 0)
			continue;
		if (comment)
			buffer_text(text->out, "[コメント] ");
		write_line_free(text);
		buffer_u8(text->out, '\n');
	}
}

static int write_sheet(struct text *text, const struct biff_sheet *sheet,
		       size_t number)
{
	int error = read_cells(text, sheet);

	if (error != 0)
		return error;
	buffer_format(text->out, "%s[シート: %s]\n", number > 1 ? "\n" : "",
		      sheet->name);
	text->row = BIFF_NONE;
	for (size_t i = 0; i < text->count; i++)
		write_cell(text, &text->cells[i]);
	if (text->row != BIFF_NONE)
		buffer_u8(text->out, '\n');
	write_drawn(text, sheet);
	return buffer_error(text->out);
}

int biff_write_text(struct book *book, struct buffer *out)
{
	struct text text = {
	    .book = book,
	    .out = out,
	    .shown = buffer_make(book->job->policy->limits.output_bytes),
	};
	size_t number = 0;
	int error = read_styles(&text);

	for (size_t i = 0; i < book->sheet_count && error == 0; i++)
		if (!book->sheets[i].blank)
			error = write_sheet(&text, &book->sheets[i], ++number);
	buffer_free(&text.shown);
	return error;
}
