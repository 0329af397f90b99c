/*
 * Lines of a text as a document flows into them: blanks fold, blocks begin
 * lines, quotes and lists indent them.
 */
#ifndef SEKISHO_SANITIZERS_HTML_WRITER_H
#define SEKISHO_SANITIZERS_HTML_WRITER_H

#include "base/buffer.h"

enum { WRITER_QUOTES_MAX = 20, WRITER_INDENT_MAX = 40 };

struct writer {
	struct buffer *out;
	size_t begin;       /* of this text in `out` */
	unsigned quotes;    /* "> " in front of each line */
	unsigned indent;    /* blanks behind them */
	char marker[16];    /* of a list's item: in the place of its indent */
	unsigned lines_due; /* line ends before the next character: 0, 1, 2 */
	unsigned quotes_before; /* when they became due */
	bool blank_due;
	bool blank_is_line_end; /* the blank was a line end in the source */
	uint32_t last;          /* character */
	unsigned verbatim;      /* within pre */
};

struct writer writer_make(struct buffer *out);

/* Text of the document, blanks folded. */
void writer_text(struct writer *writer, struct view text);

/* Text of ours, as it is; no line ends in it. */
void writer_raw(struct writer *writer, struct view text);

/* The next character begins a line, after `empty` empty ones. */
void writer_break(struct writer *writer, unsigned empty);

/* A line end that the document asks for: several make empty lines. */
void writer_line_end(struct writer *writer);

/* Columns that the character takes on a screen of fixed pitch. */
unsigned character_width(uint32_t character);

#endif
