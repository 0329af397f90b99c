/*
 * CSV (RFC 4180) as spreadsheets open it: UTF-8 with a byte order mark, which
 * Excel needs in Japan, every field in quotes, CRLF. A field that a spreadsheet
 * would take for a formula - after blanks, too, and with the wide signs that
 * Japanese input writes - gets an apostrophe in front; control characters
 * become blanks, so that no field ends its row.
 */
#ifndef SEKISHO_QUARANTINE_CONSOLE_CSV_H
#define SEKISHO_QUARANTINE_CONSOLE_CSV_H

#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>

struct csv_column {
	const char *key; /* of the row's object */
	const char *ja;
	const char *en;
};

/* The byte order mark and the row of titles. */
void csv_begin(struct buffer *buffer, const struct csv_column *columns,
	       size_t count, enum language language);

/* One row. Lists are joined by blanks; what is absent or null is empty. */
void csv_row(struct buffer *buffer, const struct csv_column *columns,
	     size_t count, const json_t *object);

/* One field, in quotes. */
void csv_field(struct buffer *buffer, const char *text);

#endif
