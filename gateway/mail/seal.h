/*
 * The seal: proof that a message came out of this gateway as it is, for these
 * recipients, not long ago (docs/mail-relay.md, decision 61).
 *
 *   X-Sekisho-Seal: v=1; t=SECONDS; n=NONCE; r=TAG,TAG...
 *
 * with one tag for each recipient, in no way that names them: the first 16
 * bytes of HMAC-SHA-256 over version, time, nonce, sender, recipient and the
 * digest of header fields and body. What relays add on the way (Received,
 * Return-Path, Delivered-To) is not covered, nor is white space in fields and
 * at the end of the body; everything else is.
 */
#ifndef SEKISHO_GATEWAY_MAIL_SEAL_H
#define SEKISHO_GATEWAY_MAIL_SEAL_H

#include "base/buffer.h"
#include "base/sha256.h"

#include <sodium.h>

#define SEAL_FIELD "X-Sekisho-Seal"

enum {
	SEAL_TAG_SIZE = 16,
	SEAL_NONCE_SIZE = 16,
	SEAL_RECIPIENTS_MAX = 1000,
};

struct seal_key {
	uint8_t *bytes; /* crypto_auth_hmacsha256_KEYBYTES of locked memory */
};

/* Reads a file of 64 hexadecimal digits. -ERR_CONFIG: not a regular file of
 * this user or root, or somebody else may read it, or it holds no key. */
int seal_key_load(const char *path, struct seal_key *ret_key) MUST_CHECK;

/* Header fields in their order, then the body in pieces. */
struct seal_digest {
	struct sha256_state state;
	uint64_t line_ends; /* CRLFs that came and may be the last */
	bool half;          /* a CR that came last */
};

void seal_digest_begin(struct seal_digest *digest);
void seal_digest_field(struct seal_digest *digest, struct view name,
		       struct view value);
void seal_digest_headers_end(struct seal_digest *digest);
void seal_digest_body(struct seal_digest *digest, struct view piece);
void seal_digest_end(struct seal_digest *digest, uint8_t ret_hash[32]);

struct seal_claim {
	uint64_t seconds; /* since 1970 */
	uint8_t nonce[SEAL_NONCE_SIZE];
	const char *sender;
	const uint8_t *hash;
};

/* The tag that a recipient has under this claim. */
void seal_tag(const struct seal_key *key, const struct seal_claim *claim,
	      const char *recipient, uint8_t ret_tag[SEAL_TAG_SIZE]);

/* The value of the field, folded with CRLF and with the space in front. */
void seal_write(const struct seal_key *key, const struct seal_claim *claim,
		char *const *recipients, size_t count, struct buffer *buffer);

struct seal {
	uint64_t seconds;
	uint8_t nonce[SEAL_NONCE_SIZE];
	size_t count;
	uint8_t tags[SEAL_RECIPIENTS_MAX][SEAL_TAG_SIZE];
};

/* Reads a field's value; -ERR_MALFORMED. */
int seal_read(struct view value, struct seal *ret_seal) MUST_CHECK;

/* Whether the seal has this tag, in constant time. */
bool seal_has_tag(const struct seal *seal, const uint8_t tag[SEAL_TAG_SIZE]);

#endif
