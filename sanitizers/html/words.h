/*
 * The lists of what may stay in HTML.
 */
#ifndef SEKISHO_SANITIZERS_HTML_WORDS_H
#define SEKISHO_SANITIZERS_HTML_WORDS_H

#include "base/removal.h"
#include "base/view.h"

enum html_element {
	ELEMENT_UNKNOWN = 0,
	ELEMENT_TEXT,
#define ELEMENT(symbol, name, fate, flow, kind) ELEMENT_##symbol,
#include "sanitizers/html/elements.def"
#undef ELEMENT
	ELEMENT_COUNT
};

/* What becomes of an element. */
enum html_fate {
	FATE_OPEN = 0, /* goes, its children stay */
	FATE_KEEP,
	FATE_DROP, /* goes with its children */
};

/* How a text shows it. */
enum html_flow {
	FLOW_INLINE = 0,
	FLOW_BLOCK,     /* begins and ends a line */
	FLOW_PARAGRAPH, /* with an empty line around it */
};

struct html_element_rule {
	const char *name;
	enum html_fate fate;
	enum html_flow flow;
	enum removal_kind kind; /* NONE: goes without a word */
};

enum html_attribute_name {
	ATTRIBUTE_UNKNOWN = 0,
#define ATTRIBUTE(symbol, name, type) ATTRIBUTE_##symbol,
#include "sanitizers/html/attributes.def"
#undef ATTRIBUTE
	ATTRIBUTE_COUNT
};

enum html_value {
	VALUE_TEXT = 0, /* anything: it is escaped and means nothing */
	VALUE_WORD,     /* letters, digits, '-', blanks */
	VALUE_LENGTH,   /* digits, '%', "px" */
	VALUE_COLOR,
	VALUE_FONT,
	VALUE_STYLE,
	VALUE_LINK,
	VALUE_PICTURE,
};

struct html_attribute_rule {
	const char *name;
	enum html_value type;
};

/* Names are compared without case. Static storage. */
enum html_element html_element_by_name(const char *name);
const struct html_element_rule *html_element_rule(enum html_element element);
enum html_attribute_name html_attribute_by_name(const char *name);
const struct html_attribute_rule *
html_attribute_rule(enum html_attribute_name name);

/* Whether the style property stays. */
bool html_property_allowed(struct view name);

#endif
