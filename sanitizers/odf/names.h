/*
 * The namespaces that ODF documents are written in, and the names that may
 * stand in them, as data: names.def.
 */
#ifndef SEKISHO_SANITIZERS_ODF_NAMES_H
#define SEKISHO_SANITIZERS_ODF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum odf_space {
	SPACE_UNKNOWN = 0, /* nothing of it comes out, not even declarations */
	SPACE_NONE,        /* no namespace: attributes of formulas (MathML) */
#define SPACE(symbol, uri) SPACE_##symbol,
#define ELEMENTS(symbol, ...)
#define ATTRIBUTES(symbol, ...)
#include "sanitizers/odf/names.def"
#undef SPACE
#undef ELEMENTS
#undef ATTRIBUTES
	SPACE_COUNT
};

enum odf_name_group { ODF_ELEMENT, ODF_ATTRIBUTE, ODF_NAME_GROUPS };

/* What a namespace URI means; NULL is SPACE_NONE. Not fast. */
enum odf_space odf_space_of(const char *uri);

/* Whether the name is in this group of the namespace's lists. */
bool odf_names_have(enum odf_space space, enum odf_name_group group,
		    const char *name);

/* Whether its declaration may stay: there are names of it, or formulas or the
 * groups of settings name it by its prefix. */
bool odf_space_is_declared(enum odf_space space);

/* The names of a group, sorted; for those who compare lists. */
const char *const *odf_names_all(enum odf_space space,
				 enum odf_name_group group, size_t *ret_count);

#endif
