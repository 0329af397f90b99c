/*
 * A second reader of the same bytes, GMime: where it sees another message than
 * the tokenizer, other readers will too.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_SECOND_H
#define SEKISHO_SANITIZERS_MAIL_SECOND_H

#include "sanitizers/mail/tokenizer.h"

/* Whether this program has GMime (sanitizers/decoder/gmime.c, absent.c). */
bool second_can_read(void);

/* Once, before the sandbox. */
int second_prepare(void) MUST_CHECK;

/*
 * Reads `input` again and compares tree, types, encodings and decoded leaves
 * (`contents` by mail_part.number) with `tree`; a difference is noted there
 * as ERR_MAIL_READERS. `ret_detail` says what, "" when nothing. -ERR_MEMORY.
 */
int second_compare(struct arena *arena, struct view input,
		   struct mail_tree *tree, const struct view *contents,
		   char ret_detail[128]) MUST_CHECK;

#endif
