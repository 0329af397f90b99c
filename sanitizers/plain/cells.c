#include "sanitizers/plain/cells.h"

#include "sanitizers/plain/formula.h"

#include "base/banned.h"

enum {
	SHAPE_BYTES = 65536,
	SHAPE_LINES = 20,
	EXAMPLES_MAX = 10,
	EXAMPLE_SIZE = 40,
	PASSES_MAX = 4,
};

struct table {
	struct decoder decoder;
	struct separators separators;
	struct buffer *out;
	size_t copied; /* bytes up to here are in `out` */
	size_t row;
	size_t column;
	bool in_quotes;

	size_t guarded; /* formulas */
	char first[48]; /* where the first is */
	struct buffer examples;
};

/* --- shape and separators --- */

struct shape {
	size_t counts[3]; /* of , ; TAB in one line */
};

static const char candidates[] = ",;\t";

static bool next_line(struct decoder *decoder, struct shape *ret_shape,
		      bool *ret_empty)
{
	struct character next;
	bool quotes = false;
	bool any = false;

	*ret_shape = (struct shape){{0}};
	*ret_empty = true;
	while (decoder_next(decoder, &next)) {
		const char *hit;

		any = true;
		if (next.value == '"')
			quotes = !quotes;
		if (next.value == '\n' && !quotes)
			return true;
		if (next.value != '\r')
			*ret_empty = false;
		hit = next.value == 0 || next.value > 0x7F || quotes
			  ? NULL
			  : strchr(candidates, (int)next.value);
		if (hit != NULL)
			ret_shape->counts[hit - candidates]++;
	}
	return any;
}

bool cells_look_like_table(struct view input)
{
	struct view head = view_slice(input, 0, SHAPE_BYTES);
	struct decoder decoder = decoder_make(head, encoding_of(head));
	struct shape first = {{0}};
	size_t equal[3] = {0, 0, 0};
	size_t lines = 0;
	struct shape shape;
	bool empty;

	if (decoder.encoding == ENCODING_NONE)
		return false;
	while (lines < SHAPE_LINES && next_line(&decoder, &shape, &empty)) {
		if (empty)
			continue;
		if (lines++ == 0)
			first = shape;
		for (size_t i = 0; i < 3; i++)
			equal[i] += shape.counts[i] > 0 &&
				    shape.counts[i] == first.counts[i];
	}
	for (size_t i = 0; i < 3; i++)
		if (lines >= 2 && equal[i] * 10 >= lines * 8)
			return true;
	return false;
}

/* The separator that most of the first line's are; a comma where it has none,
 * because that is what spreadsheets expect. */
static uint32_t separator_of(const struct text *text, size_t from)
{
	struct decoder decoder = decoder_make(
	    view_slice(text->bytes, from, SHAPE_BYTES), text->encoding);
	struct shape shape;
	size_t best = 0;
	bool empty;

	if (!next_line(&decoder, &shape, &empty))
		return ',';
	for (size_t i = 1; i < 3; i++)
		if (shape.counts[i] > shape.counts[best])
			best = i;
	return (uint32_t)candidates[best];
}

/* --- sep= --- */

/* The size of a `sep=` line at the decoder, 0 when there is none. */
static size_t separator_line(struct decoder decoder, uint32_t *ret_separator)
{
	static const char word[] = "sep=";
	size_t from = decoder.offset;
	struct character next = {0};
	size_t matched = 0;

	while (matched < 4) {
		if (!decoder_next(&decoder, &next))
			return 0;
		if (next.value == CHARACTER_SHIFT || next.value == ' ' ||
		    next.value == '"')
			continue;
		if ((next.value | 0x20) != (uint32_t)(word[matched] | 0x20))
			return 0;
		matched++;
	}
	*ret_separator = 0;
	while (decoder_next(&decoder, &next)) {
		if (next.value == '\n')
			break;
		if (*ret_separator == 0 && next.value != '\r')
			*ret_separator = next.value;
		if (decoder.offset - from > 256)
			return 0;
	}
	return decoder.offset - from;
}

