/*
 * The text of header fields: encoded words (RFC 2047) and what mailers write
 * in their place, raw bytes in any encoding of Japanese offices.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_HEADER_H
#define SEKISHO_SANITIZERS_MAIL_HEADER_H

#include "base/arena.h"
#include "base/buffer.h"

struct mail_parameters;
struct text_losses;

enum { HEADER_TEXT_MAX = 64 * 1024 };

/*
 * Decodes a value that is on one line into readable UTF-8 (text.h); words in
 * the same charset that follow each other are joined before they are decoded,
 * because mailers cut within characters. Blanks at both ends go; what is taken
 * out is counted in `losses`. NULL when out of memory.
 */
const char *header_decode(struct arena *arena, struct view value,
			  struct text_losses *losses);

/* The name that one kind of parameters ("filename") spell: `filename*=`, or
 * with `sections` `filename*0*=` and on together (RFC 2231 sections 3 and 4).
 * NULL: there is none, or out of memory. */
const char *header_decode_split(struct arena *arena,
				const struct mail_parameters *parameters,
				const char *name, bool sections,
				struct text_losses *losses);

#endif
