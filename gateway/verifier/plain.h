/*
 * The cells of a text table, pushed in one character at a time.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_PLAIN_H
#define SEKISHO_GATEWAY_VERIFIER_PLAIN_H

#include "base/view.h"

enum { CELL_HEAD = 64 };

struct cell_reader {
	uint32_t separator;
	uint32_t head[CELL_HEAD]; /* how the cell begins, unquoted */
	size_t length;            /* of the cell, may be more than CELL_HEAD */
	size_t row;
	size_t column;
	bool quoted;
	bool inside; /* between the quotes */
	bool bad;    /* a formula was seen; row and column say where */
};

void cell_reader_start(struct cell_reader *reader, uint32_t separator);

/* Stops taking anything once `bad` is set. */
void cell_reader_push(struct cell_reader *reader, uint32_t character);

/* Ends the last cell. */
void cell_reader_finish(struct cell_reader *reader);

#endif
