/*
 * What Excel's parts need beyond namespaces: formulas keep their cached value
 * when they go, names and sheets keep their numbers.
 */
#include "sanitizers/ooxml/formula.h"
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

enum { GROUPS_MAX = 4 * 1024 * 1024 };

static const char broken_reference[] = "#REF!";

static void report_formula(struct filter *filter, struct view text)
{
	filter_report(filter, REMOVAL_OOXML_FORMULA, "%.*s",
		      (int)(text.size > 300 ? 300 : text.size),
		      (const char *)text.data);
}

ELEMENT_RULE(rule_formula)
{
	if (element->relation_missing)
		return TREATMENT_DROP;
	element->captures = true;
	return TREATMENT_KEEP;
}

/* Whether the text that was captured is a formula that goes. */
static bool is_refused(struct filter *filter, struct view *ret_text)
{
	*ret_text = buffer_contents(&filter->capture);
	if (buffer_error(&filter->capture) == 0 &&
	    formula_allowed(filter->document, *ret_text))
		return false;
	report_formula(filter, *ret_text);
	return true;
}

ELEMENT_END(end_formula)
{
	struct view text;

	if (frame->captures && is_refused(filter, &text))
		xml_writer_cut(&filter->writer, frame->start);
}

/* Where the schema wants a formula: one that means nothing. */
ELEMENT_END(end_chart_formula)
{
	struct xml_writer *writer = &filter->writer;
	struct view text;

	if (!frame->captures || !is_refused(filter, &text))
		return;
	xml_writer_cut(writer, frame->content);
	xml_writer_text(writer, view_of_string(broken_reference));
	xml_writer_end(writer, frame->tag, frame->content, frame->bindings);
}

/* Cells of a shared formula refer to the one that has its text by a number:
 * they go with it. */
ELEMENT_RULE(rule_cell_formula)
{
	return rule_formula(filter, element);
}

/* The number of the shared formula; GROUPS_MAX when it is none. */
static size_t group_of(struct filter *filter, const struct frame *frame)
{
	/* The attributes of <f> have been written; its group is in them. */
	struct view tag =
	    view_slice(buffer_contents(&filter->writer.out), frame->start,
		       frame->content - frame->start);
	size_t at = view_find(tag, view_of_string(" si=\""), 0);
	size_t group = 0;

	if (at == SIZE_MAX)
		return GROUPS_MAX;
	for (at += 5; at < tag.size && isdigit(tag.data[at]); at++) {
		group = group * 10 + (size_t)(tag.data[at] - '0');
		if (group >= GROUPS_MAX)
			return GROUPS_MAX;
	}
	return group;
}

static bool is_shared(const struct frame *frame, struct filter *filter)
{
	struct view tag =
	    view_slice(buffer_contents(&filter->writer.out), frame->start,
		       frame->content - frame->start);

	return view_find(tag, view_of_string("shared"), 0) != SIZE_MAX;
}

/* Notes that the text of a shared formula stays. */
static void keep_group(struct filter *filter, size_t group)
{
	struct buffer *groups = &filter->shared_groups;

	groups->maximum = GROUPS_MAX;
	if (group >= groups->size)
		buffer_fill(groups, 0, group + 1 - groups->size);
	if (buffer_error(groups) != 0)
		filter_fail(filter, buffer_error(groups));
	else
		groups->data[group] = 1;
}

ELEMENT_END(end_cell_formula)
{
	struct buffer *groups = &filter->shared_groups;
	struct view text = {NULL, 0};
	bool refused;
	size_t group;

	if (!frame->captures)
		return;
	refused = is_refused(filter, &text);
	if (!refused && is_shared(frame, filter)) {
		group = group_of(filter, frame);
		if (text.size > 0 && group < GROUPS_MAX) {
			keep_group(filter, group);
		} else if (group >= groups->size || groups->data[group] == 0) {
			refused = true;
			filter_report(filter, REMOVAL_OOXML_FORMULA, "shared");
		}
	}
	if (!refused)
		return;
	xml_writer_cut(&filter->writer, frame->start);
	filter->document->formulas_dropped = true;
}

static bool is_true(struct view value)
{
	return view_equal_nocase(value, "1") ||
	       view_equal_nocase(value, "true") ||
	       view_equal_nocase(value, "on");
}

bool formula_name_runs(struct view name)
{
	static const char *const names[] = {
	    "auto_open", "auto_close",  "auto_activate", "auto_deactivate",
	    "auto_add",  "auto_remove", "auto_exec",     "auto_new"};

	if (view_equal_nocase(view_slice(name, 0, 6), "_xlnm."))
		name = view_slice(name, 6, SIZE_MAX);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		/* Excel runs Auto_OpenAnything too. */
		if (view_equal_nocase(view_slice(name, 0, strlen(names[i])),
				      names[i]))
			return true;
	return false;
}

