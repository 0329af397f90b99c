/*
 * Cells whose formula may not stay become their value, which Excel keeps with
 * every formula (2.5.133); and expressions of other records.
 */
#include "sanitizers/biff/biff.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	CELL_SIZE = 6,
	VALUE_SIZE = 8,
	FORMULA_TOKENS = 22,
	VALUE_STRING = 0,
	VALUE_BOOLEAN = 1,
	VALUE_ERROR = 2,
	LABEL_MAX = 255,
};

/* Where shared formulas that have to go are anchored: row << 16 | column,
 * sorted. */
struct biff_cells {
	const char *path;
	uint32_t *anchors;
	size_t count;
};

static int compare_anchors(const void *left, const void *right)
{
	const uint32_t *a = left;
	const uint32_t *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* The expression of a record: where its length stands, and where it begins. */
static struct view tokens_at(struct view body, size_t length, size_t start)
{
	struct cursor cursor = cursor_at(body, length);
	size_t size = cursor_u16le(&cursor);

	cursor_seek(&cursor, start);
	return cursor_take(&cursor, size);
}

static bool fits(struct view body, size_t length, size_t start)
{
	struct cursor cursor = cursor_at(body, length);
	size_t size = cursor_u16le(&cursor);

	cursor_seek(&cursor, start);
	cursor_skip(&cursor, size);
	return !cursor.failed;
}

void biff_drop_formula(struct book *book, const char *path, struct view tokens,
		       const struct biff_formula *formula)
{
	if (!biff_may_report(book, REMOVAL_XLS_FORMULA))
		return;
	job_remove(book->job, REMOVAL_XLS_FORMULA, path, tokens, "%s",
		   formula->why == NULL ? "malformed" : formula->why);
}

static bool is_shared(uint16_t type)
{
	return type == BIFF_SHRFMLA || type == BIFF_ARRAY;
}

/* Whether a shared formula or array may stay. */
static bool shared_allowed(const struct book *book, size_t record,
			   struct biff_formula *ret_formula)
{
	struct view body = biff_body(book, record);
	bool array = book->records[record].type == BIFF_ARRAY;
	size_t length = array ? 12 : 8;

	*ret_formula = (struct biff_formula){0};
	return fits(body, length, length + 2) &&
	       biff_formula_allowed(book, tokens_at(body, length, length + 2),
				    ret_formula);
}

/* What belongs to the formula in front of it. */
static size_t group_end(const struct book *book, size_t record, size_t last)
{
	size_t end = record + 1;

	while (end <= last) {
		uint16_t type = book->records[end].type;

		if (!is_shared(type) && type != BIFF_TABLE &&
		    type != BIFF_STRING && type != BIFF_CONTINUE)
			break;
		end++;
	}
	return end;
}

static void add_anchor(struct biff_cells *cells, uint32_t row, uint32_t column)
{
	cells->anchors[cells->count++] = row << 16 | column;
}

static void look_at_group(struct book *book, struct biff_cells *cells,
			  size_t record, size_t end)
{
	struct view body = biff_body(book, record);
	struct cursor cursor = cursor_at(body, 0);
	struct biff_formula formula;
	uint16_t row = cursor_u16le(&cursor);
	uint16_t column = cursor_u16le(&cursor);

	for (size_t i = record + 1; i < end; i++) {
		if (!is_shared(book->records[i].type) ||
		    shared_allowed(book, i, &formula))
			continue;
		add_anchor(cells, row, column);
		if (biff_formula_allowed(
			book, tokens_at(body, 20, FORMULA_TOKENS), &formula) &&
		    formula.expands)
			add_anchor(cells, formula.row, formula.column);
		return;
	}
}

int biff_read_cells(struct book *book, size_t first, size_t last,
		    const char *path, struct biff_cells **ret_cells)
{
	struct biff_cells *cells =
	    arena_alloc(book->job->arena, sizeof(*cells));
	size_t shared = 0;

	if (cells == NULL)
		return -ERR_MEMORY;
	for (size_t i = first; i <= last; i++)
		shared += is_shared(book->records[i].type);
	cells->path = path;
	cells->anchors = arena_array(book->job->arena, 2 * shared + 1,
				     sizeof(*cells->anchors));
	if (cells->anchors == NULL)
		return -ERR_MEMORY;
	for (size_t i = first; i <= last && shared > 0; i++)
		if (book->records[i].type == BIFF_FORMULA)
			look_at_group(book, cells, i, group_end(book, i, last));
	qsort(cells->anchors, cells->count, sizeof(*cells->anchors),
	      compare_anchors);
	*ret_cells = cells;
	return 0;
}

static bool is_anchored(const struct biff_cells *cells, uint32_t row,
			uint32_t column)
{
	uint32_t key = row << 16 | column;

	return cells->count > 0 &&
	       bsearch(&key, cells->anchors, cells->count, sizeof(key),
		       compare_anchors) != NULL;
}

/* ---- the value in the place of the formula ---- */

static int add_cell(struct book *book, uint16_t type, size_t record,
		    const struct buffer *body)
{
	struct view copy = arena_copy(book->job->arena, buffer_contents(body));

	if (buffer_error(body) != 0 || copy.data == NULL)
		return -ERR_MEMORY;
	return biff_add(book, type, record, copy);
}

static int add_text(struct book *book, size_t record, size_t end,
		    struct buffer *body)
{
	struct biff_string string = {0};
	uint32_t number;
	int error;

	for (size_t i = record + 1; i < end; i++) {
		if (book->records[i].type != BIFF_STRING)
			continue;
		/* A value that cannot be read is none. */
		error = biff_read_long_string(book, i, &string);
		if (error == -ERR_MEMORY)
			return error;
		if (error != 0)
			string.characters.size = 0;
	}
	if (string.characters.size == 0)
		return add_cell(book, BIFF_BLANK, record, body);
	if (!book->biff8) {
		struct view text = view_slice(string.characters, 0, LABEL_MAX);

		buffer_u16le(body, (uint16_t)text.size);
		buffer_view(body, text);
		return add_cell(book, BIFF_LABEL, record, body);
	}
	error =
	    biff_append_string(book, string.characters, string.wide, &number);
	if (error != 0)
		return error;
	book->strings.used++;
	buffer_u32le(body, number);
	return add_cell(book, BIFF_LABELSST, record, body);
}

static int add_value(struct book *book, size_t record, size_t end)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(1024);
	struct view formula = biff_body(book, record);
	struct view value = view_slice(formula, CELL_SIZE, VALUE_SIZE);

	if (value.size < VALUE_SIZE)
		return 0;
	buffer_view(&body, view_slice(formula, 0, CELL_SIZE));
	if (value.data[6] != 0xFF || value.data[7] != 0xFF) {
		buffer_view(&body, value);
		return add_cell(book, BIFF_NUMBER, record, &body);
	}
	if (value.data[0] == VALUE_BOOLEAN || value.data[0] == VALUE_ERROR) {
		buffer_u8(&body, value.data[2]);
		buffer_u8(&body, value.data[0] == VALUE_ERROR);
		return add_cell(book, BIFF_BOOLERR, record, &body);
	}
	if (value.data[0] == VALUE_STRING)
		return add_text(book, record, end, &body);
	return add_cell(book, BIFF_BLANK, record, &body);
}

