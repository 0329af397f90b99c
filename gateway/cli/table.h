/*
 * Text in columns on a terminal: East Asian wide characters take two places,
 * combining marks none (Unicode TR 11).
 */
#ifndef SEKISHO_GATEWAY_CLI_TABLE_H
#define SEKISHO_GATEWAY_CLI_TABLE_H

#include "base/buffer.h"

/* Places that the text takes; it must be UTF-8 without controls. */
unsigned text_width(const char *text);

/* Appends the text in exactly `width` places: padded with blanks, or cut with
 * "…" where it is longer; padded only if `pad`. */
void cell_write(struct buffer *buffer, const char *text, unsigned width,
		bool pad);

enum { TABLE_COLUMNS_MAX = 12 };

/*
 * Prints rows of `columns` cells each, the first row a heading. A column is as
 * wide as its widest cell but at most its `limits` (0: not limited).
 */
void table_print(const char *const *cells, size_t rows, size_t columns,
		 const unsigned *limits);

/* "12 KiB" on standard output. */
void print_bytes(uint64_t bytes);

#endif
