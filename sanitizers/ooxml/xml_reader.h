/*
 * Reads XML 1.0 with namespaces from memory, strictly: what is not
 * well-formed, or uses a prefix it has not declared, is an error, and so is a
 * DTD. There are no entities but the five that XML has by itself. What stands
 * in front of an error has been handed out before it is found.
 *
 * Specification: XML 1.0 (fifth edition), Namespaces in XML 1.0.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_XML_READER_H
#define SEKISHO_SANITIZERS_OOXML_XML_READER_H

#include "base/view.h"
#include "sanitizers/ooxml/xml_names.h"

enum {
	XML_DEPTH_MAX = 256,
	XML_ATTRIBUTES_MAX = 512, /* of one element, declarations with them */
};

struct xml_reader;

struct xml_attribute {
	struct xml_name *name;
	struct view value; /* references replaced, blanks made spaces */
};

/* A declaration of a namespace. */
struct xml_declaration {
	const char *prefix; /* "" for the default namespace */
	const char *uri;    /* "" for none */
};

/* One start tag, attributes and declarations in their order. Names are valid
 * as long as the arena, the rest during the call. */
struct xml_element {
	struct xml_name *name;
	const struct xml_attribute *attributes;
	size_t attribute_count;
	const struct xml_declaration *declarations;
	size_t declaration_count;
};

/* Each negative result ends the reading and is its result. NULL where nobody
 * wants to know. */
struct xml_events {
	int (*start)(void *context, const struct xml_element *element);
	int (*end)(void *context, struct xml_name *name);
	/* Text comes in pieces, line ends as "\n". */
	int (*text)(void *context, struct view text);
	int (*comment)(void *context);
	int (*instruction)(void *context, struct view target);
};

/* A reader for one document after the other; NULL when out of memory. Made in
 * the arena, but for what xml_reader_close() gives back. */
struct xml_reader *xml_reader_new(struct arena *arena);

/* Gives back what it allocated outside of the arena; NULL is fine. */
void xml_reader_close(struct xml_reader *reader);

/*
 * Reads one document, in an encoding that OPC allows (UTF-8, UTF-16) or one
 * that is contained in UTF-8 or almost (ASCII, ISO 8859-1). -ERR_MALFORMED,
 * -ERR_DTD, -ERR_LIMIT_DEPTH, -ERR_LIMIT_MEMBERS, or what an event returned.
 * No event may read with the same reader.
 */
int xml_read(struct xml_reader *reader, struct view content,
	     const struct xml_events *events, void *context) MUST_CHECK;

#endif
