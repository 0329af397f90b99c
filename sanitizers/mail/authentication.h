/*
 * Who vouches for a message as it came (RFC 6376), checked in the sandbox with
 * keys that a mail door has asked for.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_AUTHENTICATION_H
#define SEKISHO_SANITIZERS_MAIL_AUTHENTICATION_H

#include "base/buffer.h"
#include "sanitizers/mail/tokenizer.h"

/* Ours is the only one in a new message (RFC 8601). */
#define AUTHENTICATION_FIELD "Authentication-Results"

/* Once, before the sandbox. */
int authentication_prepare(void) MUST_CHECK;

/*
 * Checks the message of which these are header and raw body. `given` is what
 * the door says: its own name, then a line for each key, "NAME TEXT", or
 * "NAME" alone where nobody answered. The field's value in one line, the
 * results behind "; ". -ERR_MEMORY.
 */
int authentication_check(struct arena *arena, const struct mail_field *fields,
			 struct view body, struct view given,
			 const char **ret_value) MUST_CHECK;

/* Writes the field, one result a line; a value with anything but visible ASCII
 * and blanks is left out. */
void authentication_write(struct buffer *out, struct view value);

#endif
