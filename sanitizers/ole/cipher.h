/*
 * The primitives of locked documents ([MS-OFFCRYPTO]), chosen by name or
 * number, over nettle.
 */
#ifndef SEKISHO_SANITIZERS_OLE_CIPHER_H
#define SEKISHO_SANITIZERS_OLE_CIPHER_H

#include "base/view.h"

enum {
	CIPHER_BLOCK = 16,
	CIPHER_KEY_MAX = 32,
	DIGEST_MAX = 64,
};

enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

/* "SHA1", "SHA-1", "SHA256"...; false for others. */
bool digest_by_name(const char *name, enum digest *ret_digest);

/* Bytes. */
size_t digest_size(enum digest digest);

/* Of `a` with `b` behind it, either may be empty; `ret_digest` may lie in
 * them. */
void digest_of(enum digest digest, struct view a, struct view b,
	       uint8_t ret_digest[DIGEST_MAX]);

/* HMAC (RFC 2104). */
void digest_hmac(enum digest digest, struct view key, struct view bytes,
		 uint8_t ret_digest[DIGEST_MAX]);

/* AES with a key of 16, 24 or 32 bytes over whole blocks; `to` is as large as
 * `from`. false, and nothing written, for other sizes. */
bool cipher_cbc_decrypt(struct view key, const uint8_t start[CIPHER_BLOCK],
			struct view from, uint8_t *to) MUST_CHECK;
bool cipher_ecb_decrypt(struct view key, struct view from,
			uint8_t *to) MUST_CHECK;

/* The same the other way round. */
bool cipher_cbc_encrypt(struct view key, const uint8_t start[CIPHER_BLOCK],
			struct view from, uint8_t *to) MUST_CHECK;

/* In constant time. */
bool cipher_equal(const uint8_t *a, const uint8_t *b, size_t size);

#endif
