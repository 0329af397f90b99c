/*
 * Shared by the two ways to lock a document.
 */
#ifndef SEKISHO_SANITIZERS_OLE_LOCK_INTERNAL_H
#define SEKISHO_SANITIZERS_OLE_LOCK_INTERNAL_H

#include "sanitizers/ole/lock.h"

enum { LOCK_STANDARD_SPIN = 50000 };

void lock_put_u32le(uint8_t bytes[4], uint32_t value);

/* The hash of salt and password, hashed again `spin` times with a count. */
void lock_spin(enum digest digest, struct view salt,
	       const struct lock_password *password, uint32_t spin,
	       uint8_t hash[DIGEST_MAX]);

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
