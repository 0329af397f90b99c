#include "sanitizers/archive/zip_reader.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	EXTENSION_BEGIN = 35,
	ALTERNATE_BEGIN = 37,
	FORMULA_FALSE_SIZE = 10,
};

static const struct {
	const char *segment;
	unsigned kind;
	unsigned root;
} kinds[] = {
    {"officedocument", XLSB_BOOK, 131},   {"worksheet", XLSB_SHEET, 129},
    {"chartsheet", XLSB_SHEET, 129},      {"styles", XLSB_STYLES, 278},
    {"sharedstrings", XLSB_STRINGS, 159}, {"comments", XLSB_COMMENTS, 628},
    {"table", XLSB_TABLE, 343},           {"calcchain", XLSB_CHAIN, 528},
};

/* Begin, size of no cells, begin and end of their data, end. */
const uint8_t xlsb_blank_sheet[] = {
    0x81, 0x01, 0, 0x94, 0x01, 16, 0,    0, 0, 0,    0, 0, 0,    0,    0, 0,
    0,    0,    0, 0,    0,    0,  0x91, 1, 0, 0x92, 1, 0, 0x82, 0x01, 0};
const size_t xlsb_blank_sheet_size = sizeof(xlsb_blank_sheet);

static void report_record(struct xlsb_filter *filter, unsigned number,
			  enum removal_kind kind, const char *why)
{
	filter_report(filter->report, kind, "record %u%s%s", number,
		      why[0] == '\0' ? "" : ": ", why);
}

void xlsb_report_formula(struct xlsb_filter *filter, unsigned number,
			 const char *why)
{
	report_record(filter, number, REMOVAL_OOXML_FORMULA, why);
}

struct relation *xlsb_relation(struct xlsb_filter *filter, struct view id)
{
	const char *text = xlsb_text(filter->job->arena, id);
	struct relation *relation;

	if (text == NULL || id.size == 0)
		return NULL;
	relation =
	    relation_find(&filter->part->relations, view_of_string(text));
	if (relation == NULL || relation->decision == DECISION_DROP ||
	    (relation->part != NULL && relation->part->state == PART_GONE))
		return NULL;
	relation->used = true;
	return relation;
}

/* ---- formulas ---- */

size_t xlsb_put_formula(struct xlsb_filter *filter, struct buffer *out,
			unsigned number, const struct xlsb_formula *formula)
{
	struct xlsb_verdict verdict;

	if (xlsb_formula_allowed(filter->document->package, filter->book,
				 formula, &verdict) &&
	    !verdict.expands) {
		buffer_u32le(out, (uint32_t)formula->tokens.size);
		buffer_view(out, formula->tokens);
		buffer_u32le(out, (uint32_t)formula->extra.size);
		buffer_view(out, formula->extra);
		return formula->size;
	}
	xlsb_report_formula(filter, number,
			    verdict.expands ? "malformed" : verdict.why);
	buffer_u32le(out, 2);
	buffer_u8(out, 0x1D); /* a boolean */
	buffer_u8(out, 0);
	buffer_u32le(out, 0);
	return FORMULA_FALSE_SIZE;
}

void xlsb_put_checked(struct xlsb_filter *filter,
		      const struct xlsb_record *record,
		      const struct xlsb_match *match)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(
	    record->body.size + (size_t)FORMULA_FALSE_SIZE * XLSB_FORMULAS_MAX);
	size_t at = 0;

	if (match->formula_count == 0) {
		xlsb_put(&filter->out, record->number, record->body);
		return;
	}
	for (size_t i = 0; i < match->formula_count; i++) {
		const struct xlsb_formula *formula = &match->formulas[i];

		buffer_view(&body,
			    view_slice(record->body, at, formula->start - at));
		(void)xlsb_put_formula(filter, &body, record->number, formula);
		at = formula->start + formula->size;
	}
	buffer_view(&body, view_slice(record->body, at, SIZE_MAX));
	if (buffer_error(&body) != 0)
		filter->out.error = buffer_error(&body);
	xlsb_put(&filter->out, record->number, buffer_contents(&body));
}

/* ---- beginnings and ends ---- */

static void lose(struct xlsb_filter *filter)
{
	if (filter->depth > 0)
		filter->frames[filter->depth - 1].lost = true;
}

