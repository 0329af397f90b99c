/*
 * Cells and their formulas. A formula that goes leaves its value; one that
 * several cells share goes with all of them.
 */
#include "sanitizers/ooxml/formula.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	RECORD_ERROR = 3,
	RECORD_BOOLEAN = 4,
	RECORD_NUMBER = 5,
	RECORD_TEXT = 6,
	RECORD_FORMULA_TEXT = 8,
	RECORD_FORMULA_NUMBER = 9,
	RECORD_FORMULA_BOOLEAN = 10,
	RECORD_ARRAY = 426,
	RECORD_SHARED = 427,
	RECORD_DATA_TABLE = 428,
	CELL_HEAD = 8,
	RANGE_SIZE = 16,
	ANCHORS_MAX = 4 * 1024 * 1024,
};

int xlsb_row(struct xlsb_filter *filter, const struct xlsb_record *record,
	     const struct xlsb_match *match, bool *ret_kept)
{
	struct cursor cursor = cursor_at(record->body, 0);

	(void)match;
	(void)ret_kept;
	filter->row = cursor_u32le(&cursor);
	filter->expects_master = false;
	filter->skips_master = false;
	xlsb_put(&filter->out, record->number, record->body);
	return 0;
}

int xlsb_cell(struct xlsb_filter *filter, const struct xlsb_record *record,
	      const struct xlsb_match *match, bool *ret_kept)
{
	(void)match;
	(void)ret_kept;
	filter->expects_master = false;
	filter->skips_master = false;
	xlsb_put(&filter->out, record->number, record->body);
	return 0;
}

/* ---- formulas that several cells share ---- */

static int compare_anchors(const void *a, const void *b)
{
	const struct xlsb_anchor *one = a;
	const struct xlsb_anchor *other = b;

	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	return (one->column > other->column) - (one->column < other->column);
}

static bool has_anchor(const struct xlsb_filter *filter,
		       const struct xlsb_anchor *anchor)
{
	return filter->anchor_count > 0 &&
	       bsearch(anchor, filter->anchors, filter->anchor_count,
		       sizeof(*anchor), compare_anchors) != NULL;
}

/* Rows and cells ascend; where they do not, the formula goes. */
static bool add_anchor(struct xlsb_filter *filter,
		       const struct xlsb_anchor *anchor)
{
	size_t count = filter->anchor_count;

	if (count == ANCHORS_MAX ||
	    (count > 0 &&
	     compare_anchors(&filter->anchors[count - 1], anchor) >= 0))
		return false;
	if (count == filter->anchor_capacity) {
		size_t capacity = count == 0 ? 64 : 2 * count;
		struct xlsb_anchor *anchors =
		    arena_array(filter->job->arena, capacity, sizeof(*anchors));

		if (anchors == NULL)
			return false;
		for (size_t i = 0; i < count; i++)
			anchors[i] = filter->anchors[i];
		filter->anchors = anchors;
		filter->anchor_capacity = capacity;
	}
	filter->anchors[filter->anchor_count++] = *anchor;
	return true;
}

static bool is_master(unsigned number)
{
	return number >= RECORD_ARRAY && number <= RECORD_DATA_TABLE;
}

/* Whether the formula behind this cell, for it and others, may stay. */
static bool master_allowed(struct xlsb_filter *filter, const char **ret_why)
{
	struct cursor ahead = filter->cursor;
	struct xlsb_record record;
	const struct xlsb_rule *rule;
	struct xlsb_match match;
	struct xlsb_verdict verdict;

	*ret_why = "shared";
	if (xlsb_next(&ahead, &record) != 1 || !is_master(record.number))
		return false;
	rule = xlsb_rule_for(record.number);
	if (rule == NULL || !xlsb_matches(rule->layout, record.body, &match))
		return false;
	filter->skips_master = true;
	if (match.formula_count == 0)
		return true;
	if (!xlsb_formula_allowed(filter->document->package, filter->book,
				  &match.formulas[0], &verdict)) {
		*ret_why = verdict.why;
		return false;
	}
	return !verdict.expands;
}

