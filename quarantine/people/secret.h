/*
 * What accounts keep secret, at rest: sealed with a key that is derived from
 * the vault's and bound to what it is and whose, so that no row can be put in
 * the place of another.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_SECRET_H
#define SEKISHO_QUARANTINE_PEOPLE_SECRET_H

#include "quarantine/store.h"

enum { SECRET_EXTRA = 24 + 16 };

/* `kind` is a literal ("password"); appends size + SECRET_EXTRA bytes. */
void secret_write(const struct store *store, const char *kind, int64_t user,
		  struct view secret, struct buffer *buffer);

/* -ERR_MALFORMED: altered, of another user or kind, or larger than `size`. */
int secret_read(const struct store *store, const char *kind, int64_t user,
		struct view sealed, uint8_t *secret, size_t size,
		size_t *ret_size) MUST_CHECK;

/* A keyed hash of what is random enough by itself: recovery codes. */
void secret_hash(const struct store *store, const char *kind, int64_t user,
		 struct view secret, uint8_t ret_hash[HASH_SIZE]);

#endif
