#include "sanitizers/ole/cipher.h"

#include "base/bytes.h"

#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/memops.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/banned.h"

enum { HMAC_BLOCK_MAX = 128 };

union hash {
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512; /* SHA-384, too */
};

bool digest_by_name(const char *name, enum digest *ret_digest)
{
	static const struct {
		const char *name;
		enum digest digest;
	} names[] = {
	    {"SHA1", DIGEST_SHA1},     {"SHA-1", DIGEST_SHA1},
	    {"SHA256", DIGEST_SHA256}, {"SHA-256", DIGEST_SHA256},
	    {"SHA384", DIGEST_SHA384}, {"SHA-384", DIGEST_SHA384},
	    {"SHA512", DIGEST_SHA512}, {"SHA-512", DIGEST_SHA512},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0) {
			*ret_digest = names[i].digest;
			return true;
		}
	return false;
}

static const struct nettle_hash *hash_for(enum digest digest)
{
	switch (digest) {
	case DIGEST_SHA1:
		return &nettle_sha1;
	case DIGEST_SHA256:
		return &nettle_sha256;
	case DIGEST_SHA384:
		return &nettle_sha384;
	case DIGEST_SHA512:
		break;
	}
	return &nettle_sha512;
}

size_t digest_size(enum digest digest)
{
	return hash_for(digest)->digest_size;
}

void digest_of(enum digest digest, struct view a, struct view b,
	       uint8_t ret_digest[DIGEST_MAX])
{
	const struct nettle_hash *hash = hash_for(digest);
	union hash state;

	hash->init(&state);
	if (a.size > 0)
		hash->update(&state, a.size, a.data);
	if (b.size > 0)
		hash->update(&state, b.size, b.data);
	hash->digest(&state, hash->digest_size, ret_digest);
	/* Its last block stays in it. */
	explicit_bzero(&state, sizeof(state));
}

void digest_hmac(enum digest digest, struct view key, struct view bytes,
		 uint8_t ret_digest[DIGEST_MAX])
{
	size_t block = hash_for(digest)->block_size;
	uint8_t inner[HMAC_BLOCK_MAX] = {0};
	uint8_t outer[HMAC_BLOCK_MAX];

	if (!bytes_copy(inner, block, key))
		digest_of(digest, key, view_of(NULL, 0), inner);
	for (size_t i = 0; i < block; i++) {
		outer[i] = inner[i] ^ 0x5C;
		inner[i] ^= 0x36;
	}
	digest_of(digest, view_of(inner, block), bytes, ret_digest);
	digest_of(digest, view_of(outer, block),
		  view_of(ret_digest, digest_size(digest)), ret_digest);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
}

union aes {
	struct aes128_ctx aes128;
	struct aes192_ctx aes192;
	struct aes256_ctx aes256;
};

/* NULL for a size that AES has not. */
static const struct nettle_cipher *aes_begin(union aes *aes, struct view key,
					     bool encrypt)
{
	const struct nettle_cipher *cipher = NULL;

	if (key.size == AES128_KEY_SIZE)
		cipher = &nettle_aes128;
	else if (key.size == AES192_KEY_SIZE)
		cipher = &nettle_aes192;
	else if (key.size == AES256_KEY_SIZE)
		cipher = &nettle_aes256;
	if (cipher != NULL && encrypt)
		cipher->set_encrypt_key(aes, key.data);
	else if (cipher != NULL)
		cipher->set_decrypt_key(aes, key.data);
	return cipher;
}

bool cipher_cbc_decrypt(struct view key, const uint8_t start[CIPHER_BLOCK],
			struct view from, uint8_t *to)
{
	uint8_t chain[CIPHER_BLOCK];
	union aes aes;
	const struct nettle_cipher *cipher = aes_begin(&aes, key, false);

	if (cipher == NULL || from.size % CIPHER_BLOCK != 0 ||
	    !bytes_copy(chain, sizeof(chain), view_of(start, CIPHER_BLOCK)))
		return false;
	cbc_decrypt(&aes, cipher->decrypt, CIPHER_BLOCK, chain, from.size, to,
		    from.data);
	explicit_bzero(&aes, sizeof(aes));
	return true;
}

bool cipher_cbc_encrypt(struct view key, const uint8_t start[CIPHER_BLOCK],
			struct view from, uint8_t *to)
{
	uint8_t chain[CIPHER_BLOCK];
	union aes aes;
	const struct nettle_cipher *cipher = aes_begin(&aes, key, true);

	if (cipher == NULL || from.size % CIPHER_BLOCK != 0 ||
	    !bytes_copy(chain, sizeof(chain), view_of(start, CIPHER_BLOCK)))
		return false;
	cbc_encrypt(&aes, cipher->encrypt, CIPHER_BLOCK, chain, from.size, to,
		    from.data);
	explicit_bzero(&aes, sizeof(aes));
	return true;
}

bool cipher_ecb_decrypt(struct view key, struct view from, uint8_t *to)
{
	union aes aes;
	const struct nettle_cipher *cipher = aes_begin(&aes, key, false);

	if (cipher == NULL || from.size % CIPHER_BLOCK != 0)
		return false;
	cipher->decrypt(&aes, from.size, to, from.data);
	explicit_bzero(&aes, sizeof(aes));
	return true;
}

bool cipher_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	return memeql_sec(a, b, size) != 0;
}
