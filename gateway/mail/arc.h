/*
 * ARC (RFC 8617): our word, signed, for what we found when the message came.
 * The message is of our own writer, so the first set of a chain is all there
 * can be: i=1, cv=none.
 */
#ifndef SEKISHO_GATEWAY_MAIL_ARC_H
#define SEKISHO_GATEWAY_MAIL_ARC_H

#include "base/buffer.h"

struct arc_key; /* NULL: nothing is signed */

/* Loads a private key, RSA of 2048 bits or more, from a PEM file that nobody
 * else can read. "": none. -ERR_CONFIG. */
int arc_key_load(const char *path, struct arc_key **ret_key) MUST_CHECK;

struct arc_signer {
	const struct arc_key *key;
	const char *domain;   /* d= */
	const char *selector; /* s= */
	uint64_t seconds;     /* t= */
};

/*
 * Appends the three fields of a set, each with its CR LF, for a message with
 * lines in CR LF. What ARC-Authentication-Results says is the value of the
 * message's first Authentication-Results; without one nothing is appended.
 * -ERR_MALFORMED, -ERR_MEMORY.
 */
int arc_seal(const struct arc_signer *signer, struct view message,
	     struct buffer *out) MUST_CHECK;

#endif
