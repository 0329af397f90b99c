/*
 * Text that people read, made safe: no control characters, nothing that
 * disguises the order of characters, nothing that does not show.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TEXT_H
#define SEKISHO_SANITIZERS_MAIL_TEXT_H

#include "base/buffer.h"

/* What was taken out, by sort. */
struct text_losses {
	size_t control;
	size_t bidi;
	size_t invisible;
};

/* Appends UTF-8 on one line: what ends lines becomes a blank, blanks in a row
 * one; none at the ends. */
void text_write_line(struct buffer *out, struct view text,
		     struct text_losses *losses);

/* Appends UTF-8 with lines that end in CR LF; blanks at their ends and empty
 * lines at the end of all go. Ends in CR LF unless it is empty. */
void text_write_lines(struct buffer *out, struct view text,
		      struct text_losses *losses);

#endif
