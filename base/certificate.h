/*
 * The certificate that goes along with an output: one line of JSON in one
 * spelling, signed with the gateway's certificate key.
 *
 *   {"certificate":1,"node":"…",…},"signature":"NODE BASE64"}
 *
 * What is signed is a word of its own and everything before `,"signature"`. So
 * the signature is checked before a parser sees a byte of it.
 */
#ifndef SEKISHO_BASE_CERTIFICATE_H
#define SEKISHO_BASE_CERTIFICATE_H

#include "base/signer.h"

enum { CERTIFICATE_MAX = 16 * 1024, CERTIFICATE_PARTS_MAX = 100 };

/* Appends the signature and the end to `buffer`, which holds the certificate
 * so far: an object whose last brace is missing. */
void certificate_sign(struct buffer *buffer, const struct signer *signer);

/*
 * Checks the signature. `ret_body` is the object without its last brace and
 * signature. -ERR_MALFORMED: no certificate; -ERR_NOT_FOUND: of another key;
 * -ERR_STALE: the signature is wrong.
 */
int certificate_check(struct view text, const struct signer *signer,
		      struct view *ret_body) MUST_CHECK;

#endif
