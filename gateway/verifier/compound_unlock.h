/*
 * doc, xls and ppt that were locked again with the password that opened them:
 * opened here by OpenSSL's SHA-1, an RC4 of its own and libgsf, which shares
 * nothing with what locked them, and made into what they are without.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_COMPOUND_UNLOCK_H
#define SEKISHO_GATEWAY_VERIFIER_COMPOUND_UNLOCK_H

#include "gateway/verifier/compound_streams.h"

enum { UNLOCK_HASH = 20, UNLOCK_HEADER = 198 };

struct unlock {
	struct check *check;
	struct compound_streams streams; /* bytes may be written to */
	uint8_t base[UNLOCK_HASH];       /* of all keys; to be wiped */
};

/*
 * The file to be checked: the output itself, or, where it is locked and the
 * policy may lock it, a plain one in the arena. check_fail() with
 * -ERR_VERIFY_RESIDUE: none of the passwords opens it;
 * -ERR_VERIFY_MALFORMED: it is not locked as it should be.
 */
int compound_unlock(struct check *check, struct view *ret_plain) MUST_CHECK;

/* ---- between its parts ---- */

/* The stream of this name; NULL when there is none. */
struct view *unlock_stream(struct unlock *unlock, const char *name);

/* Bytes of a stream, to be written to. */
void unlock_put(struct view bytes, size_t at, uint32_t value, size_t width);

/* Finds the password of the header, which is exactly this one. */
int unlock_key(struct unlock *unlock, struct view header) MUST_CHECK;

/* Decrypts `size` bytes at `at` as block `number`, or in blocks of `block`
 * bytes counted from the beginning. */
int unlock_block(struct unlock *unlock, uint32_t number, struct view bytes,
		 size_t at, size_t size) MUST_CHECK;
int unlock_blocks(struct unlock *unlock, size_t block, struct view bytes,
		  size_t at) MUST_CHECK;

/* compound_relocked.c: each where its mark is there; false in `ret_locked`
 * where it is not. */
int unlock_doc(struct unlock *unlock, bool *ret_locked) MUST_CHECK;
int unlock_xls(struct unlock *unlock, bool *ret_locked) MUST_CHECK;
int unlock_ppt(struct unlock *unlock, bool *ret_locked) MUST_CHECK;

#endif
