/*
 * The rules of the XML whitelist: what becomes of each element and attribute
 * for which being on the list of names does not say enough.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_RULES_H
#define SEKISHO_SANITIZERS_OOXML_RULES_H

#include "sanitizers/ooxml/filter.h"

/* Judges an element; it may drop or change attributes. */
typedef enum treatment element_rule(struct filter *filter,
				    struct element *element);

/* Ends an element that stayed and whose rule asked for its text. */
typedef void element_end(struct filter *filter, struct frame *frame);

struct rule {
	enum vocabulary vocabulary;
	const char *name;
	enum treatment treatment;
	enum removal_kind kind; /* REMOVAL_NONE: the check reports */
	element_rule *check;    /* NULL: the treatment */
	element_end *end;       /* NULL: none */
};

/* Judges an attribute; false when it goes. */
typedef bool attribute_check(struct filter *filter, struct element *element,
			     struct attribute *attribute);

struct attribute_rule {
	const char *name;           /* "*": every one */
	attribute_check *check;     /* NULL: it goes */
	enum vocabulary vocabulary; /* of the attribute */
	enum removal_kind kind;     /* when it goes; NONE: the check reports */
};

/* NULL where the lists of names alone decide. */
const struct rule *rule_for(enum vocabulary vocabulary, const char *name);
const struct attribute_rule *attribute_rule_for(enum vocabulary vocabulary,
						const char *name);

/* Heads of the functions above; not every one needs every parameter. */
#define MAYBE_UNUSED __attribute__((unused))
#define ELEMENT_RULE(name)                                                     \
	enum treatment name(struct filter *filter MAYBE_UNUSED,                \
			    struct element *element MAYBE_UNUSED)
#define ELEMENT_END(name)                                                      \
	void name(struct filter *filter MAYBE_UNUSED,                          \
		  struct frame *frame MAYBE_UNUSED)
#define ATTRIBUTE_RULE(name)                                                   \
	bool name(struct filter *filter MAYBE_UNUSED,                          \
		  struct element *element MAYBE_UNUSED,                        \
		  struct attribute *attribute MAYBE_UNUSED)

/* compatibility.c */
ELEMENT_RULE(rule_alternate);
ELEMENT_RULE(rule_choice);
ELEMENT_RULE(rule_fallback);
ELEMENT_END(end_alternate);
ELEMENT_END(end_choice);
ELEMENT_END(end_fallback);
ELEMENT_RULE(rule_needs_content);
ATTRIBUTE_RULE(attribute_prefixes);
ATTRIBUTE_RULE(attribute_requires);

/* drawing.c */
ELEMENT_RULE(rule_link);
ELEMENT_RULE(rule_reference);
ELEMENT_RULE(rule_may_lack_reference);
ATTRIBUTE_RULE(attribute_relation);
ATTRIBUTE_RULE(attribute_address);
ATTRIBUTE_RULE(attribute_style);
ATTRIBUTE_RULE(attribute_macro);
ATTRIBUTE_RULE(attribute_formula);
ATTRIBUTE_RULE(attribute_place);
ATTRIBUTE_RULE(attribute_event);
ATTRIBUTE_RULE(attribute_schema);

/* word.c */
ELEMENT_RULE(rule_word_run_content);
ELEMENT_RULE(rule_field_character);
ELEMENT_RULE(rule_instruction);
ELEMENT_RULE(rule_simple_field);
ELEMENT_RULE(rule_word_story);
ELEMENT_RULE(rule_word_object);
ELEMENT_RULE(rule_word_hyperlink);
ELEMENT_RULE(rule_data_binding);
ELEMENT_END(end_field_character);
ELEMENT_END(end_instruction);
ELEMENT_END(end_word_story);

/* sheet.c */
ELEMENT_RULE(rule_cell_formula);
ELEMENT_RULE(rule_formula);
ELEMENT_RULE(rule_defined_name);
ELEMENT_RULE(rule_sheet);
ELEMENT_RULE(rule_cache_source);
ELEMENT_RULE(rule_worksheet_source);
ELEMENT_RULE(rule_table);
ELEMENT_RULE(rule_sheet_hyperlink);
ELEMENT_RULE(rule_condition_value);
ELEMENT_END(end_cell_formula);
ELEMENT_END(end_formula);
ELEMENT_END(end_chart_formula);
ELEMENT_END(end_defined_name);
ELEMENT_END(end_cache_source);

/* slide.c */
ELEMENT_RULE(rule_action);
ELEMENT_RULE(rule_graphic_frame);
ELEMENT_RULE(rule_ole_object);
ELEMENT_RULE(rule_picture);
ELEMENT_END(end_graphic_frame);
ELEMENT_END(end_picture);

/* The content of a fallback was moved to where its whole began: a picture
 * that a graphic frame remembers moved with it. */
void picture_moved(struct filter *filter, const struct frame *alternate);

/* visio.c */
ELEMENT_RULE(rule_visio_cell);
ELEMENT_RULE(rule_visio_formula);
ELEMENT_RULE(rule_foreign_data);
ELEMENT_RULE(rule_visio_relation);
ELEMENT_RULE(rule_visio_window);
ELEMENT_END(end_visio_formula);
ELEMENT_END(end_foreign_data);

/* properties.c */
ELEMENT_RULE(rule_custom_property);

#endif
