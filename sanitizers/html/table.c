/*
 * Most tables of mails only place things beside each other: those are read
 * cell by cell. One of short cells, at least two rows by two columns and no
 * table within, is data: it keeps its columns.
 */
#include "sanitizers/html/render.h"

#include "base/utf8.h"

#include "base/banned.h"

enum {
	COLUMNS_MAX = 32,
	ROWS_MAX = 4096,
	CELL_WIDTH_MAX = 60,
	TABLE_WIDTH_MAX = 120,
	CELL_BYTES_MAX = 1024,
	SPAN_MAX = 1000,
};

struct grid {
	const struct html_node *rows[ROWS_MAX];
	size_t row_count;
	size_t column_count;
	unsigned widths[COLUMNS_MAX];
	bool data; /* shown in columns */
};

static bool is_group(const struct html_node *node)
{
	return node->element == ELEMENT_TBODY ||
	       node->element == ELEMENT_THEAD || node->element == ELEMENT_TFOOT;
}

static bool is_cell(const struct html_node *node)
{
	return node->element == ELEMENT_TD || node->element == ELEMENT_TH;
}

static void collect_rows(struct grid *grid, const struct html_node *node)
{
	for (const struct html_node *child = node->first; child != NULL;
	     child = child->next) {
		if (child->element == ELEMENT_TR) {
			if (grid->row_count == ROWS_MAX)
				grid->data = false;
			else
				grid->rows[grid->row_count++] = child;
		} else if (is_group(child)) {
			collect_rows(grid, child);
		}
	}
}

/* What would not fit in a line of a cell. */
static bool has_blocks(const struct html_node *node)
{
	for (const struct html_node *child = node->first; child != NULL;
	     child = child->next) {
		if (child->element == ELEMENT_TABLE ||
		    child->element == ELEMENT_UL ||
		    child->element == ELEMENT_OL ||
		    child->element == ELEMENT_BLOCKQUOTE ||
		    child->element == ELEMENT_PRE || has_blocks(child))
			return true;
	}
	return false;
}

/* Columns or rows that a cell covers; 0 and nonsense are one. */
static size_t covered(const struct html_node *cell,
		      enum html_attribute_name name)
{
	struct view text = html_attribute_of(cell, name);
	size_t span = 0;

	for (size_t i = 0; i < text.size && i < 4; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return 1;
		span = span * 10 + (size_t)(text.data[i] - '0');
	}
	return span == 0 || span > SPAN_MAX ? 1 : span;
}

/* The cell's text; false when it is more than one short line. */
static bool cell_text(const struct html_node *cell, struct buffer *text,
		      unsigned *ret_width)
{
	struct writer writer = writer_make(text);
	struct cursor cursor;
	unsigned width = 0;

	render_children(&writer, cell);
	if (text->error != 0)
		return false;
	cursor = cursor_at(buffer_contents(text), 0);
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (character == '\n')
			return false;
		width += character_width(character);
	}
	*ret_width = width;
	return width <= CELL_WIDTH_MAX;
}

/* Where the cells of a row stand, with those of rows above that reach down. */
struct walk {
	const struct html_node *cell;
	size_t column; /* its first */
	size_t span;
	unsigned held[COLUMNS_MAX]; /* rows that cells above still cover */
	unsigned next[COLUMNS_MAX]; /* the same for the row below */
};

static const struct html_node *next_cell(const struct html_node *cell)
{
	while (cell != NULL && !is_cell(cell))
		cell = cell->next;
	return cell;
}

/* false: the row has no more cells, or they do not fit. */
static bool walk_to(struct walk *walk, const struct html_node *cell)
{
	walk->cell = next_cell(cell);
	if (walk->cell == NULL)
		return false;
	while (walk->column < COLUMNS_MAX && walk->held[walk->column] > 0)
		walk->column++;
	walk->span = covered(walk->cell, ATTRIBUTE_COLSPAN);
	if (walk->column + walk->span > COLUMNS_MAX)
		return false;
	for (size_t i = 0; i < walk->span; i++)
		walk->next[walk->column + i] =
		    (unsigned)covered(walk->cell, ATTRIBUTE_ROWSPAN) - 1;
	return true;
}

static bool walk_begin(struct walk *walk, const struct html_node *row)
{
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		walk->held[i] = walk->next[i];
		walk->next[i] = walk->held[i] > 0 ? walk->held[i] - 1 : 0;
	}
	walk->column = 0;
	return walk_to(walk, row->first);
}

