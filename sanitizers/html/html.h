/*
 * HTML: a document that somebody else wrote becomes a text, or a new document
 * made of what is on the list.
 *
 *   tree.c        libxml2's parser; what may stay, as a tree
 *   attributes.c  attributes and characters
 *   words.c       the lists: elements.def, attributes.def, properties.def
 *   style.c       values of style attributes
 *   address.c     addresses of links
 *   findings.c    what did not stay
 *   render.c      tree to text; table.c its tables, writer.c its lines
 *   write.c       tree to a new document
 *
 * Specification: HTML Living Standard (13.2 parsing, 15 rendering), CSS 2.2.
 */
#ifndef SEKISHO_SANITIZERS_HTML_H
#define SEKISHO_SANITIZERS_HTML_H

#include "base/buffer.h"
#include "sanitizers/job.h"

struct html_options {
	const char *path; /* where it is in the job's object, for removals */

	/* The address under which the picture at `source` (an address as the
	 * document has it, "cid:..." in a mail) goes with the new document;
	 * NULL: it does not, its alternative text stays in its place. May be
	 * NULL: no picture does. */
	const char *(*picture)(void *context, struct view source);
	void *context;
};

/* Loads libxml2's tables; once, before the sandbox. */
int html_prepare(void) MUST_CHECK;

/*
 * Appends what a reader of the document (UTF-8; controls but TAB CR LF are
 * left out) sees, as UTF-8 with LF: paragraphs and lists by lines, quotes by
 * "> ", tables in columns where they fit, links as `text <address>`. What is
 * hidden from readers goes and is reported, as are scripts, active addresses,
 * remote pictures and the like. -ERR_MEMORY, -ERR_LIMIT_OUTPUT.
 */
int html_to_text(struct job *job, struct view html,
		 const struct html_options *options,
		 struct buffer *out) MUST_CHECK;

/*
 * Appends a new document of the elements, attributes, style properties and
 * addresses that are on the lists; cleaning it again gives the same bytes and
 * no removals. Errors as above.
 */
int html_clean(struct job *job, struct view html,
	       const struct html_options *options,
	       struct buffer *out) MUST_CHECK;

#endif
