/*
 * What encoded.c asks of each encoding.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_ENCODED_SORTS_H
#define SEKISHO_SANITIZERS_MAIL_ENCODED_SORTS_H

#include "sanitizers/mail/encoded.h"

/* The line at `*offset` without its end; moves behind it. data is NULL at the
 * end of the text. */
struct view encoded_line(struct view text, size_t *offset);

/*
 * Reads the block that begins with the line at `begin`. ret_block->sort stays
 * NULL where there is none. -ERR_MEMORY.
 */
int uuencode_read(struct arena *arena, struct view text, size_t begin,
		  struct encoded_block *ret_block) MUST_CHECK;
int yenc_read(struct arena *arena, struct view text, size_t begin,
	      struct encoded_block *ret_block) MUST_CHECK;
int binhex_read(struct arena *arena, struct view text, size_t begin,
		struct encoded_block *ret_block) MUST_CHECK;

#endif