static bool walk_next(struct walk *walk)
{
	walk->column += walk->span;
	return walk_to(walk, walk->cell->next);
}

static void measure_row(struct grid *grid, struct walk *walk,
			const struct html_node *row)
{
	bool more = walk_begin(walk, row);

	for (; more; more = walk_next(walk)) {
		BUFFER_CLEANUP struct buffer text = buffer_make(CELL_BYTES_MAX);
		size_t end = walk->column + walk->span;
		unsigned width;

		if (has_blocks(walk->cell) ||
		    !cell_text(walk->cell, &text, &width)) {
			grid->data = false;
			return;
		}
		if (walk->span == 1 && width > grid->widths[walk->column])
			grid->widths[walk->column] = width;
		if (end > grid->column_count)
			grid->column_count = end;
	}
	if (walk->cell != NULL)
		grid->data = false; /* more columns than there is room for */
}

static void measure(struct grid *grid, const struct html_node *table)
{
	struct walk walk = {0};
	unsigned width = 0;

	grid->data = true;
	collect_rows(grid, table);
	for (size_t i = 0; grid->data && i < grid->row_count; i++)
		measure_row(grid, &walk, grid->rows[i]);
	for (size_t i = 0; i < grid->column_count; i++)
		width += grid->widths[i] + 3;
	if (grid->row_count < 2 || grid->column_count < 2 ||
	    width > TABLE_WIDTH_MAX)
		grid->data = false;
}

static void write_cell(struct writer *writer, const struct html_node *cell,
		       unsigned column_width, bool last)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CELL_BYTES_MAX);
	unsigned width = 0;

	(void)cell_text(cell, &text, &width);
	writer_raw(writer, buffer_contents(&text));
	for (; !last && width < column_width; width++)
		writer_raw(writer, view_of_string(" "));
}

static bool is_heading(const struct html_node *row)
{
	const struct html_node *cell = next_cell(row->first);

	for (; cell != NULL; cell = next_cell(cell->next))
		if (cell->element != ELEMENT_TH)
			return false;
	return next_cell(row->first) != NULL;
}

static void write_blanks(struct writer *writer, unsigned count)
{
	for (; count > 0; count--)
		writer_raw(writer, view_of_string(" "));
}

/* Columns from `from` to `end` with the signs between them. */
static unsigned width_of(const struct grid *grid, size_t from, size_t end)
{
	unsigned width = 0;

	for (size_t i = from; i < end; i++)
		width += grid->widths[i] + (i > from ? 3 : 0);
	return width;
}

static void write_row(struct writer *writer, const struct grid *grid,
		      struct walk *walk, const struct html_node *row)
{
	bool more = walk_begin(walk, row);
	size_t column = 0;

	while (more) {
		size_t end = walk->column + walk->span;

		for (; column < walk->column; column++) {
			write_blanks(writer, grid->widths[column]);
			writer_raw(writer, view_of_string(" | "));
		}
		write_cell(writer, walk->cell,
			   width_of(grid, walk->column, end),
			   next_cell(walk->cell->next) == NULL);
		column = end;
		more = walk_next(walk);
		if (more)
			writer_raw(writer, view_of_string(" | "));
	}
	writer_break(writer, 0);
}

static void write_line_below(struct writer *writer, const struct grid *grid)
{
	for (size_t i = 0; i < grid->column_count; i++) {
		for (unsigned j = 0; j < grid->widths[i]; j++)
			writer_raw(writer, view_of_string("-"));
		if (i + 1 < grid->column_count)
			writer_raw(writer, view_of_string("-+-"));
	}
	writer_break(writer, 0);
}

static void write_data(struct writer *writer, const struct grid *grid,
		       const struct html_node *table)
{
	struct walk walk = {0};

	for (const struct html_node *child = table->first; child != NULL;
	     child = child->next)
		if (child->element == ELEMENT_CAPTION) {
			render_children(writer, child);
			writer_break(writer, 0);
		}
	for (size_t i = 0; i < grid->row_count; i++) {
		write_row(writer, grid, &walk, grid->rows[i]);
		if (is_heading(grid->rows[i]))
			write_line_below(writer, grid);
	}
}

void render_table(struct writer *writer, const struct html_node *table)
{
	/* On the heap: tables nest, and their grids would fill the stack. */
	struct grid *grid = calloc(1, sizeof(*grid));

	if (grid != NULL && writer->verbatim == 0) {
		measure(grid, table);
		if (grid->data)
			write_data(writer, grid, table);
	}
	if (grid == NULL || !grid->data)
		render_children(writer, table);
	free(grid);
}