static void drop_name(struct filter *filter, struct view name, struct view text)
{
	filter_report(
	    filter, REMOVAL_OOXML_DEFINED_NAME, "%.*s = %.*s",
	    (int)(name.size > 100 ? 100 : name.size), (const char *)name.data,
	    (int)(text.size > 200 ? 200 : text.size), (const char *)text.data);
	if (!name_list_add(filter, &filter->document->dropped_names, name))
		filter_fail(filter, -ERR_MEMORY);
}

ELEMENT_RULE(rule_defined_name)
{
	static const char *const flags[] = {"xlm", "function", "vbProcedure"};
	struct view name = element_value(element, "name");
	bool code = formula_name_runs(name);

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		code |= is_true(element_value(element, flags[i]));
	if (code) {
		drop_name(filter, name, (struct view){NULL, 0});
		return TREATMENT_DROP;
	}
	filter->pending_name = arena_string(filter->job->arena, name);
	element->captures = true;
	return filter->pending_name == NULL ? TREATMENT_DROP : TREATMENT_KEEP;
}

ELEMENT_END(end_defined_name)
{
	struct document_state *document = filter->document;
	struct view text = buffer_contents(&filter->capture);
	struct view name;

	if (!frame->captures)
		return;
	name = view_of_string(filter->pending_name);
	if (buffer_error(&filter->capture) != 0 ||
	    !formula_allowed(document, text)) {
		drop_name(filter, name, text);
		xml_writer_cut(&filter->writer, frame->start);
		if (filter_parent(filter, 0) != NULL)
			filter_parent(filter, 0)->lost_content = true;
	} else if (view_find(text, view_of_string("LAMBDA("), 0) != SIZE_MAX &&
		   formula_may_name(name) &&
		   !name_list_add(filter, &document->kept_names, name)) {
		filter_fail(filter, -ERR_MEMORY);
	}
}

ELEMENT_RULE(rule_sheet)
{
	return element->relation_missing ? TREATMENT_DROP : TREATMENT_KEEP;
}

static void drop_attribute(struct element *element, const char *name)
{
	struct attribute *attribute =
	    element_attribute(element, VOCABULARY_NONE, name);

	if (attribute != NULL)
		attribute->dropped = true;
}

/* A pivot table over an outside source becomes one over a range that is not
 * there: it shows what it has. */
ELEMENT_RULE(rule_cache_source)
{
	struct attribute *type =
	    element_attribute(element, VOCABULARY_NONE, "type");

	if (type == NULL || (!view_equal_nocase(type->value, "external") &&
			     !view_equal_nocase(type->value, "scenario")))
		return TREATMENT_KEEP;
	filter_report(filter, REMOVAL_OOXML_PIVOT_SOURCE, "%.*s",
		      (int)type->value.size, (const char *)type->value.data);
	type->value = view_of_string("worksheet");
	drop_attribute(element, "connectionId");
	filter->frames[filter->depth].replaced = true;
	return TREATMENT_KEEP;
}

/* Back into an element that has just ended, without what was in it. */
static void reopen(struct xml_writer *writer, const struct frame *frame)
{
	bool empty = writer->out.size > frame->content &&
		     writer->out.data[frame->content - 1] == '/';

	xml_writer_cut(writer, empty ? frame->content - 1 : frame->content);
	writer->open = empty;
}

ELEMENT_END(end_cache_source)
{
	struct xml_writer *writer = &filter->writer;
	struct view tag = filter_tag(filter, frame->prefix, "worksheetSource");
	size_t content;

	if (!frame->replaced || frame->treatment != TREATMENT_KEEP)
		return;
	reopen(writer, frame);
	xml_writer_start(writer, tag);
	xml_writer_attribute(writer, view_of_string("name"),
			     view_of_string("removed"));
	content = xml_writer_content(writer);
	xml_writer_end(writer, tag, content, frame->bindings);
	xml_writer_end(writer, frame->tag, frame->content, frame->bindings);
}

ELEMENT_RULE(rule_worksheet_source)
{
	if (element->relation_missing)
		filter_report(filter, REMOVAL_OOXML_PIVOT_SOURCE, "%s",
			      element->name);
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_table)
{
	struct view type = element_value(element, "tableType");

	if (type.size > 0 && !view_equal_nocase(type, "worksheet")) {
		filter_report(filter, REMOVAL_OOXML_QUERY_TABLE, "%.*s",
			      (int)type.size, (const char *)type.data);
		drop_attribute(element, "tableType");
	}
	drop_attribute(element, "connectionId");
	drop_attribute(element, "queryTableFieldId");
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_sheet_hyperlink)
{
	return element->relation_missing ? TREATMENT_DROP : TREATMENT_KEEP;
}

/* A threshold of a conditional format may be a formula. */
ELEMENT_RULE(rule_condition_value)
{
	struct attribute *value =
	    element_attribute(element, VOCABULARY_NONE, "val");

	if (value != NULL && !formula_allowed(filter->document, value->value)) {
		report_formula(filter, value->value);
		value->value = view_of_string("0");
	}
	return TREATMENT_KEEP;
}
