/*
 * Shared by the two ways to lock a document.
 */
#ifndef SEKISHO_SANITIZERS_OLE_LOCK_INTERNAL_H
#define SEKISHO_SANITIZERS_OLE_LOCK_INTERNAL_H

#include "sanitizers/ole/lock.h"

enum {
	LOCK_STANDARD_SPIN = 50000,
	LOCK_PURPOSE_SIZE = 8,
	LOCK_SEGMENT = 4096, /* of a package; each has a start of its own */
};

/* What each key of agile encryption is for ([MS-OFFCRYPTO] 2.3.4.11, 2.3.4.13,
 * 2.3.4.14). */
extern const uint8_t lock_for_verifier[LOCK_PURPOSE_SIZE];
extern const uint8_t lock_for_verifier_hash[LOCK_PURPOSE_SIZE];
extern const uint8_t lock_for_key[LOCK_PURPOSE_SIZE];
extern const uint8_t lock_for_hmac_key[LOCK_PURPOSE_SIZE];
extern const uint8_t lock_for_hmac_value[LOCK_PURPOSE_SIZE];

/* Key and start of one of the values that the password opens; `hash` is what
 * lock_spin() made of it. */
void lock_agile_value_key(const struct lock_cipher *cipher,
			  const uint8_t hash[DIGEST_MAX],
			  const uint8_t purpose[LOCK_PURPOSE_SIZE],
			  uint8_t ret_key[CIPHER_KEY_MAX],
			  uint8_t ret_start[CIPHER_BLOCK]);

/* Where the chaining of a part of the package starts: for a segment its
 * number, else what the key is for. */
void lock_agile_start(const struct lock_agile *agile, struct view purpose,
		      uint8_t ret_start[CIPHER_BLOCK]);

void lock_put_u32le(uint8_t bytes[4], uint32_t value);

/* The hash of salt and password, hashed again `spin` times with a count. */
void lock_spin(enum digest digest, struct view salt,
	       const struct lock_password *password, uint32_t spin,
	       uint8_t hash[DIGEST_MAX]);

/* What others choose at random: from the content, so that the same document is
 * the same file; up to DIGEST_MAX bytes. */
void lock_choose(const char *label, struct view content, uint8_t *to,
		 size_t size);

/* A value made as long as is needed, cut or filled with 0x36. */
void lock_fit(uint8_t *to, size_t wanted, struct view from);

int lock_agile_open(const struct lock_agile *agile,
		    const struct lock_password *password,
		    struct lock_key *ret_key) MUST_CHECK;
int lock_standard_open(const struct lock_standard *standard,
		       const struct lock_password *password,
		       struct lock_key *ret_key) MUST_CHECK;

/* -ERR_ENCRYPTION_CHANGED where the HMAC of the stream is another one. */
int lock_agile_check(const struct lock_agile *agile, const struct lock_key *key,
		     struct view content) MUST_CHECK;

/* `to` is as large as `body`, which is whole blocks. */
bool lock_agile_decrypt(const struct lock_agile *agile,
			const struct lock_key *key, struct view body,
			uint8_t *to) MUST_CHECK;

#endif