static int open_frame(struct xlsb_filter *filter, const struct xlsb_rule *rule,
		      size_t start)
{
	if (filter->depth == XLSB_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	filter->frames[filter->depth++] = (struct xlsb_frame){
	    .end = rule->end,
	    .start = start,
	    .whole = rule->number == EXTENSION_BEGIN ||
		     rule->number == ALTERNATE_BEGIN,
	};
	return 0;
}

static int close_frame(struct xlsb_filter *filter, unsigned number)
{
	struct xlsb_frame *frame;

	if (filter->depth == 0 ||
	    filter->frames[filter->depth - 1].end != number)
		return -ERR_MALFORMED;
	frame = &filter->frames[--filter->depth];
	filter->ended = filter->depth == 0;
	if (frame->whole && frame->lost) {
		filter->out.size = frame->start;
		lose(filter);
		return 0;
	}
	xlsb_put_head(&filter->out, number, 0);
	return 0;
}

static void skip_from(struct xlsb_filter *filter, unsigned number, unsigned end)
{
	lose(filter);
	if (end == 0)
		return;
	filter->skipping = end;
	filter->skipped = number;
	filter->nested = 0;
}

static void skip(struct xlsb_filter *filter, unsigned number)
{
	if (number == filter->skipped)
		filter->nested++;
	else if (number == filter->skipping && filter->nested > 0)
		filter->nested--;
	else if (number == filter->skipping)
		filter->skipping = 0;
}

/* ---- records ---- */

static int drop(struct xlsb_filter *filter, const struct xlsb_record *record,
		const struct xlsb_rule *rule, enum removal_kind kind,
		const char *why)
{
	report_record(filter, record->number, kind, why);
	skip_from(filter, record->number, rule == NULL ? 0 : rule->end);
	return 0;
}

static int keep(struct xlsb_filter *filter, const struct xlsb_record *record,
		const struct xlsb_rule *rule, const struct xlsb_match *match)
{
	size_t start = filter->out.size;
	bool kept = true;
	int error = 0;

	/* A reference that leads nowhere was reported where it leads from. */
	if (rule->handler != NULL)
		error = rule->handler(filter, record, match, &kept);
	else if (match->has_relation &&
		 xlsb_relation(filter, match->relation) == NULL)
		kept = false;
	else
		xlsb_put_checked(filter, record, match);
	if (error != 0)
		return error;
	if (!kept)
		skip_from(filter, record->number, rule->end);
	else if (rule->end != 0)
		return open_frame(filter, rule, start);
	return 0;
}

static int take_record(struct xlsb_filter *filter,
		       const struct xlsb_record *record)
{
	const struct xlsb_rule *rule = xlsb_rule_for(record->number);
	struct xlsb_match match = {0};

	if (filter->skipping != 0) {
		skip(filter, record->number);
		return 0;
	}
	if (rule == NULL || (rule->parts & filter->kind) == 0)
		return drop(filter, record, rule, REMOVAL_XLSB_RECORD, "");
	if (rule->layout == NULL)
		return drop(filter, record, rule, rule->kind, "");
	if (!xlsb_matches(rule->layout, record->body, &match)) {
		/* What the workbook numbers cannot be left out. */
		if (rule->ends ||
		    (filter->kind == XLSB_BOOK && rule->handler != NULL))
			return -ERR_MALFORMED;
		return drop(filter, record, rule, REMOVAL_XLSB_RECORD,
			    "malformed");
	}
	if (rule->ends)
		return close_frame(filter, record->number);
	return keep(filter, record, rule, &match);
}

static int walk(struct xlsb_filter *filter, unsigned root)
{
	struct xlsb_record record;
	int result = xlsb_next(&filter->cursor, &record);

	if (result == 1 && record.number != root)
		return -ERR_MALFORMED;
	while (result == 1 && !filter->ended) {
		int error = take_record(filter, &record);

		if (error == 0)
			error = buffer_error(&filter->out);
		if (error != 0)
			return error;
		if (!filter->ended)
			result = xlsb_next(&filter->cursor, &record);
	}
	if (result < 0)
		return result;
	/* The root, or something in it, has no end. */
	if (!filter->ended)
		return -ERR_TRUNCATED;
	if (cursor_left(&filter->cursor) > 0)
		filter_report(filter->report, REMOVAL_XLSB_RECORD, "%s",
			      "behind the end");
	return 0;
}

static int run(struct xlsb_filter *filter, unsigned root)
{
	BUFFER_CLEANUP struct buffer unpacked = buffer_make(0);
	struct view content;
	int error = zip_reader_unpack(
	    filter->document->package->zip, filter->part->entry,
	    (struct view){NULL, 0}, &unpacked, &content);

	if (error == 0 && filter->kind == XLSB_BOOK)
		error = xlsb_read_book(filter, content);
	if (error != 0)
		return error;
	filter->cursor = cursor_at(content, 0);
	error = walk(filter, root);
	/* One that was passed over would give its number to another. */
	if (error == 0 && filter->kind == XLSB_BOOK &&
	    filter->book->names_written != filter->book->name_count)
		error = -ERR_MALFORMED;
	return error;
}

static struct xlsb_book *shared_book(struct document_state *document)
{
	if (document->book == NULL)
		document->book = arena_alloc(document->package->job->arena,
					     sizeof(struct xlsb_book));
	return document->book;
}

int xlsb_filter_part(struct document_state *document, struct part *part)
{
	struct job *job = document->package->job;
	struct xlsb_filter filter = {
	    .document = document,
	    .part = part,
	    .job = job,
	    .book = shared_book(document),
	    .out = buffer_make(job->policy->limits.output_bytes),
	};
	unsigned root = 0;
	int error = filter_begin(document, part, &filter.report);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].segment, part->segment) == 0) {
			filter.kind = kinds[i].kind;
			root = kinds[i].root;
		}
	}
	if (error == 0 && (filter.book == NULL || root == 0))
		error = filter.book == NULL ? -ERR_MEMORY : -ERR_INTERNAL;
	if (error == 0)
		error = run(&filter, root);
	if (error == 0)
		filter_report_all(filter.report);
	part->content = filter.out;
	part->output = buffer_contents(&part->content);
	return error;
}