/* Reports them where `job` is not NULL. */
static void drop_separator_lines(struct job *job, struct table *table)
{
	struct view input = table->decoder.input;
	uint32_t separator;
	size_t size;

	while ((size = separator_line(table->decoder, &separator)) > 0) {
		struct view line =
		    view_slice(input, table->decoder.offset, size);

		if (job != NULL)
			job_remove(job, REMOVAL_CSV_SEPARATOR, "row 1", line,
				   "sep=");
		if (separator < CHARACTER_INVALID && separator != '"')
			table->separators.values[2] = separator;
		buffer_view(table->out,
			    view_slice(input, table->copied,
				       table->decoder.offset - table->copied));
		table->decoder.offset += size;
		table->copied = table->decoder.offset;
	}
}

/* --- cells --- */

static void add_example(struct table *table, const struct decoder *from)
{
	struct decoder decoder = *from;
	struct character next;

	if (table->guarded == 0)
		(void)snprintf(table->first, sizeof(table->first),
			       "row %zu, column %zu", table->row,
			       table->column);
	if (table->guarded++ >= EXAMPLES_MAX)
		return;
	buffer_text(&table->examples, table->guarded == 1 ? ": " : " / ");
	for (int i = 0; i < EXAMPLE_SIZE && decoder_next(&decoder, &next);
	     i++) {
		if (next.value == '\n' || next.value == '\r' ||
		    is_separator(&table->separators, next.value))
			break;
		if (next.value < CHARACTER_INVALID)
			buffer_utf8(&table->examples, next.value);
	}
}

static void guard_here(struct table *table, const struct decoder *here)
{
	buffer_view(table->out, view_slice(table->decoder.input, table->copied,
					   here->offset - table->copied));
	table->copied = here->offset;
	encoding_write_ascii(table->out, table->decoder.encoding, '\'');
	add_example(table, here);
}

/* Looks at the cell that begins at the decoder; moves behind its opening
 * quote. */
static void begin_cell(struct table *table)
{
	struct view bytes =
	    view_slice(table->decoder.input, table->decoder.offset, 2);
	struct decoder ahead = table->decoder;
	struct decoder content = ahead;
	struct character next;

	table->in_quotes = false;
	/* Most cells begin with a digit or a letter. */
	if (encoding_keeps_ascii(ahead.encoding) && bytes.size == 2) {
		if (isalnum(bytes.data[0]))
			return;
		if (bytes.data[0] == '"' && isalnum(bytes.data[1])) {
			table->in_quotes = true;
			table->decoder.offset++;
			return;
		}
	}
	while (decoder_next(&ahead, &next))
		if (next.value != CHARACTER_SHIFT)
			break;
	if (ahead.offset > content.offset && next.value == '"') {
		table->in_quotes = true;
		content = ahead;
	}
	if (cell_is_formula(content, table->in_quotes, &table->separators))
		guard_here(table, &content);
	if (table->in_quotes)
		table->decoder = content;
}

static bool peek_is(const struct decoder *decoder, uint32_t value)
{
	struct decoder ahead = *decoder;
	struct character next;

	return decoder_next(&ahead, &next) && next.value == value;
}

static bool is_candidate(uint32_t value)
{
	return value == ',' || value == ';' || value == '\t';
}

/* Takes one character; true when a cell begins behind it. */
static bool take(struct table *table, uint32_t value)
{
	bool edge = value == '\n' || value == '\r' || is_candidate(value);

	if (value == '\n' || (value == '\r' && !peek_is(&table->decoder, '\n')))
		table->row++;
	if (table->in_quotes) {
		if (value == '"') {
			if (peek_is(&table->decoder, '"')) {
				struct character second;

				(void)decoder_next(&table->decoder, &second);
			} else {
				table->in_quotes = false;
			}
		}
	} else if (value == '\n' || value == '\r') {
		table->column = 1;
		return true;
	} else if (is_separator(&table->separators, value)) {
		table->column++;
		return true;
	}
	if (edge && rest_is_formula(table->decoder))
		guard_here(table, &table->decoder);
	return false;
}

/* Bytes that mean something between cells, for encodings where a byte is what
 * it looks like. */
