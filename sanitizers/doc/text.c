/*
 * The text as people see it: results of fields, tables as lines of cells, notes
 * where they are referred to, revisions as accepted; then boxes, headers and
 * footers.
 */
#include "sanitizers/doc/document.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
	REGION_NOTES = 2, /* where they are referred to, then what they are */
	REGION_COMMENTS = 4,
	REGION_ENDNOTES = 46,
	REGION_CHARACTERS = 12,
	REGION_PARAGRAPHS = 13,
	NOTE = 0x02,
	COMMENT = 0x05,
	CELL = 0x07,
	LINE = 0x0B,
	PAGE_BREAK = 0x0C,
	PARAGRAPH = 0x0D,
	COLUMN = 0x0E,
	FIELD_BEGIN = 0x13,
	FIELD_SEPARATOR = 0x14,
	FIELD_END = 0x15,
	HARD_HYPHEN = 0x1E,
	SYMBOL_SIGN = 0x28,
	CHARACTER_DELETED = 0x0800,
	CHARACTER_HIDDEN = 0x083C,
	CHARACTER_SYMBOL = 0x6A09,
	PARAGRAPH_IN_TABLE = 0x2416,
	PARAGRAPH_ROW_END = 0x2417,
	PARAGRAPH_HUGE_OLD = 0x6645,
	PARAGRAPH_HUGE = 0x6646,
	PAGE_NUMBER = 0x3FFFFF,
};

/* Characters that share a list of properties, by their place in the stream. */
struct run {
	uint32_t from;
	uint32_t to;
	struct view list;
};

struct runs {
	struct run *runs;
	size_t count;
};

/* References of one kind, and the part that holds what they refer to. */
struct notes {
	struct view references;
	size_t count;
	struct view bounds;
	enum doc_part part;
};

struct reading {
	struct doc *doc;
	struct buffer *out;
	struct runs characters;
	struct runs paragraphs;
	struct notes footnotes;
	struct notes endnotes;
	struct notes comments;
};

/* What is open within one stretch of text. */
struct stretch {
	bool code[DOC_FIELDS_DEPTH];
	size_t depth;
	size_t hidden; /* how many instructions are open */
	uint32_t high; /* first half of a pair */
	bool inner;    /* of a note */
};

/* ---- properties by place ---- */

static struct view list_of(struct view page, size_t word, bool paragraph)
{
	size_t at = word * 2;
	size_t size;

	if (word == 0)
		return view_of(NULL, 0);
	if (!paragraph)
		return view_slice(page, at + 1, page.data[at]);
	size = (size_t)page.data[at] * 2;
	if (size != 0)
		return size < 3 ? view_of(NULL, 0)
				: view_slice(page, at + 3, size - 3);
	if (at + 1 >= DOC_PAGE)
		return view_of(NULL, 0);
	size = (size_t)page.data[at + 1] * 2;
	return size < 2 ? view_of(NULL, 0) : view_slice(page, at + 4, size - 2);
}

static void add_page(struct runs *runs, struct view page, bool paragraph)
{
	size_t count = page.data[DOC_PAGE - 1];
	size_t entry = paragraph ? 13 : 1;

	if (4 * (count + 1) + count * entry >= DOC_PAGE)
		return;
	for (size_t i = 0; i < count; i++)
		runs->runs[runs->count++] = (struct run){
		    .from = doc_u32(page.data + 4 * i),
		    .to = doc_u32(page.data + 4 * i + 4),
		    .list =
			list_of(page, page.data[4 * (count + 1) + i * entry],
				paragraph),
		};
}

static int by_place(const void *a, const void *b)
{
	const struct run *left = a;
	const struct run *right = b;

	return left->from < right->from ? -1 : left->from > right->from;
}

/* The page of this number in the table; one of zeros where it is nowhere. */
static struct view page_at(const struct doc *doc, struct view region,
			   size_t count, size_t number)
{
	static const uint8_t empty[DOC_PAGE];
	size_t at = (doc_u32(region.data + 4 * (count + 1) + 4 * number) &
		     PAGE_NUMBER) *
		    (size_t)DOC_PAGE;
	struct view page = view_slice(doc->main, at, DOC_PAGE);

	return page.size == DOC_PAGE ? page : view_of(empty, DOC_PAGE);
}

