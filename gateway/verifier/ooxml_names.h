/*
 * The verifier's own lists of the names that the XML of an output may be made
 * of: ooxml_names.def. Coarser than the sanitizer's, and written apart from
 * them; a test holds one against the other.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_OOXML_NAMES_H
#define SEKISHO_GATEWAY_VERIFIER_OOXML_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Before the others, and again at no cost. */
void opc_names_prepare(void);

/* `uri` is that of the element, "" where it has none. */
bool opc_knows_element(const char *uri, const char *name);

/* An unprefixed attribute has no URI ("") and is looked for in the family of
 * its element, `owner`. */
bool opc_knows_attribute(const char *owner, const char *uri, const char *name);

/* A function that formulas may call; in capital letters, without prefixes. */
bool opc_knows_function(const char *name);

/* The same for the cells of Visio. */
bool opc_knows_cell_function(const char *name);

/* How many names the lists have. */
size_t opc_names_count(void);

#endif
