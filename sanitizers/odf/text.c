/*
 * Text mode: the visible text of the rebuilt files in reading order, with
 * marks for sheets, slides, notes and what stands beside the text.
 */
#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

enum { TABLES_MAX = 16, SINKS_MAX = 16, REPEAT_BYTES = 1024 * 1024 };

enum sink { SINK_MAIN, SINK_HEADER, SINK_FOOTER, SINK_NOTE, SINK_COMMENT };
enum { SINK_COUNT = SINK_COMMENT + 1 };

static const char *const marks[SINK_COUNT] = {
    [SINK_MAIN] = NULL,          [SINK_HEADER] = "ヘッダー",
    [SINK_FOOTER] = "フッター",  [SINK_NOTE] = "脚注",
    [SINK_COMMENT] = "コメント",
};

/* A row that is being written. */
struct row {
	size_t tabs; /* owed in front of the next cell that has text */
	size_t row_start;
	size_t cell_start;
	size_t row_repeat;
	size_t cell_repeat;
};

struct writing {
	enum odf_kind kind;
	struct buffer outs[SINK_COUNT];
	enum sink sinks[SINKS_MAX]; /* around the current one */
	size_t sink_depth;
	enum sink sink;
	struct row rows[TABLES_MAX];
	size_t tables;
	size_t depth;
	size_t skip; /* depth of the element that is left out; 0: none */
	size_t pages;
	bool in_text; /* a paragraph, or what stands for one */
	size_t paragraphs;
	bool master; /* only headers and footers of it are text */
};

static struct buffer *out_of(struct writing *writing)
{
	return &writing->outs[writing->sink];
}

static struct row *row_of(struct writing *writing)
{
	return writing->tables == 0 || writing->tables > TABLES_MAX
		   ? NULL
		   : &writing->rows[writing->tables - 1];
}

static size_t number_of(const struct xml_element *element, enum odf_space space,
			const char *name, size_t otherwise)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *one = &element->attributes[i];
		size_t number = 0;

		if (strcmp(one->name->local, name) != 0 ||
		    odf_space_of(one->name->uri) != space)
			continue;
		for (size_t k = 0; k < one->value.size && k < 7; k++)
			if (isdigit(one->value.data[k]))
				number = number * 10 +
					 (size_t)(one->value.data[k] - '0');
		return number;
	}
	return otherwise;
}

static struct view text_of(const struct xml_element *element,
			   enum odf_space space, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *one = &element->attributes[i];

		if (strcmp(one->name->local, name) == 0 &&
		    odf_space_of(one->name->uri) == space)
			return one->value;
	}
	return (struct view){NULL, 0};
}

/* ---- tables ---- */

static void begin_cell(struct writing *writing,
		       const struct xml_element *element)
{
	struct row *row = row_of(writing);

	if (row == NULL)
		return;
	row->cell_start = out_of(writing)->size;
	row->cell_repeat =
	    number_of(element, SPACE_TABLE, "number-columns-repeated", 1);
}

static void trim(struct buffer *out, size_t start, const char *bytes)
{
	while (out->size > start &&
	       strchr(bytes, out->data[out->size - 1]) != NULL)
		out->size--;
}

static void end_cell(struct writing *writing)
{
	struct buffer *out = out_of(writing);
	struct row *row = row_of(writing);
	struct buffer cell = buffer_make(out->maximum);
	size_t repeat;

	if (row == NULL || out->size < row->cell_start)
		return;
	trim(out, row->cell_start, " \n");
	if (out->size == row->cell_start) {
		row->tabs += row->cell_repeat;
		return;
	}
	buffer_bytes(&cell, out->data + row->cell_start,
		     out->size - row->cell_start);
	out->size = row->cell_start;
	repeat =
	    row->cell_repeat * cell.size > REPEAT_BYTES ? 1 : row->cell_repeat;
	if (row->tabs > REPEAT_BYTES)
		row->tabs = 1;
	buffer_fill(out, '\t', row->tabs);
	for (size_t i = 0; i < repeat; i++) {
		if (i > 0)
			buffer_u8(out, '\t');
		buffer_view(out, buffer_contents(&cell));
	}
	row->tabs = 1;
	buffer_free(&cell);
}

static void begin_row(struct writing *writing,
		      const struct xml_element *element)
{
	struct row *row = row_of(writing);

	if (row == NULL)
		return;
	row->row_start = out_of(writing)->size;
	row->row_repeat =
	    number_of(element, SPACE_TABLE, "number-rows-repeated", 1);
	row->tabs = 0;
}

static void end_row(struct writing *writing)
{
	struct buffer *out = out_of(writing);
	struct row *row = row_of(writing);
	struct buffer line = buffer_make(out->maximum);

	if (row == NULL || out->size < row->row_start)
		return;
	if (out->size > row->row_start)
		buffer_bytes(&line, out->data + row->row_start,
			     out->size - row->row_start);
	buffer_u8(out, '\n');
	if (line.size > 0 && row->row_repeat * line.size <= REPEAT_BYTES)
		for (size_t i = 1; i < row->row_repeat; i++) {
			buffer_view(out, buffer_contents(&line));
			buffer_u8(out, '\n');
		}
	buffer_free(&line);
}

