/*
 * Text of binary parts that were filtered, as of their XML forms: a line for
 * each row, cells where their columns are, values as they are shown.
 */
#include "sanitizers/biff/values.h"
#include "sanitizers/ooxml/number_format.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	RECORD_ROW = 0,
	RECORD_PACKED = 2,
	RECORD_ERROR = 3,
	RECORD_BOOLEAN = 4,
	RECORD_NUMBER = 5,
	RECORD_TEXT = 6,
	RECORD_SHARED_TEXT = 7,
	RECORD_FORMULA_TEXT = 8,
	RECORD_FORMULA_NUMBER = 9,
	RECORD_FORMULA_BOOLEAN = 10,
	RECORD_FORMULA_ERROR = 11,
	RECORD_STRING = 19,
	RECORD_FORMAT = 44,
	RECORD_STYLE = 47,
	RECORD_RICH_TEXT = 62,
	RECORD_BOOK = 153,
	RECORD_BUNDLE = 156,
	RECORD_CELL_STYLES = 617,
	RECORD_CELL_STYLES_END = 618,
	RECORD_COMMENT_TEXT = 637,
	COLUMNS_MAX = 16384,
	FORMATS_MAX = 65536,
	STYLES_MAX = 65536,
	IS_1904 = 1,
};

/* The text at the cursor, of those with formats in them, or of those without.
 */
static struct view take_text(struct cursor *cursor, bool rich)
{
	if (rich)
		cursor_skip(cursor, 1);
	return xlsb_take_text(cursor);
}

static size_t count_of(struct view content, unsigned number)
{
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;
	size_t count = 0;

	while (xlsb_next(&cursor, &record) == 1)
		count += record.number == number;
	return count;
}

int xlsb_text_strings(struct job *job, struct view content,
		      struct text_list *ret_strings)
{
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;

	ret_strings->capacity = count_of(content, RECORD_STRING);
	ret_strings->items = arena_array(job->arena, ret_strings->capacity + 1,
					 sizeof(*ret_strings->items));
	if (ret_strings->items == NULL)
		return -ERR_MEMORY;
	while (xlsb_next(&cursor, &record) == 1) {
		struct cursor body = cursor_at(record.body, 0);
		const char *text;

		if (record.number != RECORD_STRING)
			continue;
		text = xlsb_text(job->arena, take_text(&body, true));
		if (text == NULL)
			return -ERR_MEMORY;
		ret_strings->items[ret_strings->count++] = view_of_string(text);
	}
	return 0;
}

int xlsb_text_styles(struct job *job, struct view content,
		     struct cell_formats *ret_formats)
{
	const char **codes =
	    arena_array(job->arena, FORMATS_MAX, sizeof(*codes));
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;
	bool cells = false;

	ret_formats->codes =
	    arena_array(job->arena, STYLES_MAX, sizeof(*ret_formats->codes));
	if (codes == NULL || ret_formats->codes == NULL)
		return -ERR_MEMORY;
	for (unsigned i = 0; i < FORMATS_MAX; i++)
		codes[i] = number_format_builtin(i);
	while (xlsb_next(&cursor, &record) == 1) {
		struct cursor body = cursor_at(record.body, 0);
		uint16_t number = cursor_u16le(&body);

		if (record.number == RECORD_CELL_STYLES)
			cells = true;
		else if (record.number == RECORD_CELL_STYLES_END)
			cells = false;
		else if (record.number == RECORD_FORMAT)
			codes[number] =
			    xlsb_text(job->arena, xlsb_take_text(&body));
		else if (record.number == RECORD_STYLE && cells &&
			 ret_formats->count < STYLES_MAX)
			ret_formats->codes[ret_formats->count++] =
			    codes[cursor_u16le(&body)];
	}
	return 0;
}

/* ---- cells ---- */

struct cells {
	struct job *job;
	const struct text_list *strings;
	const struct cell_formats *formats;
	struct buffer *out;
	struct buffer shown; /* of one cell */
	size_t written;      /* columns of this row */
};

static void show_number(struct cells *cells, double value, size_t style)
{
	const struct cell_formats *formats = cells->formats;
	char digits[40];

	(void)snprintf(digits, sizeof(digits), "%.15g", value);
	number_format_show(&cells->shown, view_of_string(digits),
			   style < formats->count ? formats->codes[style]
						  : NULL,
			   formats->date1904);
}

