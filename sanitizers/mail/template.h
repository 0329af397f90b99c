/*
 * The texts that the gateway itself writes into mail: those of texts.def, or
 * the site's, with their placeholders filled in.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TEMPLATE_H
#define SEKISHO_SANITIZERS_MAIL_TEMPLATE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/view.h"

enum mail_text {
#define TEXT(symbol, name, ja, en) MAIL_TEXT_##symbol,
#include "sanitizers/mail/texts.def"
#undef TEXT
	MAIL_TEXT_COUNT
};

/* One placeholder and what it stands for; a list ends in a NULL name. */
struct filler {
	const char *name;
	const char *value;
};

/* A text in one language: of the site's file where it has it, else the
 * default. UTF-8; lives as long as `file`. */
struct view template_find(struct view file, enum mail_text text,
			  enum language language);

/* Writes a text with its placeholders filled in and lines in CR LF. */
void template_fill(struct buffer *out, struct view text,
		   const struct filler *fillers);

/* Takes the next line, without its end, off `rest`. */
struct view template_line(struct view *rest);

#endif
