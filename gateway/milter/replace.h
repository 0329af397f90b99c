/*
 * Puts the new message in the place of the one that came, by way of libmilter.
 */
#ifndef SEKISHO_GATEWAY_MILTER_REPLACE_H
#define SEKISHO_GATEWAY_MILTER_REPLACE_H

#include "base/buffer.h"

#include <libmilter/mfapi.h>

/* The names of the header fields that came, each with its NUL. */
struct came {
	struct buffer names;
	size_t count;
};

/*
 * Deletes every field that came, the last first, adds those of `message` and
 * replaces the body. After a failure the message must be put off: it is
 * neither the one nor the other.
 */
int replace_message(SMFICTX *context, const struct came *came,
		    struct view message) MUST_CHECK;

#endif
