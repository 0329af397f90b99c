/*
 * How Excel 5 to 2003 and Word 6 to 2003 obfuscate with a password: XOR with 16
 * bytes made from it ([MS-OFFCRYPTO] 2.3.7). Two numbers of 16 bits say whether
 * it is the right one.
 */
#ifndef SEKISHO_SANITIZERS_OLE_XOR_LOCK_H
#define SEKISHO_SANITIZERS_OLE_XOR_LOCK_H

#include "sanitizers/job.h"

enum {
	XOR_LOCK_KEY = 16,
	XOR_LOCK_PASSWORD = 15, /* the longest, in bytes */
};

/* By how many bits the bytes of the key are turned. */
enum xor_lock_turn { XOR_LOCK_EXCEL = 2, XOR_LOCK_WORD = 7 };

struct xor_lock {
	uint16_t key;
	uint16_t hash;
	enum xor_lock_turn turn;
};

/* To be wiped. */
struct xor_key {
	uint8_t bytes[XOR_LOCK_KEY];
};

/* Tries the passwords as job_find_password() does, each in CP932 and in the low
 * bytes of its UTF-16. */
int xor_lock_open(struct job *job, const struct xor_lock *lock,
		  const char *usual, struct xor_key *ret_key) MUST_CHECK;

static inline uint8_t xor_lock_turned(uint8_t byte, unsigned bits)
{
	return (uint8_t)(byte << bits | byte >> (8 - bits));
}

#endif
