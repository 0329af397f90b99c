#include "quarantine/people/secret.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

enum { SEAL_KEY = 1, HASH_KEY = 2, CONTEXT_SIZE_MAX = 64 };

_Static_assert((int)KEY_SIZE == (int)crypto_kdf_KEYBYTES, "vault's key");

static void derive(const struct store *store, uint64_t which,
		   uint8_t ret_key[32])
{
	(void)crypto_kdf_derive_from_key(ret_key, 32, which, "people__",
					 store->vault_key);
}

static size_t write_context(char context[CONTEXT_SIZE_MAX], const char *kind,
			    int64_t user)
{
	return (size_t)snprintf(context, CONTEXT_SIZE_MAX, "%s:%" PRId64, kind,
				user);
}

void secret_write(const struct store *store, const char *kind, int64_t user,
		  struct view secret, struct buffer *buffer)
{
	char context[CONTEXT_SIZE_MAX];
	size_t length = write_context(context, kind, user);
	uint8_t key[32];
	uint8_t *room = buffer_room(buffer, secret.size + SECRET_EXTRA);

	if (room == NULL)
		return;
	derive(store, SEAL_KEY, key);
	randombytes_buf(room, 24);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    room + 24, NULL, secret.data, secret.size, (uint8_t *)context,
	    length, NULL, room, key);
	buffer_took(buffer, secret.size + SECRET_EXTRA);
	sodium_memzero(key, sizeof(key));
}

int secret_read(const struct store *store, const char *kind, int64_t user,
		struct view sealed, uint8_t *secret, size_t size,
		size_t *ret_size)
{
	char context[CONTEXT_SIZE_MAX];
	size_t length = write_context(context, kind, user);
	uint8_t key[32];
	unsigned long long got = 0;
	int result;

	if (sealed.size < SECRET_EXTRA || sealed.size - SECRET_EXTRA > size)
		return -ERR_MALFORMED;
	derive(store, SEAL_KEY, key);
	result = crypto_aead_xchacha20poly1305_ietf_decrypt(
	    secret, &got, NULL, sealed.data + 24, sealed.size - 24,
	    (uint8_t *)context, length, sealed.data, key);
	sodium_memzero(key, sizeof(key));
	if (result != 0)
		return -ERR_MALFORMED;
	*ret_size = (size_t)got;
	return 0;
}

void secret_hash(const struct store *store, const char *kind, int64_t user,
		 struct view secret, uint8_t ret_hash[HASH_SIZE])
{
	char context[CONTEXT_SIZE_MAX];
	size_t length = write_context(context, kind, user);
	crypto_generichash_state state;
	uint8_t key[32];

	derive(store, HASH_KEY, key);
	(void)crypto_generichash_init(&state, key, sizeof(key), HASH_SIZE);
	(void)crypto_generichash_update(&state, (uint8_t *)context, length + 1);
	(void)crypto_generichash_update(&state, secret.data, secret.size);
	(void)crypto_generichash_final(&state, ret_hash, HASH_SIZE);
	sodium_memzero(key, sizeof(key));
}
