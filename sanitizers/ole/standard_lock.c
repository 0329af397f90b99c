/*
 * Standard encryption: [MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9.
 */
#include "sanitizers/ole/lock_internal.h"

#include "base/banned.h"

static void standard_half(const uint8_t hash[DIGEST_MAX], uint8_t fill,
			  uint8_t *ret_half)
{
	size_t size = digest_size(DIGEST_SHA1);
	uint8_t block[64];
	uint8_t half[DIGEST_MAX];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i < size ? hash[i] ^ fill : fill);
	digest_of(DIGEST_SHA1, view_of(block, sizeof(block)), view_of(NULL, 0),
		  half);
	lock_fit(ret_half, size, view_of(half, size));
	explicit_bzero(block, sizeof(block));
	explicit_bzero(half, sizeof(half));
}

int lock_standard_open(const struct lock_standard *standard,
		       const struct lock_password *password,
		       struct lock_key *ret_key)
{
	static const uint8_t block_number[4];
	size_t size = digest_size(DIGEST_SHA1);
	uint8_t hash[DIGEST_MAX];
	uint8_t derived[2 * DIGEST_MAX];
	uint8_t plain[CIPHER_BLOCK];
	uint8_t expected[2 * CIPHER_BLOCK];
	int error = -ERR_PASSWORD_WRONG;

	lock_spin(DIGEST_SHA1, standard->salt, password, LOCK_STANDARD_SPIN,
		  hash);
	digest_of(DIGEST_SHA1, view_of(hash, size),
		  view_of(block_number, sizeof(block_number)), hash);
	standard_half(hash, 0x36, derived);
	standard_half(hash, 0x5C, derived + size);
	lock_fit(ret_key->bytes, standard->key_size,
		 view_of(derived, 2 * size));
	ret_key->size = standard->key_size;
	if (cipher_ecb_decrypt(view_of(ret_key->bytes, ret_key->size),
			       standard->verifier, plain) &&
	    cipher_ecb_decrypt(view_of(ret_key->bytes, ret_key->size),
			       standard->verifier_hash, expected)) {
		digest_of(DIGEST_SHA1, view_of(plain, sizeof(plain)),
			  view_of(NULL, 0), hash);
		if (cipher_equal(hash, expected, size))
			error = 0;
	}
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(derived, sizeof(derived));
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(expected, sizeof(expected));
	return error;
}