static int read_runs(struct doc *doc, unsigned index, struct runs *runs)
{
	struct view region;
	size_t count;
	size_t room = 0;
	int error = doc_region(doc, index, &region);

	if (error != 0 || region.size < 4)
		return error;
	count = (region.size - 4) / 8;
	for (size_t i = 0; i < count; i++)
		room += page_at(doc, region, count, i).data[DOC_PAGE - 1];
	runs->runs =
	    arena_array(doc->job->arena, room + 1, sizeof(*runs->runs));
	if (runs->runs == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		add_page(runs, page_at(doc, region, count, i),
			 index == REGION_PARAGRAPHS);
	if (runs->count > 0)
		qsort(runs->runs, runs->count, sizeof(*runs->runs), by_place);
	return 0;
}

static const struct run *run_at(const struct runs *runs, uint32_t fc)
{
	size_t low = 0;
	size_t high = runs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (runs->runs[middle].from <= fc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || fc >= runs->runs[low - 1].to)
		return NULL;
	return &runs->runs[low - 1];
}

static bool is_set(struct view list, uint16_t kind)
{
	struct view operand = doc_property(list, kind);

	return operand.size > 0 && operand.data[0] != 0;
}

/* The properties of the paragraph that ends here; long ones are in Data. */
static struct view paragraph_at(const struct reading *reading, uint32_t fc)
{
	const struct run *run = run_at(&reading->paragraphs, fc);
	struct view data = reading->doc->data;
	struct view place;
	size_t at;

	if (run == NULL)
		return view_of(NULL, 0);
	place = doc_property(run->list, PARAGRAPH_HUGE);
	if (place.size == 0)
		place = doc_property(run->list, PARAGRAPH_HUGE_OLD);
	if (place.size == 0)
		return run->list;
	at = doc_u32(place.data);
	if (at > data.size || data.size - at < 2)
		return view_of(NULL, 0);
	return view_slice(data, at + 2, doc_u16(data.data + at));
}

/* ---- notes ---- */

static void read_notes(struct doc *doc, unsigned index, size_t size,
		       enum doc_part part, struct notes *notes)
{
	struct view references;
	struct view bounds;

	notes->part = part;
	if (doc_region(doc, index, &references) != 0 ||
	    doc_region(doc, index + 1, &bounds) != 0 || references.size < 4)
		return;
	notes->count = (references.size - 4) / (4 + size);
	if (bounds.size / 4 < notes->count + 1)
		notes->count = bounds.size < 8 ? 0 : bounds.size / 4 - 1;
	notes->references = references;
	notes->bounds = bounds;
}

static int put_stretch(struct reading *reading, uint32_t from, uint32_t to,
		       bool inner);

static int put_note(struct reading *reading, const struct notes *notes,
		    uint32_t position)
{
	const struct doc_fib *fib = &reading->doc->fib;
	size_t low = 0;
	size_t high = notes->count;
	uint32_t from;
	uint32_t to;
	int error;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (doc_u32(notes->references.data + 4 * middle) < position)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == notes->count ||
	    doc_u32(notes->references.data + 4 * low) != position)
		return 0;
	from = doc_u32(notes->bounds.data + 4 * low);
	to = doc_u32(notes->bounds.data + 4 * low + 4);
	if (from > to || to > fib->characters[notes->part])
		return 0;
	from += fib->starts[notes->part];
	to += fib->starts[notes->part];
	buffer_u8(reading->out, '[');
	error = put_stretch(reading, from, to, true);
	while (reading->out->size > 0 &&
	       reading->out->data[reading->out->size - 1] == '\n')
		reading->out->size--;
	buffer_u8(reading->out, ']');
	return error;
}

/* ---- characters ---- */

static void put_unit(struct reading *reading, struct stretch *stretch,
		     uint32_t unit)
{
	if (unit >= 0xD800 && unit < 0xDC00) {
		stretch->high = unit;
		return;
	}
	if (unit >= 0xDC00 && unit < 0xE000 && stretch->high != 0)
		unit =
		    0x10000 + ((stretch->high - 0xD800) << 10) + unit - 0xDC00;
	stretch->high = 0;
	buffer_utf8(reading->out, unit);
}

static void put_end(struct reading *reading, uint32_t fc, uint16_t unit)
{
	struct buffer *out = reading->out;
	struct view list = paragraph_at(reading, fc);

	if (unit == CELL && is_set(list, PARAGRAPH_ROW_END)) {
		if (out->size > 0 && out->data[out->size - 1] == '\t')
			out->size--;
		buffer_u8(out, '\n');
	} else if (unit == CELL) {
		if (out->size > 0 && out->data[out->size - 1] == ' ')
			out->size--;
		buffer_u8(out, '\t');
	} else {
		/* A row is one line. */
		buffer_u8(out, is_set(list, PARAGRAPH_IN_TABLE) ? ' ' : '\n');
	}
}

