/*
 * libxml2's SAX2 push parser as every reader here uses it: no network, no
 * entities (a document with a DTD is stopped by the caller's internalSubset),
 * libxml2's own limits on, nothing printed.
 *
 * Attribute values arrive with `&#38;` where they hold an ampersand: libxml2
 * leaves it so where entities are not substituted.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_SAX_H
#define SEKISHO_SANITIZERS_OOXML_SAX_H

#include <libxml/parser.h>

/* The handler is copied. NULL when out of memory. */
xmlParserCtxtPtr sax_parser_new(xmlSAXHandler *handler, void *context);

/* NULL is fine. */
void sax_parser_free(xmlParserCtxtPtr parser);

/* What libxml2 allocates once, before the first fork. */
int sax_prepare(void);

#endif
