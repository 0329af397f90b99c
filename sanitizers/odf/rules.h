/*
 * The rules of the whitelist: what becomes of each element and attribute for
 * which being on the list of names does not say enough.
 */
#ifndef SEKISHO_SANITIZERS_ODF_RULES_H
#define SEKISHO_SANITIZERS_ODF_RULES_H

#include "sanitizers/odf/filter.h"

/* Judges an element; it may drop or change attributes. */
typedef enum odf_treatment odf_element_rule(struct odf_filter *filter,
					    struct odf_element *element);

/* Ends an element that stayed. Runs in front of its end tag. */
typedef void odf_element_end(struct odf_filter *filter,
			     struct odf_frame *frame);

struct odf_rule {
	enum odf_space space;
	const char *name; /* "*": every one */
	enum odf_treatment treatment;
	enum removal_kind kind; /* REMOVAL_NONE: the check reports */
	odf_element_rule *check;
	odf_element_end *end;
};

/* Judges an attribute; false when it goes. */
typedef bool odf_attribute_check(struct odf_filter *filter,
				 struct odf_element *element,
				 struct odf_attribute *attribute);

struct odf_attribute_rule {
	const char *name;           /* "*": every one; "*x": ends with x */
	odf_attribute_check *check; /* NULL: it goes */
	enum odf_space space;       /* of the attribute */
	enum removal_kind kind;
};

/* NULL where the lists of names alone decide. */
const struct odf_rule *odf_rule_for(enum odf_space space, const char *name);
const struct odf_attribute_rule *odf_attribute_rule_for(enum odf_space space,
							const char *name);

/* What an element's xlink:href may be. */
enum odf_reference {
	ODF_REFERENCE_NONE,    /* it has none */
	ODF_REFERENCE_LINK,    /* a vetted link */
	ODF_REFERENCE_PICTURE, /* a file of the package */
	ODF_REFERENCE_OBJECT,  /* a document of the package */
	ODF_REFERENCE_DATA,    /* the chart itself, or what it is in */
};

enum odf_reference odf_reference_of(enum odf_space space, const char *name);

/* Heads of the functions above; not every one needs every parameter. */
#define MAYBE_UNUSED __attribute__((unused))
#define ODF_ELEMENT_RULE(name)                                                 \
	enum odf_treatment name(struct odf_filter *filter MAYBE_UNUSED,        \
				struct odf_element *element MAYBE_UNUSED)
#define ODF_ELEMENT_END(name)                                                  \
	void name(struct odf_filter *filter MAYBE_UNUSED,                      \
		  struct odf_frame *frame MAYBE_UNUSED)
#define ODF_ATTRIBUTE_RULE(name)                                               \
	bool name(struct odf_filter *filter MAYBE_UNUSED,                      \
		  struct odf_element *element MAYBE_UNUSED,                    \
		  struct odf_attribute *attribute MAYBE_UNUSED)

/* references.c */
ODF_ELEMENT_RULE(odf_rule_link);
ODF_ELEMENT_RULE(odf_rule_area);
ODF_ELEMENT_RULE(odf_rule_picture);
ODF_ELEMENT_RULE(odf_rule_object);
ODF_ELEMENT_RULE(odf_rule_frame);
ODF_ELEMENT_RULE(odf_rule_shown);
ODF_ELEMENT_RULE(odf_rule_binary);
ODF_ELEMENT_END(odf_end_picture);
ODF_ELEMENT_END(odf_end_frame);
ODF_ELEMENT_END(odf_end_binary);
ODF_ATTRIBUTE_RULE(odf_attribute_href);
ODF_ATTRIBUTE_RULE(odf_attribute_url);

/* rule_text.c */
ODF_ELEMENT_RULE(odf_rule_comment);
ODF_ELEMENT_RULE(odf_rule_field_start);
ODF_ELEMENT_RULE(odf_rule_field_separator);
ODF_ELEMENT_RULE(odf_rule_field_end);
ODF_ELEMENT_RULE(odf_rule_field_mark);
ODF_ELEMENT_RULE(odf_rule_field_parameter);
ODF_ELEMENT_RULE(odf_rule_setting);
ODF_ELEMENT_END(odf_end_setting);
ODF_ELEMENT_RULE(odf_rule_root);
ODF_ELEMENT_RULE(odf_rule_formula_root);

/* rule_sheet.c */
ODF_ATTRIBUTE_RULE(odf_attribute_formula);
ODF_ATTRIBUTE_RULE(odf_attribute_condition);
ODF_ATTRIBUTE_RULE(odf_attribute_range);

#endif
