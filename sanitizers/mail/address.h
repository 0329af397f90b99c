/*
 * Address lists (RFC 5322 section 3.4) read with tolerance and written anew.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_ADDRESS_H
#define SEKISHO_SANITIZERS_MAIL_ADDRESS_H

#include "base/arena.h"
#include "base/buffer.h"

enum { ADDRESSES_MAX = 2000 };

struct text_losses;

/*
 * Appends `Name: ` and the addresses of a value on one line, folded. What is
 * no address stays as the name of an empty group, which nobody can answer to
 * and everybody can read; `ret_mended` counts those. Comments go. Nothing is
 * written when there is nothing. -ERR_LIMIT_MEMBERS, -ERR_MEMORY.
 */
int address_write_field(struct arena *arena, struct buffer *out,
			const char *name, struct view value, size_t *ret_mended,
			struct text_losses *losses) MUST_CHECK;

/* The address of a value that holds one and nothing else; NULL. */
const char *address_only(struct arena *arena, struct view value);

#endif