/* ---- a formula ---- */

/* Constants that an expression needs lie behind it; nothing else does. */
static int add_cut(struct book *book, size_t record, size_t length,
		   size_t start, bool extra)
{
	struct view body = biff_body(book, record);

	if (!extra)
		body = view_slice(body, 0,
				  start + tokens_at(body, length, start).size);
	return biff_add(book, book->records[record].type, record, body);
}

/* What follows: a shared formula, and its text with the CONTINUEs of that. */
static int add_group(struct book *book, size_t record, size_t end)
{
	struct biff_formula formula;
	bool text = false;
	int error = 0;

	for (size_t i = record + 1; i < end && error == 0; i++) {
		uint16_t type = book->records[i].type;

		if (is_shared(type)) {
			size_t length = type == BIFF_ARRAY ? 12 : 8;

			(void)shared_allowed(book, i, &formula);
			error =
			    add_cut(book, i, length, length + 2, formula.extra);
		} else if (type == BIFF_STRING ||
			   (type == BIFF_CONTINUE && text)) {
			text = true;
			error = biff_add(book, type, i, biff_body(book, i));
		} else if (type == BIFF_TABLE) {
			error = biff_add_listed(book, i);
		}
	}
	return error;
}

static bool group_allowed(const struct book *book,
			  const struct biff_cells *cells, size_t record,
			  size_t end, struct biff_formula *formula)
{
	struct view body = biff_body(book, record);
	struct biff_formula shared;

	if (!fits(body, 20, FORMULA_TOKENS)) {
		*formula = (struct biff_formula){.why = "malformed"};
		return false;
	}
	if (!biff_formula_allowed(book, tokens_at(body, 20, FORMULA_TOKENS),
				  formula))
		return false;
	for (size_t i = record + 1; i < end; i++)
		if (is_shared(book->records[i].type) &&
		    !shared_allowed(book, i, &shared)) {
			*formula = shared;
			return false;
		}
	if (formula->expands &&
	    is_anchored(cells, formula->row, formula->column)) {
		formula->why = "shared formula";
		return false;
	}
	return true;
}