static bool expanded_allowed(struct xlsb_filter *filter,
			     const struct xlsb_verdict *verdict,
			     uint32_t column, const char **ret_why)
{
	const struct xlsb_anchor anchor = {verdict->row, verdict->column};

	*ret_why = "shared";
	if (anchor.row != filter->row || anchor.column != column)
		return has_anchor(filter, &anchor);
	if (!master_allowed(filter, ret_why) || !add_anchor(filter, &anchor))
		return false;
	filter->skips_master = false;
	filter->expects_master = true;
	return true;
}

int xlsb_master(struct xlsb_filter *filter, const struct xlsb_record *record,
		const struct xlsb_match *match, bool *ret_kept)
{
	(void)match;
	*ret_kept = filter->expects_master;
	if (filter->expects_master)
		xlsb_put(&filter->out, record->number, record->body);
	else if (!filter->skips_master)
		filter_report(filter->report, REMOVAL_XLSB_RECORD, "record %u",
			      record->number);
	filter->expects_master = false;
	filter->skips_master = false;
	return 0;
}

/* ---- cells with formulas ---- */

static unsigned value_record(unsigned number)
{
	switch (number) {
	case RECORD_FORMULA_TEXT:
		return RECORD_TEXT;
	case RECORD_FORMULA_NUMBER:
		return RECORD_NUMBER;
	case RECORD_FORMULA_BOOLEAN:
		return RECORD_BOOLEAN;
	default:
		return RECORD_ERROR;
	}
}

int xlsb_formula_cell(struct xlsb_filter *filter,
		      const struct xlsb_record *record,
		      const struct xlsb_match *match, bool *ret_kept)
{
	const struct xlsb_formula *formula = &match->formulas[0];
	struct cursor cursor = cursor_at(record->body, 0);
	uint32_t column = cursor_u32le(&cursor);
	struct xlsb_verdict verdict;
	const char *why = NULL;
	bool allowed;

	(void)ret_kept;
	filter->expects_master = false;
	filter->skips_master = false;
	allowed = xlsb_formula_allowed(filter->document->package, filter->book,
				       formula, &verdict);
	if (!allowed)
		why = verdict.why;
	else if (verdict.expands)
		allowed = expanded_allowed(filter, &verdict, column, &why);
	if (allowed) {
		xlsb_put(&filter->out, record->number, record->body);
		return 0;
	}
	xlsb_report_formula(filter, record->number, why);
	filter->document->formulas_dropped = true;
	/* What lies between is the value, and two bytes of flags. */
	xlsb_put(&filter->out, value_record(record->number),
		 view_slice(record->body, 0, formula->start - 2));
	return 0;
}

/* ---- hyperlinks ---- */

int xlsb_link(struct xlsb_filter *filter, const struct xlsb_record *record,
	      const struct xlsb_match *match, bool *ret_kept)
{
	struct cursor cursor = cursor_at(record->body, RANGE_SIZE);
	struct view id = xlsb_take_text(&cursor);
	const char *location =
	    xlsb_text(filter->job->arena, xlsb_take_text(&cursor));

	(void)match;
	if (location == NULL)
		return -ERR_MEMORY;
	/* A place is a sheet, a cell or a name: no path, no other workbook. */
	if (id.size == 0 &&
	    (location[0] == '\0' || strpbrk(location, "[|\\") != NULL)) {
		filter_report(filter->report, REMOVAL_OOXML_LINK, "%.300s",
			      location);
		*ret_kept = false;
	} else if (id.size > 0 && xlsb_relation(filter, id) == NULL) {
		*ret_kept = false;
	}
	if (*ret_kept)
		xlsb_put(&filter->out, record->number, record->body);
	return 0;
}
