/*
 * The workbook: its sheets, the names, and what references go through by
 * number. Numbers stay what they are: what goes leaves something in its place
 * that leads nowhere.
 */
#include "sanitizers/ooxml/formula.h"
#include "sanitizers/biff/values.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	RECORD_NAME = 39,
	BUNDLES_END = 144,
	BUNDLE_RELATION = 12, /* its characters */
	LINKS_END = 354,
	RECORD_OUTSIDE = 355,
	RECORD_SELF = 357,
	RECORD_SAME = 358,
	RECORD_REFERENCES = 362,
	RECORD_ADD_IN = 667,
	PASSES_MAX = 64,
	REFERENCE_SIZE = 12,
	/* BrtName (2.4.712) */
	NAME_HIDDEN = 0x01,
	NAME_MACRO = 0x0E, /* function, Visual Basic, macro */
	NAME_BUILT_IN = 0x20,
	NAME_FUTURE = 0x20000,
};

/* A BrtName, taken apart. */
struct parts {
	uint32_t flags;
	uint32_t sheet;
	struct view text;
	struct xlsb_formula formula;
	struct view comment;
};

static bool read_parts(struct view body, struct parts *parts)
{
	struct cursor cursor = cursor_at(body, 0);

	*parts = (struct parts){.flags = cursor_u32le(&cursor)};
	cursor_skip(&cursor, 1); /* the key of a macro */
	parts->sheet = cursor_u32le(&cursor);
	parts->text = xlsb_take_text(&cursor);
	if (!xlsb_take_formula(&cursor, &parts->formula))
		return false;
	parts->comment = xlsb_take_text(&cursor);
	return !cursor.failed;
}

static bool is_future_function(const char *text)
{
	return strncasecmp(text, "_xlfn.", 6) == 0;
}

static const char *why_gone(const struct package *package,
			    const struct xlsb_book *book,
			    const struct parts *parts, const char *text)
{
	struct xlsb_verdict verdict;

	if (formula_name_runs(view_of_string(text)))
		return "name that is run";
	if (is_future_function(text) && !biff_function_listed(text))
		return "function that is not on the list";
	/* A function of a later Excel is no macro; its name is all there is. */
	if (!is_future_function(text) && (parts->flags & NAME_MACRO) != 0)
		return "name of a macro";
	if (!xlsb_formula_allowed(package, book, &parts->formula, &verdict))
		return verdict.why;
	return verdict.expands ? "malformed" : NULL;
}

/* ---- the first reading ---- */

struct reading {
	struct xlsb_filter *filter;
	struct parts *parts; /* of each name */
	size_t counts[2];
};

static enum xlsb_link link_of(unsigned number)
{
	return number == RECORD_SELF || number == RECORD_SAME ? XLSB_LINK_SELF
	       : number == RECORD_ADD_IN                      ? XLSB_LINK_ADD_IN
							      : XLSB_LINK_OTHER;
}

static bool is_link(unsigned number)
{
	return number == RECORD_OUTSIDE || number == RECORD_SELF ||
	       number == RECORD_SAME || number == RECORD_ADD_IN;
}

static int count_records(struct view content, struct reading *reading)
{
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;
	int result;

	while ((result = xlsb_next(&cursor, &record)) == 1) {
		reading->counts[0] += record.number == RECORD_NAME;
		reading->counts[1] += is_link(record.number);
	}
	return result;
}

static int read_references(struct xlsb_filter *filter, struct view body)
{
	struct xlsb_book *book = filter->book;
	struct cursor cursor = cursor_at(body, 0);
	size_t count = cursor_u32le(&cursor);

	if (cursor.failed || count > cursor_left(&cursor) / REFERENCE_SIZE ||
	    book->references != NULL)
		return -ERR_MALFORMED;
	book->references = arena_alloc(filter->job->arena, count + 1);
	if (book->references == NULL)
		return -ERR_MEMORY;
	book->reference_count = count;
	for (size_t i = 0; i < count; i++) {
		uint32_t link = cursor_u32le(&cursor);

		cursor_skip(&cursor, REFERENCE_SIZE - 4);
		book->references[i] = link < book->link_count
					  ? book->links[link]
					  : (uint8_t)XLSB_LINK_OTHER;
	}
	return 0;
}

static int read_record(struct reading *reading,
		       const struct xlsb_record *record)
{
	struct xlsb_book *book = reading->filter->book;
	struct xlsb_name *name;
	struct parts *parts;

	if (is_link(record->number)) {
		book->links[book->link_count++] =
		    (uint8_t)link_of(record->number);
		return 0;
	}
	if (record->number == RECORD_REFERENCES)
		return read_references(reading->filter, record->body);
	if (record->number != RECORD_NAME)
		return 0;
	parts = &reading->parts[book->name_count];
	name = &book->names[book->name_count++];
	if (!read_parts(record->body, parts)) {
		name->gone = true;
		name->why = "malformed name";
	}
	name->text = xlsb_text(reading->filter->job->arena, parts->text);
	return name->text == NULL ? -ERR_MEMORY : 0;
}