static void show_value(struct cells *cells, unsigned number,
		       struct cursor *body, size_t style)
{
	size_t index;

	switch (number) {
	case RECORD_PACKED:
		show_number(cells, biff_packed_number(cursor_u32le(body)),
			    style);
		break;
	case RECORD_NUMBER:
	case RECORD_FORMULA_NUMBER:
		show_number(cells, biff_double(cursor_u64le(body)), style);
		break;
	case RECORD_ERROR:
	case RECORD_FORMULA_ERROR:
		buffer_text(&cells->shown, biff_error_text(cursor_u8(body)));
		break;
	case RECORD_BOOLEAN:
	case RECORD_FORMULA_BOOLEAN:
		buffer_text(&cells->shown,
			    cursor_u8(body) != 0 ? "TRUE" : "FALSE");
		break;
	case RECORD_SHARED_TEXT:
		index = cursor_u32le(body);
		if (index < cells->strings->count)
			buffer_view(&cells->shown,
				    cells->strings->items[index]);
		break;
	case RECORD_TEXT:
	case RECORD_FORMULA_TEXT:
	case RECORD_RICH_TEXT:
		biff_put_wide(&cells->shown,
			      take_text(body, number == RECORD_RICH_TEXT));
		break;
	default:
		break;
	}
}

static void write_cell(struct cells *cells, size_t column)
{
	struct view value = buffer_contents(&cells->shown);

	if (value.size == 0 || column >= COLUMNS_MAX)
		return;
	if (cells->written == 0)
		cells->written = 1;
	for (; cells->written <= column; cells->written++)
		buffer_u8(cells->out, '\t');
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		buffer_u8(cells->out,
			  byte == '\n' || byte == '\r' || byte == '\t' ? ' '
								       : byte);
	}
}

static void take_record(struct cells *cells, const struct xlsb_record *record,
			bool *first_row)
{
	struct cursor body = cursor_at(record->body, 0);
	size_t column;
	size_t style;

	if (record->number == RECORD_ROW) {
		if (!*first_row)
			buffer_u8(cells->out, '\n');
		*first_row = false;
		cells->written = 0;
		return;
	}
	if (record->number > RECORD_FORMULA_ERROR &&
	    record->number != RECORD_RICH_TEXT)
		return;
	column = cursor_u32le(&body);
	style = cursor_u32le(&body) & 0xFFFFFF;
	cells->shown.size = 0;
	show_value(cells, record->number, &body, style);
	write_cell(cells, column);
}

int xlsb_text_sheet(struct job *job, struct view content,
		    const struct text_list *strings,
		    const struct cell_formats *formats, struct buffer *out)
{
	struct cells cells = {
	    .job = job,
	    .strings = strings,
	    .formats = formats,
	    .out = out,
	    .shown = buffer_make(job->policy->limits.output_bytes),
	};
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;
	bool first_row = true;
	int error;

	while (xlsb_next(&cursor, &record) == 1)
		take_record(&cells, &record, &first_row);
	if (!first_row)
		buffer_u8(out, '\n');
	error = buffer_error(&cells.shown);
	buffer_free(&cells.shown);
	return error != 0 ? error : buffer_error(out);
}

/* ---- what is beside and around them ---- */

int xlsb_text_comments(struct view content, struct buffer *out)
{
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;

	while (xlsb_next(&cursor, &record) == 1) {
		struct cursor body = cursor_at(record.body, 0);

		if (record.number != RECORD_COMMENT_TEXT)
			continue;
		biff_put_wide(out, take_text(&body, true));
		buffer_u8(out, '\n');
	}
	return buffer_error(out);
}

int xlsb_text_pages(struct job *job, struct view content, bool *ret_date1904,
		    xlsb_page *page, void *context)
{
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;

	while (xlsb_next(&cursor, &record) == 1) {
		struct cursor body = cursor_at(record.body, 0);
		const char *id;
		const char *name;
		int error;

		if (record.number == RECORD_BOOK)
			*ret_date1904 = (cursor_u32le(&body) & IS_1904) != 0;
		if (record.number != RECORD_BUNDLE)
			continue;
		cursor_skip(&body, 8);
		id = xlsb_text(job->arena, xlsb_take_text(&body));
		name = xlsb_text(job->arena, xlsb_take_text(&body));
		if (id == NULL || name == NULL)
			return -ERR_MEMORY;
		error = page(context, id, name);
		if (error != 0)
			return error;
	}
	return 0;
}
