/*
 * The new message, which our own writer made and other parsers read, taken
 * apart into header fields and body for a protocol that wants them so. This
 * knows nothing but the lines of that writer; anything else is refused.
 */
#ifndef SEKISHO_GATEWAY_MAIL_SPLIT_H
#define SEKISHO_GATEWAY_MAIL_SPLIT_H

#include "base/buffer.h"

enum { SPLIT_FIELDS_MAX = 512, SPLIT_LINE_MAX = 998 };

struct split_field {
	struct view name;
	struct view value; /* with the space behind the colon and the CRLFs of
			      continued lines, without the last one */
};

struct split {
	struct split_field fields[SPLIT_FIELDS_MAX];
	size_t count;
	struct view body;
};

/* Views into `message`. -ERR_MALFORMED: not ASCII lines of at most 998 bytes
 * with CRLF, a field without a name, no empty line. */
int split_message(struct view message, struct split *ret_split) MUST_CHECK;

#endif
