#include "sanitizers/ooxml/fields.h"
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

ELEMENT_RULE(rule_word_run_content)
{
	bool text;
	bool blank;

	if (filter->fields == NULL)
		return TREATMENT_KEEP;
	text = strcmp(element->name, "t") == 0 ||
	       strcmp(element->name, "delText") == 0;
	blank = strcmp(element->name, "tab") == 0 ||
		strcmp(element->name, "br") == 0 ||
		strcmp(element->name, "cr") == 0;
	/* Tab stops are <w:tab> too. */
	if (!filter_is_in(filter, VOCABULARY_W, "r"))
		return TREATMENT_KEEP;
	if (fields_run_content(filter, text, blank))
		element->captures = text;
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_field_character)
{
	struct attribute *type =
	    element_attribute(element, VOCABULARY_W, "fldCharType");
	enum field_mark mark;

	if (type == NULL)
		type =
		    element_attribute(element, VOCABULARY_NONE, "fldCharType");
	if (type != NULL && view_equal_nocase(type->value, "begin"))
		mark = FIELD_BEGIN;
	else if (type != NULL && view_equal_nocase(type->value, "separate"))
		mark = FIELD_SEPARATE;
	else if (type != NULL && view_equal_nocase(type->value, "end"))
		mark = FIELD_END;
	else
		return TREATMENT_DROP;
	return fields_mark(filter, mark) ? TREATMENT_KEEP : TREATMENT_DROP;
}

ELEMENT_END(end_field_character)
{
}

ELEMENT_RULE(rule_instruction)
{
	if (!fields_instruction(filter))
		return TREATMENT_DROP;
	element->captures = true;
	return TREATMENT_KEEP;
}

ELEMENT_END(end_instruction)
{
	if (!frame->captures)
		return;
	if (buffer_error(&filter->capture) != 0)
		filter_fail(filter, -ERR_MALFORMED);
	fields_text(filter, buffer_contents(&filter->capture));
}

ELEMENT_RULE(rule_simple_field)
{
	struct attribute *instruction =
	    element_attribute(element, VOCABULARY_W, "instr");
	struct view text = {NULL, 0};

	if (instruction != NULL)
		text = instruction->value;
	fields_nested(filter);
	if (field_allowed(filter->job->policy, text))
		return TREATMENT_KEEP;
	filter_report(filter, REMOVAL_OOXML_FIELD, "%.*s",
		      (int)(text.size > 300 ? 300 : text.size),
		      (const char *)text.data);
	return TREATMENT_UNWRAP;
}

ELEMENT_RULE(rule_word_story)
{
	fields_enter(filter);
	return TREATMENT_KEEP;
}

ELEMENT_END(end_word_story)
{
	if (frame->treatment == TREATMENT_KEEP)
		fields_leave(filter);
}

/* An object without its object is a picture: <w:pict> takes the same VML. */
ELEMENT_RULE(rule_word_object)
{
	element->tag = filter_tag(filter, element->prefix, "pict");
	for (size_t i = 0; i < element->attribute_count; i++)
		if (element->attributes[i].vocabulary == VOCABULARY_W)
			element->attributes[i].dropped = true;
	return rule_word_run_content(filter, element);
}

ELEMENT_RULE(rule_word_hyperlink)
{
	if (element->relation_missing)
		return TREATMENT_UNWRAP;
	return TREATMENT_KEEP;
}

ELEMENT_RULE(rule_data_binding)
{
	return filter->job->policy->custom_xml ? TREATMENT_KEEP
					       : TREATMENT_DROP;
}