/* ---- elements ---- */

static bool is_left_out(const struct writing *writing, enum odf_space space,
			const char *name)
{
	static const struct {
		enum odf_space space;
		const char *name;
	} names[] = {
	    {SPACE_OFFICE, "automatic-styles"},
	    {SPACE_OFFICE, "styles"},
	    {SPACE_OFFICE, "font-face-decls"},
	    {SPACE_OFFICE, "meta"},
	    {SPACE_OFFICE, "settings"},
	    {SPACE_OFFICE, "binary-data"},
	    {SPACE_TEXT, "tracked-changes"},
	    {SPACE_TABLE, "tracked-changes"},
	    {SPACE_TEXT, "note-citation"},
	    {SPACE_MATH, "annotation"},
	    {SPACE_SVG, "title"},
	    {SPACE_SVG, "desc"},
	    {SPACE_DRAW, "object"},
	    {SPACE_DRAW, "page-thumbnail"},
	    {SPACE_TABLE, "table-source"},
	};

	if (space == SPACE_DC || space == SPACE_META || space == SPACE_NUMBER)
		return true;
	/* Outlines of master slides say "click to add text". */
	if (writing->master && space == SPACE_DRAW)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].space == space && strcmp(names[i].name, name) == 0)
			return true;
	return false;
}

/* What opens a stretch of text beside the main one. */
static enum sink sink_of(enum odf_space space, const char *name)
{
	if (space == SPACE_STYLE && strncmp(name, "header", 6) == 0)
		return SINK_HEADER;
	if (space == SPACE_STYLE && strncmp(name, "footer", 6) == 0)
		return SINK_FOOTER;
	if (space == SPACE_TEXT && strcmp(name, "note") == 0)
		return SINK_NOTE;
	if (space == SPACE_OFFICE && strcmp(name, "annotation") == 0)
		return SINK_COMMENT;
	return SINK_MAIN;
}

static bool is_paragraph(enum odf_space space, const char *name)
{
	return (space == SPACE_TEXT &&
		(strcmp(name, "p") == 0 || strcmp(name, "h") == 0)) ||
	       (space == SPACE_LOEXT && strcmp(name, "p") == 0);
}

static void begin_table(struct writing *writing,
			const struct xml_element *element)
{
	struct view name = text_of(element, SPACE_TABLE, "name");

	if (writing->kind == ODF_SHEET && writing->tables == 0)
		buffer_format(out_of(writing), "%s[シート: %.*s]\n",
			      writing->pages++ > 0 ? "\n" : "", (int)name.size,
			      (const char *)name.data);
	writing->tables++;
	if (row_of(writing) != NULL)
		*row_of(writing) = (struct row){0};
}

static void begin_page(struct writing *writing)
{
	writing->pages++;
	if (writing->kind == ODF_SLIDE)
		buffer_format(out_of(writing), "%s[スライド %zu]\n",
			      writing->pages > 1 ? "\n" : "", writing->pages);
}

static void begin_text(struct writing *writing,
		       const struct xml_element *element, const char *name)
{
	struct buffer *out = out_of(writing);

	if (strcmp(name, "tab") == 0)
		buffer_u8(out, writing->tables > 0 ? ' ' : '\t');
	else if (strcmp(name, "line-break") == 0)
		buffer_u8(out, writing->tables > 0 ? ' ' : '\n');
	else if (strcmp(name, "s") == 0)
		buffer_fill(out, ' ',
			    number_of(element, SPACE_TEXT, "c", 1) & 0xfff);
	else if (strcmp(name, "ruby-text") == 0)
		buffer_text(out, "(");
}

static int on_start(void *context, const struct xml_element *element)
{
	struct writing *writing = context;
	enum odf_space space = odf_space_of(element->name->uri);
	const char *name = element->name->local;
	enum sink sink;

	writing->depth++;
	if (writing->skip > 0)
		return 0;
	if (space == SPACE_OFFICE && strcmp(name, "master-styles") == 0)
		writing->master = true;
	sink = sink_of(space, name);
	if (is_left_out(writing, space, name) ||
	    (sink != SINK_MAIN && writing->sink_depth == SINKS_MAX)) {
		writing->skip = writing->depth;
		return 0;
	}
	if (sink != SINK_MAIN) {
		writing->sinks[writing->sink_depth++] = writing->sink;
		writing->sink = sink;
	}
	writing->paragraphs += is_paragraph(space, name);
	if (space == SPACE_TEXT)
		begin_text(writing, element, name);
	else if (space == SPACE_DRAW && strcmp(name, "page") == 0)
		begin_page(writing);
	else if (space == SPACE_PRESENTATION && strcmp(name, "notes") == 0)
		buffer_text(out_of(writing), "\n[ノート]\n");
	else if (space == SPACE_TABLE && strcmp(name, "table") == 0)
		begin_table(writing, element);
	else if (space == SPACE_TABLE && strcmp(name, "table-row") == 0)
		begin_row(writing, element);
	else if (space == SPACE_TABLE &&
		 (strcmp(name, "table-cell") == 0 ||
		  strcmp(name, "covered-table-cell") == 0))
		begin_cell(writing, element);
	return buffer_error(out_of(writing));
}

