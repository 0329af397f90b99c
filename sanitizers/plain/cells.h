/*
 * The cells of a text table (RFC 4180), and which of them a spreadsheet would
 * take for a formula.
 */
#ifndef SEKISHO_SANITIZERS_PLAIN_CELLS_H
#define SEKISHO_SANITIZERS_PLAIN_CELLS_H

#include "sanitizers/plain/clean.h"

/* Whether the text has the shape of a table: lines with equally many
 * separators. */
bool cells_look_like_table(struct view input);

/*
 * Copies the table to `out`, with an apostrophe in front of every cell that
 * begins like a formula and is no number, and without `sep=` lines; both are
 * reported once. `out` stays empty where there is nothing to change. `tabs`:
 * the name says that tabs separate.
 */
int cells_guard(struct job *job, const struct text *text, bool tabs,
		struct buffer *out) MUST_CHECK;

/* Writes the table's cells as UTF-8 lines with tabs between them. */
int cells_flatten(const struct text *text, bool tabs,
		  struct buffer *out) MUST_CHECK;

#endif
