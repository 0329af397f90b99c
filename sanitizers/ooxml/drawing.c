/*
 * References, addresses and scripts: what the drawings of all three formats
 * and VML have in common.
 */
#include "sanitizers/ooxml/formula.h"
#include "sanitizers/link.h"
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

/* Only these elements follow a link when a person clicks; anything else that
 * pointed to one would fetch it. */
static bool may_link(const struct element *element)
{
	static const char *const names[] = {"hyperlink", "hlinkClick",
					    "hlinkHover", "hlinkMouseOver"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(element->name, names[i]) == 0)
			return true;
	return false;
}

ATTRIBUTE_RULE(attribute_relation)
{
	struct relation *relation;

	/* PowerPoint writes an empty one where there is only an action. */
	if (attribute->value.size == 0)
		return true;
	/* Nothing else fetches or shows what a relationship leads to. */
	if (!element->refers && !filter->foreign) {
		attribute->unlisted = true;
		return true;
	}
	relation = relation_find(&filter->part->relations, attribute->value);
	if (relation == NULL || relation->decision == DECISION_DROP ||
	    (relation->decision == DECISION_LINK && !may_link(element))) {
		element->relation_missing = true;
		return false;
	}
	relation->used = true;
	return true;
}

ELEMENT_RULE(rule_reference)
{
	return element->relation_missing ? TREATMENT_DROP : TREATMENT_KEEP;
}

ELEMENT_RULE(rule_may_lack_reference)
{
	return TREATMENT_KEEP;
}

/* A target in VML or anywhere: a link where it is one, else nothing. */
ATTRIBUTE_RULE(attribute_address)
{
	bool source = strcmp(attribute->name, "href") != 0;

	if (filter->foreign)
		return true;
	if (attribute->value.size == 0)
		return true;
	/* href of a picture or fill loads it. */
	if (source || strcmp(element->name, "imagedata") == 0 ||
	    strcmp(element->name, "fill") == 0 ||
	    strcmp(element->name, "stroke") == 0)
		return false;
	return link_allowed(filter->job->policy, attribute->value);
}

static bool contains(struct view view, const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i + size <= view.size; i++)
		if (view_equal_nocase(view_slice(view, i, size), text))
			return true;
	return false;
}

/* CSS in VML and its text boxes. */
ATTRIBUTE_RULE(attribute_style)
{
	static const char *const words[] = {
	    "url", "expression", "behavior", "script", "import", "\\", "/*"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (contains(attribute->value, words[i]))
			return false;
	return true;
}

ATTRIBUTE_RULE(attribute_macro)
{
	return attribute->value.size == 0;
}

/* Some harmless names begin like those of events. */
ATTRIBUTE_RULE(attribute_event)
{
	return names_have(namespace_of(element->uri)->names, NAME_ATTRIBUTE,
			  attribute->name);
}

ATTRIBUTE_RULE(attribute_formula)
{
	return attribute->value.size == 0 ||
	       formula_allowed(filter->document, attribute->value);
}

/* A place in this document: no path, no address, no other workbook. */
ATTRIBUTE_RULE(attribute_place)
{
	struct view place = attribute->value;

	if (strcmp(element->name, "hyperlink") != 0)
		return true;
	if (place.size > 0 && place.data[0] == '\'')
		place = view_slice(place, 1, SIZE_MAX);
	return !contains(place, "\\") && !contains(place, "://") &&
	       !contains(place, "file:") && !contains(place, "script:") &&
	       (place.size == 0 || place.data[0] != '[');
}

/* Only what says of which type a value is: no schema locations. */
ATTRIBUTE_RULE(attribute_schema)
{
	return strcmp(attribute->name, "type") == 0 ||
	       strcmp(attribute->name, "nil") == 0;
}