static int put_special(struct reading *reading, struct stretch *stretch,
		       uint32_t position, uint32_t fc, uint16_t unit)
{
	int error = 0;

	switch (unit) {
	case CELL:
	case PARAGRAPH:
		put_end(reading, fc, unit);
		break;
	case LINE:
	case PAGE_BREAK:
	case COLUMN:
		buffer_u8(reading->out, '\n');
		break;
	case '\t':
		buffer_u8(reading->out, '\t');
		break;
	case HARD_HYPHEN:
		buffer_utf8(reading->out, 0x2011);
		break;
	case NOTE:
		if (!stretch->inner)
			error =
			    put_note(reading, &reading->footnotes, position);
		if (error == 0 && !stretch->inner)
			error = put_note(reading, &reading->endnotes, position);
		break;
	case COMMENT:
		if (!stretch->inner && reading->doc->job->policy->comments)
			error = put_note(reading, &reading->comments, position);
		break;
	default:
		break;
	}
	return error;
}

static void take_field(struct stretch *stretch, uint16_t unit)
{
	if (unit == FIELD_BEGIN) {
		if (stretch->depth < DOC_FIELDS_DEPTH)
			stretch->code[stretch->depth] = true;
		stretch->depth++;
		stretch->hidden++;
		return;
	}
	if (stretch->depth == 0)
		return;
	if (stretch->depth > DOC_FIELDS_DEPTH) {
		if (unit == FIELD_END) {
			stretch->depth--;
			stretch->hidden--;
		}
		return;
	}
	if (stretch->code[stretch->depth - 1])
		stretch->hidden--;
	stretch->code[stretch->depth - 1] = false;
	if (unit == FIELD_END)
		stretch->depth--;
}

static int put_character(struct reading *reading, struct stretch *stretch,
			 uint32_t position, uint32_t fc, struct view list)
{
	uint16_t unit = doc_character(reading->doc, position);
	struct view symbol;

	if (unit >= FIELD_BEGIN && unit <= FIELD_END) {
		take_field(stretch, unit);
		return 0;
	}
	if (stretch->hidden > 0 || is_set(list, CHARACTER_DELETED) ||
	    is_set(list, CHARACTER_HIDDEN))
		return 0;
	if (unit < 0x20)
		return put_special(reading, stretch, position, fc, unit);
	symbol = unit == SYMBOL_SIGN ? doc_property(list, CHARACTER_SYMBOL)
				     : view_of(NULL, 0);
	if (symbol.size == 4)
		unit = doc_u16(symbol.data + 2);
	put_unit(reading, stretch, unit);
	return 0;
}

static int put_stretch(struct reading *reading, uint32_t from, uint32_t to,
		       bool inner)
{
	struct doc *doc = reading->doc;
	struct stretch stretch = {.inner = inner};
	const struct run *run = NULL;

	for (uint32_t i = from; i < to; i++) {
		const struct doc_piece *piece = doc_piece_at(doc, i);
		uint32_t fc;
		int error;

		if (piece == NULL)
			break;
		fc = piece->fc + (i - piece->first) * piece->width;
		if (run == NULL || fc < run->from || fc >= run->to)
			run = run_at(&reading->characters, fc);
		error =
		    put_character(reading, &stretch, i, fc,
				  run == NULL ? view_of(NULL, 0) : run->list);
		if (error == 0)
			error = buffer_error(reading->out);
		if (error != 0)
			return error;
	}
	return 0;
}

/* A part of its own, without the empty paragraphs that fill it up. */
static int put_part(struct reading *reading, enum doc_part part)
{
	const struct doc_fib *fib = &reading->doc->fib;
	struct buffer *out = reading->out;
	size_t start = out->size;
	size_t to = start;
	int error =
	    put_stretch(reading, fib->starts[part],
			fib->starts[part] + fib->characters[part], false);

	for (size_t i = start; i < out->size; i++)
		if (out->data[i] != '\n' ||
		    (to > 0 && out->data[to - 1] != '\n'))
			out->data[to++] = out->data[i];
	out->size = to;
	return error;
}

int doc_text(struct doc *doc, struct buffer *out)
{
	static const enum doc_part others[] = {DOC_BOXES, DOC_HEADERS,
					       DOC_HEADER_BOXES};
	struct reading reading = {.doc = doc, .out = out};
	int error = read_runs(doc, REGION_CHARACTERS, &reading.characters);

	if (error == 0)
		error = read_runs(doc, REGION_PARAGRAPHS, &reading.paragraphs);
	if (error != 0)
		return error;
	read_notes(doc, REGION_NOTES, 2, DOC_NOTES, &reading.footnotes);
	read_notes(doc, REGION_ENDNOTES, 2, DOC_ENDNOTES, &reading.endnotes);
	read_notes(doc, REGION_COMMENTS, 30, DOC_COMMENTS, &reading.comments);
	error = put_stretch(&reading, 0, doc->fib.characters[DOC_MAIN], false);
	for (size_t i = 0; i < 3 && error == 0; i++)
		error = put_part(&reading, others[i]);
	return error != 0 ? error : buffer_error(out);
}
