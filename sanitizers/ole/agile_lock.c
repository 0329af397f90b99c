/*
 * Agile encryption: [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15.
 */
#include "sanitizers/ole/lock_internal.h"

#include "base/banned.h"

/* [MS-OFFCRYPTO] 2.3.4.11, 2.3.4.13, 2.3.4.14: what each key is for. */
const uint8_t lock_for_verifier[LOCK_PURPOSE_SIZE] = {0xFE, 0xA7, 0xD2, 0x76,
						      0x3B, 0x4B, 0x9E, 0x79};
const uint8_t lock_for_verifier_hash[LOCK_PURPOSE_SIZE] = {
    0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E};
const uint8_t lock_for_key[LOCK_PURPOSE_SIZE] = {0x14, 0x6E, 0x0B, 0xE7,
						 0xAB, 0xAC, 0xD0, 0xD6};
const uint8_t lock_for_hmac_key[LOCK_PURPOSE_SIZE] = {0x5F, 0xB2, 0xAD, 0x01,
						      0x0C, 0xB9, 0xE1, 0xF6};
const uint8_t lock_for_hmac_value[LOCK_PURPOSE_SIZE] = {0xA0, 0x67, 0x7F, 0x02,
							0xB2, 0x2C, 0x84, 0x33};

void lock_agile_value_key(const struct lock_cipher *cipher,
			  const uint8_t hash[DIGEST_MAX],
			  const uint8_t purpose[LOCK_PURPOSE_SIZE],
			  uint8_t ret_key[CIPHER_KEY_MAX],
			  uint8_t ret_start[CIPHER_BLOCK])
{
	uint8_t derived[DIGEST_MAX];

	digest_of(cipher->digest, view_of(hash, digest_size(cipher->digest)),
		  view_of(purpose, LOCK_PURPOSE_SIZE), derived);
	lock_fit(ret_key, cipher->key_size,
		 view_of(derived, digest_size(cipher->digest)));
	lock_fit(ret_start, CIPHER_BLOCK, cipher->salt);
	explicit_bzero(derived, sizeof(derived));
}

/* Decrypts one of the values beside the package. They are a few blocks. */
static bool agile_value(const struct lock_agile *agile,
			const uint8_t hash[DIGEST_MAX],
			const uint8_t purpose[LOCK_PURPOSE_SIZE],
			struct view value, uint8_t ret_value[DIGEST_MAX])
{
	const struct lock_cipher *cipher = &agile->key;
	uint8_t start[CIPHER_BLOCK];
	uint8_t key[CIPHER_KEY_MAX];
	bool done;

	lock_agile_value_key(cipher, hash, purpose, key, start);
	done = cipher_cbc_decrypt(view_of(key, cipher->key_size), start, value,
				  ret_value);
	explicit_bzero(key, sizeof(key));
	return done;
}

static bool agile_fits(const struct lock_agile *agile,
		       const uint8_t hash[DIGEST_MAX])
{
	size_t size = digest_size(agile->key.digest);
	uint8_t verifier[DIGEST_MAX];
	uint8_t expected[DIGEST_MAX];
	uint8_t found[DIGEST_MAX];
	bool fits = false;

	if (agile_value(agile, hash, lock_for_verifier, agile->verifier,
			verifier) &&
	    agile_value(agile, hash, lock_for_verifier_hash,
			agile->verifier_hash, expected)) {
		digest_of(agile->key.digest,
			  view_of(verifier, agile->key.salt.size),
			  view_of(NULL, 0), found);
		fits = cipher_equal(found, expected, size);
	}
	explicit_bzero(verifier, sizeof(verifier));
	explicit_bzero(expected, sizeof(expected));
	explicit_bzero(found, sizeof(found));
	return fits;
}

int lock_agile_open(const struct lock_agile *agile,
		    const struct lock_password *password,
		    struct lock_key *ret_key)
{
	uint8_t hash[DIGEST_MAX];
	uint8_t value[DIGEST_MAX];
	int error = -ERR_PASSWORD_WRONG;

	lock_spin(agile->key.digest, agile->key.salt, password, agile->spin,
		  hash);
	if (agile_fits(agile, hash) &&
	    agile_value(agile, hash, lock_for_key, agile->key_value, value)) {
		lock_fit(ret_key->bytes, agile->data.key_size,
			 view_of(value, agile->data.key_size));
		ret_key->size = agile->data.key_size;
		error = 0;
	}
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(value, sizeof(value));
	return error;
}

void lock_agile_start(const struct lock_agile *agile, struct view purpose,
		      uint8_t ret_start[CIPHER_BLOCK])
{
	uint8_t hash[DIGEST_MAX];

	digest_of(agile->data.digest, agile->data.salt, purpose, hash);
	lock_fit(ret_start, CIPHER_BLOCK,
		 view_of(hash, digest_size(agile->data.digest)));
}

static bool agile_data_value(const struct lock_agile *agile,
			     const struct lock_key *key,
			     const uint8_t purpose[LOCK_PURPOSE_SIZE],
			     struct view value, uint8_t ret_value[DIGEST_MAX])
{
	uint8_t start[CIPHER_BLOCK];

	lock_agile_start(agile, view_of(purpose, LOCK_PURPOSE_SIZE), start);
	return cipher_cbc_decrypt(view_of(key->bytes, key->size), start, value,
				  ret_value);
}

/* The HMAC is over the whole stream, its size field with it. */
int lock_agile_check(const struct lock_agile *agile, const struct lock_key *key,
		     struct view content)
{
	size_t size = digest_size(agile->data.digest);
	uint8_t secret[DIGEST_MAX];
	uint8_t expected[DIGEST_MAX];
	uint8_t found[DIGEST_MAX];
	int error = -ERR_ENCRYPTION_CHANGED;

	if (agile->hmac_key.size == 0)
		return 0;
	if (agile_data_value(agile, key, lock_for_hmac_key, agile->hmac_key,
			     secret) &&
	    agile_data_value(agile, key, lock_for_hmac_value, agile->hmac_value,
			     expected)) {
		digest_hmac(agile->data.digest, view_of(secret, size), content,
			    found);
		if (cipher_equal(found, expected, size))
			error = 0;
	}
	explicit_bzero(secret, sizeof(secret));
	return error;
}

bool lock_agile_decrypt(const struct lock_agile *agile,
			const struct lock_key *key, struct view body,
			uint8_t *to)
{
	uint32_t number = 0;

	for (size_t at = 0; at < body.size; at += LOCK_SEGMENT) {
		uint8_t start[CIPHER_BLOCK];
		uint8_t count[4];

		lock_put_u32le(count, number++);
		lock_agile_start(agile, view_of(count, sizeof(count)), start);
		if (!cipher_cbc_decrypt(view_of(key->bytes, key->size), start,
					view_slice(body, at, LOCK_SEGMENT),
					to + at))
			return false;
	}
	return true;
}
