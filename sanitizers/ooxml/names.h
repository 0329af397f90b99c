/*
 * The names that the XML of OOXML documents is made of, as data: one list for
 * each namespace, in names/<family>.def. What is not in them does not come
 * out, unless a rule (rules.def) lets it.
 *
 * In the data, each group sorted as strcmp() sorts:
 *   LIST(symbol)               begins a list
 *   ELEMENTS(symbol, ...)      local names of elements in the namespace
 *   ATTRIBUTES(symbol, ...)    unprefixed attributes of these elements
 *   OWN_ATTRIBUTES(symbol, ...) attributes in the namespace, on any element
 *   REFERENCES(symbol, ...)    elements that may refer to relationships
 */
#ifndef SEKISHO_SANITIZERS_OOXML_NAMES_H
#define SEKISHO_SANITIZERS_OOXML_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum names {
	NAMES_NONE, /* nothing: a namespace that is only declared */
#define LIST(symbol) NAMES_##symbol,
#define ELEMENTS(symbol, ...)
#define ATTRIBUTES(symbol, ...)
#define OWN_ATTRIBUTES(symbol, ...)
#define REFERENCES(symbol, ...)
#include "sanitizers/ooxml/names/all.def"
#undef LIST
#undef ELEMENTS
#undef ATTRIBUTES
#undef OWN_ATTRIBUTES
#undef REFERENCES
	NAMES_COUNT
};

enum name_group {
	NAME_ELEMENT,
	NAME_ATTRIBUTE,
	NAME_OWN_ATTRIBUTE,
	NAME_REFERENCE,
	NAME_GROUPS
};

/* Whether the name is in this group of the list. */
bool names_have(enum names list, enum name_group group, const char *name);

/* The names of a group, sorted; for those who compare lists. */
const char *const *names_all(enum names list, enum name_group group,
			     size_t *ret_count);

#endif
