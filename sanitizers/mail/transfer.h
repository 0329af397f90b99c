/*
 * Transfer encodings (RFC 2045 section 6), read strictly: what two decoders
 * would read differently is said.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TRANSFER_H
#define SEKISHO_SANITIZERS_MAIL_TRANSFER_H

#include "base/arena.h"
#include "sanitizers/mail/tokenizer.h"

/*
 * The decoded body; in the arena, or the body itself where nothing is encoded.
 * `ret_damaged` says that the encoding is broken: characters that are not of
 * it, padding in the middle, a group that is cut off, data behind the end.
 * -ERR_MEMORY.
 */
int transfer_decode(struct arena *arena, struct view body,
		    enum mail_encoding encoding, struct view *ret_content,
		    bool *ret_damaged) MUST_CHECK;

/* The bytes that this much of text in base64 stands for at most. */
static inline size_t transfer_base64_room(size_t size)
{
	return size / 4 * 3 + 3;
}

/* Decodes base64 into `to`, which has the room; returns how many bytes. */
size_t transfer_base64(struct view text, uint8_t *to, bool *ret_damaged);

/* Quoted-printable into `to`, which has room for text.size bytes. */
size_t transfer_quoted(struct view text, uint8_t *to, bool *ret_damaged);

/* With every line in CR LF, as it is when it is signed; its data is NULL when
 * out of memory. */
struct view transfer_canonical(struct arena *arena, struct view raw) MUST_CHECK;

#endif