int biff_add_formula(struct book *book, struct biff_cells *cells, size_t *at,
		     size_t last)
{
	size_t record = *at;
	size_t end = group_end(book, record, last);
	struct view body = biff_body(book, record);
	struct biff_formula formula;
	int error;

	*at = end;
	if (body.size < CELL_SIZE + VALUE_SIZE) {
		biff_drop(book, record, cells->path);
		return 0;
	}
	if (!group_allowed(book, cells, record, end, &formula)) {
		biff_drop_formula(book, cells->path,
				  view_slice(body, FORMULA_TOKENS, SIZE_MAX),
				  &formula);
		return add_value(book, record, end);
	}
	error = add_cut(book, record, 20, FORMULA_TOKENS, formula.extra);
	return error != 0 ? error : add_group(book, record, end);
}

/* ---- expressions of other records ---- */

static bool take_expression(const struct book *book, struct cursor *cursor,
			    struct biff_formula *formula)
{
	size_t size = cursor_u16le(cursor);

	cursor_skip(cursor, 2);
	return biff_formula_allowed(book, cursor_take(cursor, size), formula) &&
	       !cursor->failed;
}

/* The entry stays, since they are counted, and allows any value. */
int biff_add_validation(struct book *book, size_t record, const char *path)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);
	struct view body = biff_body(book, record);
	struct cursor cursor = cursor_at(body, 0);
	uint32_t flags = cursor_u32le(&cursor);
	struct biff_formula formula;
	size_t texts;
	bool allowed;
	bool wide;

	for (size_t i = 0; i < 4; i++)
		(void)biff_string_take(book, &cursor, true, &wide);
	texts = cursor.offset;
	if (cursor.failed) {
		biff_drop(book, record, path);
		return 0;
	}
	allowed = take_expression(book, &cursor, &formula);
	if (allowed && take_expression(book, &cursor, &formula))
		return biff_add(book, BIFF_DV, record, body);
	biff_drop_formula(book, path, body, &formula);
	/* Both lengths again, to find what is behind them. */
	cursor_seek(&cursor, texts);
	for (size_t i = 0; i < 2; i++) {
		size_t size = cursor_u16le(&cursor);

		cursor_skip(&cursor, size + 2);
	}
	buffer_u32le(&out, flags & ~UINT32_C(0xF));
	buffer_view(&out, view_slice(body, 4, texts - 4));
	buffer_fill(&out, 0, 8);
	if (cursor.failed)
		buffer_u16le(&out, 0);
	else
		buffer_view(&out, view_slice(body, cursor.offset, SIZE_MAX));
	return add_cell(book, BIFF_DV, record, &out);
}

/* A condition that may not stay is one that is never met. */
int biff_add_condition(struct book *book, size_t record, const char *path)
{
	static const uint8_t never[] = {0x1D, 0}; /* FALSE */
	BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);
	struct view body = biff_body(book, record);
	struct cursor cursor = cursor_at(body, 2);
	size_t first = cursor_u16le(&cursor);
	size_t second = cursor_u16le(&cursor);
	struct biff_formula formula = {0};
	size_t start;

	if (cursor.failed || first + second > body.size - 6) {
		biff_drop(book, record, path);
		return 0;
	}
	start = body.size - first - second;
	if (biff_formula_allowed(book, view_slice(body, start, first),
				 &formula) &&
	    biff_formula_allowed(book, view_slice(body, start + first, second),
				 &formula))
		return biff_add(book, BIFF_CF, record, body);
	biff_drop_formula(book, path, view_slice(body, start, SIZE_MAX),
			  &formula);
	buffer_u8(&out, 2); /* by an expression */
	buffer_u8(&out, 0);
	buffer_u16le(&out, sizeof(never));
	buffer_u16le(&out, 0);
	buffer_view(&out, view_slice(body, 6, start - 6));
	buffer_bytes(&out, never, sizeof(never));
	return add_cell(book, BIFF_CF, record, &out);
}

/* Where a series of a chart has its values from (2.4.29). */
int biff_add_series(struct book *book, size_t record, const char *path)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(16);
	struct view body = biff_body(book, record);
	struct biff_formula formula = {0};

	if (body.size < 8) {
		biff_drop(book, record, path);
		return 0;
	}
	if (fits(body, 6, 8) &&
	    biff_formula_allowed(book, tokens_at(body, 6, 8), &formula))
		return add_cut(book, record, 6, 8, formula.extra);
	biff_drop_formula(book, path, view_slice(body, 8, SIZE_MAX), &formula);
	buffer_u8(&out, body.data[0]);
	buffer_u8(&out, 1); /* values of its own */
	buffer_view(&out, view_slice(body, 2, 4));
	buffer_u16le(&out, 0);
	return add_cell(book, BIFF_BRAI, record, &out);
}
