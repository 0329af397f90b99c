/*
 * The state of a parse, shared by tree.c (elements) and attributes.c (their
 * attributes and texts).
 */
#ifndef SEKISHO_SANITIZERS_HTML_BUILDER_H
#define SEKISHO_SANITIZERS_HTML_BUILDER_H

#include "sanitizers/html/findings.h"
#include "sanitizers/html/tree.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

struct builder {
	struct job *job;
	const struct html_options *options;
	struct findings findings;
	struct html_node *current;
	unsigned depth;
	unsigned flat;    /* open elements below HTML_DEPTH_MAX */
	unsigned dropped; /* open elements of one that goes as a whole */
	enum removal_kind dropped_kind;
	const char *dropped_name;
	size_t bidi;
	size_t invisible;
	bool memory_spent;
	htmlParserCtxtPtr parser;
	unsigned open; /* elements */
	bool too_deep;
};

/* A copy without bidi controls and invisible characters, which references like
 * &#x202E; bring in again; empty when out of memory. */
struct view builder_text(struct builder *builder, struct view text);

/* Gives `node` those of the attributes (libxml2's pairs) that are on the list,
 * in the order of the list; reports those that go with a word. `node` is NULL:
 * its element goes. */
void builder_read_attributes(struct builder *builder, struct html_node *node,
			     const char *element, const xmlChar **pairs);

#endif
