/*
 * The text of header fields: encoded words (RFC 2047) and what mailers write
 * in their place, raw bytes in any encoding of Japanese offices.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_HEADER_H
#define SEKISHO_SANITIZERS_MAIL_HEADER_H

#include "base/arena.h"
#include "base/buffer.h"

enum { HEADER_TEXT_MAX = 64 * 1024 };

/*
 * Decodes a value that is on one line into readable UTF-8 (text.h); words in
 * the same charset that follow each other are joined before they are decoded,
 * because mailers cut within characters. Blanks at both ends go. NULL when out
 * of memory.
 */
const char *header_decode(struct arena *arena, struct view value);

/* The name that parameters of one kind ("filename") spell together: sections
 * in their order, percent signs and charset taken out (RFC 2231 section 3 and
 * 4). NULL: there is none in extended or split form, or out of memory. */
struct mail_parameters;
const char *header_decode_split(struct arena *arena,
				const struct mail_parameters *parameters,
				const char *name);

#endif
