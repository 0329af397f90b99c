/*
 * Texts that OpenPGP signed where they stand (RFC 4880 section 7).
 */
#ifndef SEKISHO_SANITIZERS_MAIL_CLEAR_H
#define SEKISHO_SANITIZERS_MAIL_CLEAR_H

#include "base/arena.h"
#include "base/view.h"

struct clear_block {
	size_t begin;     /* of the first line, in bytes */
	size_t end;       /* behind the last one; 0: there is no block */
	struct view text; /* what is signed, without the marks in front of
			     dashes; in the arena */
};

/* The first block that is complete: one with any other field than Hash in
 * front of its text is none. -ERR_MEMORY. */
int clear_find(struct arena *arena, struct view text,
	       struct clear_block *ret_block) MUST_CHECK;

/* Whether a line of the text begins a message that OpenPGP encrypted. */
bool clear_is_encrypted(struct view text);

#endif
