/*
 * Records of sheets and tables with more in them than a layout says.
 */
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	CONDITION_HEAD = 42, /* up to its text */
	CONDITION_SIZES = 30,
	CONDITION_FORMULAS = 3,
	THRESHOLD_HEAD = 24,
	THRESHOLD_SIZES = 20,
	TABLE_TYPE = 16,
	TABLE_CONNECTION = 60,
	COLUMN_QUERY = 20,
};

static int drop_malformed(struct xlsb_filter *filter,
			  const struct xlsb_record *record, bool *ret_kept)
{
	filter_report(filter->report, REMOVAL_XLSB_RECORD,
		      "record %u: malformed", record->number);
	*ret_kept = false;
	return 0;
}

/*
 * Formulas of conditional formats: how long each is, stands in the head at
 * `sizes`, and those of no length are not there.
 */
static int put_with_sizes(struct xlsb_filter *filter,
			  const struct xlsb_record *record, size_t head,
			  size_t sizes, size_t count, bool *ret_kept)
{
	BUFFER_CLEANUP struct buffer body =
	    buffer_make(record->body.size + (size_t)64);
	struct cursor cursor = cursor_at(record->body, head);
	struct cursor lengths = cursor_at(record->body, sizes);

	if (count > 1)
		(void)xlsb_take_text(&cursor);
	if (cursor.failed)
		return drop_malformed(filter, record, ret_kept);
	buffer_view(&body, view_slice(record->body, 0, cursor.offset));
	for (size_t i = 0; i < count; i++) {
		uint32_t length = cursor_u32le(&lengths);
		struct xlsb_formula formula;
		size_t size;

		if (length == 0)
			continue;
		if (!xlsb_take_formula(&cursor, &formula))
			return drop_malformed(filter, record, ret_kept);
		size =
		    xlsb_put_formula(filter, &body, record->number, &formula);
		buffer_patch_u32le(&body, sizes + 4 * i,
				   length - (uint32_t)formula.size +
				       (uint32_t)size);
	}
	if (cursor.offset != record->body.size)
		return drop_malformed(filter, record, ret_kept);
	if (buffer_error(&body) != 0)
		return buffer_error(&body);
	xlsb_put(&filter->out, record->number, buffer_contents(&body));
	return 0;
}

int xlsb_condition(struct xlsb_filter *filter, const struct xlsb_record *record,
		   const struct xlsb_match *match, bool *ret_kept)
{
	(void)match;
	return put_with_sizes(filter, record, CONDITION_HEAD, CONDITION_SIZES,
			      CONDITION_FORMULAS, ret_kept);
}

int xlsb_threshold(struct xlsb_filter *filter, const struct xlsb_record *record,
		   const struct xlsb_match *match, bool *ret_kept)
{
	(void)match;
	return put_with_sizes(filter, record, THRESHOLD_HEAD, THRESHOLD_SIZES,
			      1, ret_kept);
}

/* Without the settings of a printer, whose part goes. */
int xlsb_page_setup(struct xlsb_filter *filter,
		    const struct xlsb_record *record,
		    const struct xlsb_match *match, bool *ret_kept)
{
	const struct xlsb_rule *rule = xlsb_rule_for(record->number);
	size_t head =
	    rule == NULL ? 0 : (size_t)strtoul(rule->layout, NULL, 10);

	(void)match;
	(void)ret_kept;
	xlsb_put_head(&filter->out, record->number, head + 4);
	buffer_view(&filter->out, view_slice(record->body, 0, head));
	buffer_u32le(&filter->out, UINT32_MAX);
	return 0;
}

static bool number_is_set(const struct xlsb_record *record, size_t at)
{
	struct cursor cursor = cursor_at(record->body, at);

	return cursor_u32le(&cursor) != 0;
}

/* Without what binds it to a source outside: at each offset a zero. */
static void put_unbound(struct xlsb_filter *filter,
			const struct xlsb_record *record, const size_t *offsets,
			size_t count)
{
	size_t start;
	bool bound = false;

	xlsb_put(&filter->out, record->number, record->body);
	start = filter->out.size - record->body.size;
	for (size_t i = 0; i < count; i++) {
		if (!number_is_set(record, offsets[i]))
			continue;
		bound = true;
		buffer_patch_u32le(&filter->out, start + offsets[i], 0);
	}
	if (bound)
		filter_report(filter->report, REMOVAL_OOXML_QUERY_TABLE,
			      "record %u", record->number);
}

int xlsb_table(struct xlsb_filter *filter, const struct xlsb_record *record,
	       const struct xlsb_match *match, bool *ret_kept)
{
	static const size_t offsets[] = {TABLE_TYPE, TABLE_CONNECTION};

	(void)match;
	(void)ret_kept;
	put_unbound(filter, record, offsets, 2);
	return 0;
}

int xlsb_table_column(struct xlsb_filter *filter,
		      const struct xlsb_record *record,
		      const struct xlsb_match *match, bool *ret_kept)
{
	static const size_t offsets[] = {COLUMN_QUERY};

	(void)match;
	(void)ret_kept;
	put_unbound(filter, record, offsets, 1);
	return 0;
}