static void mark_edges(const struct table *table, bool edges[256])
{
	static const char always[] = ",;\t\"\r\n";

	for (size_t i = 0; i < 256; i++)
		edges[i] = false;
	for (const char *edge = always; *edge != '\0'; edge++)
		edges[(uint8_t)*edge] = true;
	/* A byte of 0x30 and above may be half a character. */
	for (size_t i = 0x30; i < 256 && table->separators.values[2] >= 0x30;
	     i++)
		edges[i] = true;
	if (table->separators.values[2] < 0x30)
		edges[table->separators.values[2]] = true;
}

static void walk(struct table *table)
{
	bool fast = encoding_keeps_ascii(table->decoder.encoding);
	struct view input = table->decoder.input;
	struct character next;
	bool edges[256];
	bool begins = true;

	mark_edges(table, edges);
	for (;;) {
		if (begins)
			begin_cell(table);
		while (fast && table->decoder.offset < input.size &&
		       !edges[input.data[table->decoder.offset]])
			table->decoder.offset++;
		if (!decoder_next(&table->decoder, &next))
			return;
		begins = take(table, next.value);
	}
}

static int guard_once(struct job *job, const struct text *text, bool tabs,
		      bool report, struct buffer *out)
{
	struct table table = {
	    .decoder = decoder_make(text->bytes, text->encoding),
	    .separators = {{tabs ? '\t' : ','}},
	    .out = out,
	    .row = 1,
	    .column = 1,
	    .examples = buffer_make(EXAMPLES_MAX * (EXAMPLE_SIZE * 4 + 4)),
	};

	table.decoder.offset = text->mark;
	if (job->policy->csv_formulas != 0) {
		drop_separator_lines(report ? job : NULL, &table);
		if (!tabs)
			table.separators.values[1] =
			    separator_of(text, table.decoder.offset);
		walk(&table);
	}
	if (table.copied > 0 || table.guarded > 0)
		buffer_view(out,
			    view_slice(text->bytes, table.copied, SIZE_MAX));
	if (table.guarded > 0 && report) {
		buffer_u8(&table.examples, 0);
		job_remove(job, REMOVAL_CSV_FORMULA, table.first,
			   view_of(NULL, 0), "%zu%s", table.guarded,
			   (const char *)table.examples.data);
	}
	buffer_free(&table.examples);
	if (table.copied > 0 && out->size == 0 && buffer_error(out) == 0)
		return -ERR_EMPTY;
	return buffer_error(out);
}

/* An apostrophe in front of a cell of another reading may stand within a cell
 * of the first, which is no number then: until nothing changes. */
int cells_guard(struct job *job, const struct text *text, bool tabs,
		struct buffer *out)
{
	struct text again = *text;
	int error = guard_once(job, text, tabs, true, out);

	for (int i = 0; i < PASSES_MAX && error == 0; i++) {
		struct buffer next = buffer_make(out->maximum);

		if (out->size == 0)
			return 0;
		again.bytes = buffer_contents(out);
		error = guard_once(job, &again, tabs, false, &next);
		if (error == 0 && next.size == 0)
			return 0;
		buffer_free(out);
		*out = next;
	}
	return error == 0 ? -ERR_TYPE_AMBIGUOUS : error;
}

int cells_flatten(const struct text *text, bool tabs, struct buffer *out)
{
	struct decoder decoder = decoder_make(text->bytes, text->encoding);
	uint32_t separator = tabs ? '\t' : separator_of(text, text->mark);
	bool quotes = false;
	bool begins = true;
	struct character next;

	decoder.offset = text->mark;
	while (decoder_next(&decoder, &next)) {
		uint32_t value = next.value;
		bool opens = begins && value == '"' && !quotes;

		begins = false;
		if (value == '"' && quotes && peek_is(&decoder, '"')) {
			(void)decoder_next(&decoder, &next);
		} else if (opens || (value == '"' && quotes)) {
			quotes = opens;
			continue;
		} else if (quotes && (value == '\n' || value == '\t')) {
			value = ' ';
		} else if (quotes && value == '\r') {
			continue;
		} else if (!quotes && value == separator) {
			value = '\t';
			begins = true;
		} else if (value == '\n') {
			begins = true;
		}
		buffer_utf8(out, value);
	}
	return buffer_error(out);
}
