/*
 * The writer of the new message: ASCII lines of at most 998 bytes that end in
 * CR LF, fields in a fixed order, nothing copied from the input.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_COMPOSE_H
#define SEKISHO_SANITIZERS_MAIL_COMPOSE_H

#include "base/arena.h"
#include "base/buffer.h"

/* What a leaf is written as. */
struct compose_part {
	const char *type;    /* "application/pdf", lower case */
	const char *charset; /* of a text; "" */
	const char *name;    /* UTF-8; "": no file, shown inline */
	struct view content; /* decoded */
	bool raw;            /* a message: as it is, not encoded */
	const char *cid;     /* by which a text shows it; NULL: it is a file */
};

/* `Name: text`, encoded where it is not plain ASCII, and folded. */
void compose_text_field(struct buffer *out, const char *name, const char *text);

/* One phrase of an address list: an atom, a quoted string or encoded words.
 * `column` is where the line stands; returns where it stands then. */
size_t compose_phrase(struct buffer *out, size_t column, const char *text);

/* Header fields and body of a leaf; the header ends in an empty line. */
void compose_leaf(struct buffer *out, const struct compose_part *part);

/* A boundary that follows from the parts alone: the same message has the same,
 * and who writes a part cannot know it. */
void compose_boundary(const struct compose_part *parts, size_t count,
		      char ret_boundary[64]);

#endif
