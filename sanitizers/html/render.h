/*
 * A tree as text, and the tables in it.
 */
#ifndef SEKISHO_SANITIZERS_HTML_RENDER_H
#define SEKISHO_SANITIZERS_HTML_RENDER_H

#include "sanitizers/html/tree.h"
#include "sanitizers/html/writer.h"

/* The children of `node`, in the writer's state. */
void render_children(struct writer *writer, const struct html_node *node);

/* A table: in columns where its cells are short, else cell by cell. */
void render_table(struct writer *writer, const struct html_node *table);

#endif
