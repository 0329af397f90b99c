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

#include "base/view.h"

#include <libxml/parser.h>

/* The handler is copied. NULL when out of memory. */
xmlParserCtxtPtr sax_parser_new(xmlSAXHandler *handler, void *context);

/* NULL is fine. */
void sax_parser_free(xmlParserCtxtPtr parser);

/*
 * Whether a part that begins with these bytes is in an encoding that OPC
 * allows (UTF-8, UTF-16) or libxml2 reads by itself: for any other it would
 * load a converter, which the sandbox forbids. `head` holds the whole XML
 * declaration.
 */
bool sax_encoding_allowed(struct view head);

/* What libxml2 allocates once, before the first fork. */
int sax_prepare(void);

#endif
