/*
 * What of a document may stay, as a tree. Made in the job's arena.
 */
#ifndef SEKISHO_SANITIZERS_HTML_TREE_H
#define SEKISHO_SANITIZERS_HTML_TREE_H

#include "sanitizers/html/html.h"
#include "sanitizers/html/words.h"

/* Deeper elements become children of the one at this depth, so that what
 * walks the tree may recurse. */
enum { HTML_DEPTH_MAX = 200 };

/* More open elements than this, or attributes of one element, are an attack on
 * parsers: their time grows with the square. */
enum { HTML_OPEN_MAX = 2000, HTML_ATTRIBUTES_MAX = 4000 };

struct html_attribute {
	enum html_attribute_name name;
	struct view value; /* UTF-8, entities decoded, checked by its type */
	struct html_attribute *next;
};

struct html_node {
	enum html_element element; /* ELEMENT_TEXT: has `text` alone */
	struct view text;          /* UTF-8 */
	struct html_attribute *attributes;
	struct html_node *first;
	struct html_node *last;
	struct html_node *next;
	struct html_node *parent; /* NULL: the root */
};

/* The root's children are the document. Reports what does not stay. */
int html_parse(struct job *job, struct view html,
	       const struct html_options *options,
	       struct html_node **ret_root) MUST_CHECK;

/* The value of the attribute; data is NULL where it has none. */
struct view html_attribute_of(const struct html_node *node,
			      enum html_attribute_name name);

#endif