/* A name may refer to one behind it, so until nothing changes. */
static void judge_names(struct reading *reading)
{
	struct xlsb_book *book = reading->filter->book;
	bool changed = true;

	for (size_t pass = 0; changed && pass < PASSES_MAX; pass++) {
		changed = false;
		for (size_t i = 0; i < book->name_count; i++) {
			struct xlsb_name *name = &book->names[i];

			if (name->gone)
				continue;
			name->why =
			    why_gone(reading->filter->document->package, book,
				     &reading->parts[i], name->text);
			name->gone = name->why != NULL;
			changed |= name->gone;
		}
	}
	for (size_t i = 0; changed && i < book->name_count; i++) {
		book->names[i].gone = true;
		book->names[i].why = "names that refer to names";
	}
}

int xlsb_read_book(struct xlsb_filter *filter, struct view content)
{
	struct reading reading = {.filter = filter};
	struct arena *arena = filter->job->arena;
	struct xlsb_book *book = filter->book;
	struct cursor cursor = cursor_at(content, 0);
	struct xlsb_record record;
	int error = count_records(content, &reading);

	if (error != 0)
		return error;
	reading.parts =
	    arena_array(arena, reading.counts[0] + 1, sizeof(*reading.parts));
	book->names =
	    arena_array(arena, reading.counts[0] + 1, sizeof(*book->names));
	book->links = arena_alloc(arena, reading.counts[1] + 1);
	if (reading.parts == NULL || book->names == NULL || book->links == NULL)
		return -ERR_MEMORY;
	while (error == 0 && xlsb_next(&cursor, &record) == 1)
		error = read_record(&reading, &record);
	if (error == 0)
		judge_names(&reading);
	return error;
}

/* ---- what is written ---- */

/* Where it stands, nothing takes it away again. */
static bool is_in(const struct xlsb_filter *filter, unsigned end)
{
	return filter->depth == 2 && filter->frames[1].end == end;
}

/*
 * Sheets are counted: without one, numbers would mean others. Excel 2007 wrote
 * four bytes more before it was finished, which readers take for the name.
 */
int xlsb_bundle(struct xlsb_filter *filter, const struct xlsb_record *record,
		const struct xlsb_match *match, bool *ret_kept)
{
	struct relation *relation = xlsb_relation(filter, match->relation);

	(void)ret_kept;
	if (relation == NULL || relation->part == NULL ||
	    !is_in(filter, BUNDLES_END))
		return -ERR_MALFORMED;
	if (match->relation.data == record->body.data + BUNDLE_RELATION) {
		xlsb_put(&filter->out, record->number, record->body);
		return 0;
	}
	xlsb_put_head(&filter->out, record->number, record->body.size - 4);
	buffer_view(&filter->out, view_slice(record->body, 0, 4));
	buffer_view(&filter->out, view_slice(record->body, 8, SIZE_MAX));
	return 0;
}

static void put_name(struct buffer *out, const struct parts *parts,
		     uint32_t flags, struct view text,
		     const struct xlsb_formula *formula, struct view comment)
{
	buffer_u32le(out, flags);
	buffer_u8(out, 0);
	buffer_u32le(out, parts->sheet);
	xlsb_put_text(out, text);
	buffer_u32le(out, (uint32_t)formula->tokens.size);
	buffer_view(out, formula->tokens);
	buffer_u32le(out, (uint32_t)formula->extra.size);
	buffer_view(out, formula->extra);
	if (comment.size > 0)
		xlsb_put_text(out, comment);
	else
		buffer_u32le(out, UINT32_MAX);
	for (size_t i = 0; i < 4 && (flags & 0x08) != 0; i++)
		buffer_u32le(out, UINT32_MAX);
}

static void put_gone(struct xlsb_filter *filter, struct buffer *out,
		     const struct parts *parts, const struct xlsb_name *name)
{
	static const uint8_t tokens[] = {0x1C, 0x17}; /* #REF! */
	const struct xlsb_formula formula = {
	    .tokens = {tokens, sizeof(tokens)}};
	char text[32];
	uint8_t units[64];
	size_t size;

	filter_report(filter->report, REMOVAL_OOXML_DEFINED_NAME, "%.100s: %s",
		      name->text, name->why);
	if (!formula_name_runs(view_of_string(name->text)) &&
	    !is_future_function(name->text) &&
	    (parts->flags & NAME_BUILT_IN) == 0 && parts->text.size > 0) {
		put_name(out, parts, NAME_HIDDEN, parts->text, &formula,
			 (struct view){NULL, 0});
		return;
	}
	(void)snprintf(text, sizeof(text), "_gone%zu",
		       filter->book->names_written);
	size = strlen(text);
	for (size_t i = 0; i < size; i++) {
		units[2 * i] = (uint8_t)text[i];
		units[2 * i + 1] = 0;
	}
	put_name(out, parts, NAME_HIDDEN, view_of(units, 2 * size), &formula,
		 (struct view){NULL, 0});
}