static void end_table_part(struct writing *writing, const char *name)
{
	if (strcmp(name, "table") == 0 && writing->tables > 0)
		writing->tables--;
	else if (strcmp(name, "table-row") == 0)
		end_row(writing);
	else if (strcmp(name, "table-cell") == 0 ||
		 strcmp(name, "covered-table-cell") == 0)
		end_cell(writing);
}

static int on_end(void *context, struct xml_name *element)
{
	struct writing *writing = context;
	enum odf_space space = odf_space_of(element->uri);
	const char *name = element->local;

	if (writing->skip == writing->depth)
		writing->skip = 0;
	else if (writing->skip == 0) {
		if (is_paragraph(space, name)) {
			writing->paragraphs -= writing->paragraphs > 0;
			buffer_u8(out_of(writing),
				  writing->tables > 0 &&
					  writing->sink == SINK_MAIN
				      ? ' '
				      : '\n');
		} else if (space == SPACE_TABLE) {
			end_table_part(writing, name);
		} else if (space == SPACE_TEXT &&
			   strcmp(name, "ruby-text") == 0) {
			buffer_text(out_of(writing), ")");
		} else if (space == SPACE_OFFICE &&
			   strcmp(name, "master-styles") == 0) {
			writing->master = false;
		}
		if (sink_of(space, name) != SINK_MAIN &&
		    writing->sink_depth > 0)
			writing->sink = writing->sinks[--writing->sink_depth];
	}
	writing->depth--;
	return buffer_error(out_of(writing));
}

/* Between paragraphs there is only white space that means nothing; in one, a
 * line's end is a blank (ODF 1.3 part 3, 6.1.2). */
static int on_text(void *context, struct view text)
{
	struct writing *writing = context;
	struct buffer *out = out_of(writing);

	if (writing->skip > 0 || writing->paragraphs == 0)
		return 0;
	for (size_t i = 0; i < text.size; i++)
		buffer_u8(out, strchr("\t\n\r", text.data[i]) != NULL
				   ? ' '
				   : text.data[i]);
	return buffer_error(out);
}

static int scan(struct writing *writing, struct xml_reader *reader,
		struct view content)
{
	static const struct xml_events events = {
	    .start = on_start, .end = on_end, .text = on_text};

	return xml_read(reader, content, &events, writing);
}

static bool has_text(const struct buffer *out)
{
	for (size_t i = 0; i < out->size; i++)
		if (!isspace(out->data[i]))
			return true;
	return false;
}

static int emit(struct job *job, struct writing *writing)
{
	struct buffer *out = &writing->outs[SINK_MAIN];

	for (int i = SINK_MAIN + 1; i < SINK_COUNT; i++) {
		if (!has_text(&writing->outs[i]))
			continue;
		buffer_format(out, "\n[%s]\n", marks[i]);
		buffer_view(out, buffer_contents(&writing->outs[i]));
		if (out->size > 0 && out->data[out->size - 1] != '\n')
			buffer_u8(out, '\n');
	}
	/* A document without any text is an empty line. */
	if (out->size == 0)
		buffer_u8(out, '\n');
	return buffer_error(out) != 0 ? buffer_error(out)
				      : job_emit(job, buffer_contents(out));
}

static int text_of_package(struct job *job, struct writing *writing)
{
	struct odf_package *package = arena_alloc(job->arena, sizeof(*package));
	int error;

	if (package == NULL)
		return -ERR_MEMORY;
	error = odf_filter_package(job, writing->kind, true, package);
	for (size_t i = 0; i < 2 && error == 0; i++) {
		const struct odf_part *part = package->documents[0]->files[i];

		if (part != NULL)
			error = scan(writing, package->reader, part->output);
	}
	odf_release(package);
	return error;
}

static int text_of_flat(struct job *job, struct writing *writing)
{
	struct buffer output = buffer_make(0);
	struct xml_reader *reader = xml_reader_new(job->arena);
	int error = reader == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = odf_filter_flat(job, writing->kind, true, &output);
	if (error == 0)
		error = scan(writing, reader, buffer_contents(&output));
	xml_reader_close(reader);
	buffer_free(&output);
	return error;
}

int odf_text(struct job *job, enum odf_kind kind)
{
	struct writing *writing = arena_alloc(job->arena, sizeof(*writing));
	int error;

	if (writing == NULL)
		return -ERR_MEMORY;
	writing->kind = kind;
	for (int i = 0; i < SINK_COUNT; i++)
		writing->outs[i] =
		    buffer_make(job->policy->limits.output_bytes);
	error = view_starts_with(job->input, "PK")
		    ? text_of_package(job, writing)
		    : text_of_flat(job, writing);
	if (error == 0)
		error = emit(job, writing);
	for (int i = 0; i < SINK_COUNT; i++)
		buffer_free(&writing->outs[i]);
	return error;
}
