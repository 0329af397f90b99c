/*
 * How the streams of doc, xls and ppt are locked with a password: RC4 with a
 * key of 40 bits ([MS-OFFCRYPTO] 2.3.6) and RC4 by CryptoAPI (2.3.5). Each
 * block of a stream has a key of its own, made from its number.
 */
#ifndef SEKISHO_SANITIZERS_OLE_STREAM_LOCK_H
#define SEKISHO_SANITIZERS_OLE_STREAM_LOCK_H

#include "sanitizers/job.h"
#include "sanitizers/ole/lock.h"

enum { STREAM_LOCK_SALT = 16, STREAM_LOCK_HASH = 20 };

struct stream_lock {
	bool by_api;     /* CryptoAPI */
	size_t key_size; /* bytes */
	uint8_t salt[STREAM_LOCK_SALT];
	uint8_t verifier[STREAM_LOCK_SALT];
	uint8_t hash[STREAM_LOCK_HASH];
};

/* To be wiped. */
struct stream_key {
	bool by_api;
	size_t key_size;
	uint8_t base[STREAM_LOCK_HASH]; /* what keys of blocks are made of */
};

/*
 * Reads the header of the encryption, with its version in front.
 * -ERR_TRUNCATED, -ERR_MALFORMED; -ERR_ENCRYPTION_UNSUPPORTED for another
 * cipher or hash.
 */
int stream_lock_read(struct view header,
		     struct stream_lock *ret_lock) MUST_CHECK;

/* Tries the passwords of the job, then `usual`, with which the program locks
 * without being asked (NULL: none). -ERR_ENCRYPTED: the job has none;
 * -ERR_PASSWORD_WRONG. */
int stream_lock_open(struct job *job, const struct stream_lock *lock,
		     const char *usual, struct stream_key *ret_key) MUST_CHECK;

/* Encrypts or decrypts in place, which is the same, what lies from `offset` of
 * a stream on, in blocks of `block` bytes counted from the stream's beginning.
 */
void stream_lock_crypt(const struct stream_key *key, size_t block,
		       size_t offset, uint8_t *bytes, size_t size);

/* The same for one block of any size, from its beginning. */
void stream_lock_crypt_block(const struct stream_key *key, uint32_t number,
			     uint8_t *bytes, size_t size);

/*
 * A lock of the best kind that these formats have, RC4 of 128 bits by
 * CryptoAPI: appends its header, with its version in front, to `header`. What
 * others choose at random follows from `content`, as in lock_write().
 * -ERR_INTERNAL: a password that opens nothing; -ERR_MEMORY.
 */
int stream_lock_write(const char *password, struct view content,
		      struct buffer *header,
		      struct stream_key *ret_key) MUST_CHECK;

#endif