int xlsb_name(struct xlsb_filter *filter, const struct xlsb_record *record,
	      const struct xlsb_match *match, bool *ret_kept)
{
	BUFFER_CLEANUP struct buffer body =
	    buffer_make(record->body.size + 128);
	struct xlsb_book *book = filter->book;
	const struct xlsb_name *name;
	struct parts parts;

	(void)match;
	(void)ret_kept;
	if (filter->depth != 1 || book->names_written == book->name_count)
		return -ERR_MALFORMED;
	name = &book->names[book->names_written++];
	(void)!read_parts(record->body, &parts);
	if (name->gone)
		put_gone(filter, &body, &parts, name);
	else
		put_name(&body, &parts,
			 parts.flags & (NAME_HIDDEN | NAME_MACRO | 0x10 |
					NAME_BUILT_IN | NAME_FUTURE),
			 parts.text, &parts.formula, parts.comment);
	if (buffer_error(&body) != 0)
		return buffer_error(&body);
	xlsb_put(&filter->out, record->number, buffer_contents(&body));
	return 0;
}

int xlsb_inside_book(struct xlsb_filter *filter,
		     const struct xlsb_record *record,
		     const struct xlsb_match *match, bool *ret_kept)
{
	(void)match;
	(void)ret_kept;
	if (!is_in(filter, LINKS_END))
		return -ERR_MALFORMED;
	xlsb_put(&filter->out, record->number, record->body);
	return 0;
}

/* Its number is taken out of those that refer to it, at the end. */
int xlsb_outside_book(struct xlsb_filter *filter,
		      const struct xlsb_record *record,
		      const struct xlsb_match *match, bool *ret_kept)
{
	(void)record;
	(void)match;
	*ret_kept = false;
	if (!is_in(filter, LINKS_END))
		return -ERR_MALFORMED;
	filter_report(filter->report, REMOVAL_OOXML_EXTERNAL_WORKBOOK, "%s",
		      "supporting link");
	return 0;
}

/* Numbers of supporting books as they are without those that went. */
static void count_links(struct xlsb_book *book, uint32_t *numbers,
			uint32_t *ret_self, uint32_t *ret_count)
{
	*ret_count = 0;
	*ret_self = UINT32_MAX;
	for (size_t i = 0; i < book->link_count; i++) {
		numbers[i] = *ret_count;
		if (book->links[i] == XLSB_LINK_OTHER)
			continue;
		if (book->links[i] == XLSB_LINK_SELF && *ret_self == UINT32_MAX)
			*ret_self = *ret_count;
		++*ret_count;
	}
}

int xlsb_sheet_references(struct xlsb_filter *filter,
			  const struct xlsb_record *record,
			  const struct xlsb_match *match, bool *ret_kept)
{
	struct xlsb_book *book = filter->book;
	struct cursor cursor = cursor_at(record->body, 4);
	uint32_t *numbers = arena_array(filter->job->arena,
					book->link_count + 1, sizeof(*numbers));
	uint32_t self;
	uint32_t count;

	(void)match;
	(void)ret_kept;
	if (numbers == NULL)
		return -ERR_MEMORY;
	if (!is_in(filter, LINKS_END) || book->references == NULL)
		return -ERR_MALFORMED;
	count_links(book, numbers, &self, &count);
	if (self == UINT32_MAX) {
		self = count;
		xlsb_put_head(&filter->out, RECORD_SELF, 0);
	}
	xlsb_put_head(&filter->out, record->number, record->body.size);
	buffer_u32le(&filter->out, (uint32_t)book->reference_count);
	for (size_t i = 0; i < book->reference_count; i++) {
		uint32_t link = cursor_u32le(&cursor);
		uint32_t first = cursor_u32le(&cursor);
		uint32_t last = cursor_u32le(&cursor);
		bool gone = book->references[i] == XLSB_LINK_OTHER;

		buffer_u32le(&filter->out, gone ? self : numbers[link]);
		buffer_u32le(&filter->out, gone ? UINT32_MAX : first);
		buffer_u32le(&filter->out, gone ? UINT32_MAX : last);
	}
	return 0;
}
