#include "sanitizers/archive/zip_crypt.h"

#include "base/bytes.h"

#include <nettle/aes.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/pbkdf2.h>
#include <zlib.h>

#include "base/banned.h"

enum {
	TRADITIONAL_HEADER = 12,
	ITERATIONS = 1000, /* of PBKDF2, fixed by the format */
	CHECK_SIZE = 2,    /* password verification value */
	MAC_SIZE = 10,
	KEY_MAX = 32,
	SALT_MAX = 16,
	STREAM_BLOCKS = 64,
};

/* ---- traditional ---- */

struct traditional {
	uint32_t key[3];
};

static uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
	return (uint32_t)get_crc_table()[(crc ^ byte) & 0xFF] ^ crc >> 8;
}

static void traditional_update(struct traditional *state, uint8_t plain)
{
	state->key[0] = crc_byte(state->key[0], plain);
	state->key[1] += state->key[0] & 0xFF;
	state->key[1] = state->key[1] * 134775813U + 1;
	state->key[2] = crc_byte(state->key[2], (uint8_t)(state->key[1] >> 24));
}

static uint8_t traditional_byte(const struct traditional *state)
{
	uint32_t word = (state->key[2] | 2) & 0xFFFF;

	return (uint8_t)(word * (word ^ 1) >> 8);
}

static struct traditional traditional_start(struct view password)
{
	struct traditional state = {{0x12345678, 0x23456789, 0x34567890}};

	for (size_t i = 0; i < password.size; i++)
		traditional_update(&state, password.data[i]);
	return state;
}

static int traditional_decrypt(struct arena *arena,
			       const struct zip_entry *entry,
			       struct view packed, struct view password,
			       struct view *ret_plain)
{
	struct traditional state = traditional_start(password);
	uint8_t expected = (entry->flags & ZIP_FLAG_DESCRIPTOR) != 0
			       ? (uint8_t)(entry->time >> 8)
			       : (uint8_t)(entry->crc >> 24);
	uint8_t last = 0;
	size_t size;
	uint8_t *plain;

	if (packed.size < TRADITIONAL_HEADER)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < TRADITIONAL_HEADER; i++) {
		last = packed.data[i] ^ traditional_byte(&state);
		traditional_update(&state, last);
	}
	if (last != expected)
		return -ERR_PASSWORD_WRONG;
	size = packed.size - TRADITIONAL_HEADER;
	plain = arena_alloc(arena, size);
	if (plain == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < size; i++) {
		plain[i] = packed.data[TRADITIONAL_HEADER + i] ^
			   traditional_byte(&state);
		traditional_update(&state, plain[i]);
	}
	*ret_plain = view_of(plain, size);
	return 0;
}

static void traditional_put(struct buffer *buffer, struct traditional *state,
			    struct view plain)
{
	uint8_t piece[4096];

	for (size_t at = 0; at < plain.size; at += sizeof(piece)) {
		struct view part = view_slice(plain, at, sizeof(piece));

		for (size_t i = 0; i < part.size; i++) {
			piece[i] = part.data[i] ^ traditional_byte(state);
			traditional_update(state, part.data[i]);
		}
		buffer_bytes(buffer, piece, part.size);
	}
}

/* ---- AES ---- */

struct winzip_keys {
	uint8_t strength; /* 1, 2, 3 */
	struct aes128_ctx aes128;
	struct aes192_ctx aes192;
	struct aes256_ctx aes256;
	struct hmac_sha1_ctx mac;
	uint8_t check[CHECK_SIZE];
};

static size_t salt_size(uint8_t strength)
{
	return 4U + 4U * strength;
}

static void winzip_derive(struct winzip_keys *keys, uint8_t strength,
			  struct view password, const uint8_t *salt)
{
	uint8_t derived[2 * KEY_MAX + CHECK_SIZE];
	size_t key_size = 8U + 8U * strength;

	pbkdf2_hmac_sha1(password.size, password.data, ITERATIONS,
			 salt_size(strength), salt, 2 * key_size + CHECK_SIZE,
			 derived);
	keys->strength = strength;
	if (strength == 1)
		aes128_set_encrypt_key(&keys->aes128, derived);
	else if (strength == 2)
		aes192_set_encrypt_key(&keys->aes192, derived);
	else
		aes256_set_encrypt_key(&keys->aes256, derived);
	hmac_sha1_set_key(&keys->mac, key_size, derived + key_size);
	keys->check[0] = derived[2 * key_size];
	keys->check[1] = derived[2 * key_size + 1];
}

/* Counter mode with a little-endian counter from 1, which the libraries do
 * not have: theirs is big-endian. */
static void winzip_crypt(const struct winzip_keys *keys, uint8_t *to,
			 struct view from)
{
	uint8_t stream[STREAM_BLOCKS * AES_BLOCK_SIZE];
	uint64_t counter = 1;

	for (size_t at = 0; at < from.size; at += sizeof(stream)) {
		struct view part = view_slice(from, at, sizeof(stream));

		for (size_t block = 0; block < STREAM_BLOCKS; block++) {
			uint8_t *bytes = stream + block * AES_BLOCK_SIZE;

			for (size_t i = 0; i < 8; i++) {
				bytes[i] = (uint8_t)(counter >> (8 * i));
				bytes[8 + i] = 0;
			}
			counter++;
		}
		if (keys->strength == 1)
			aes128_encrypt(&keys->aes128, sizeof(stream), stream,
				       stream);
		else if (keys->strength == 2)
			aes192_encrypt(&keys->aes192, sizeof(stream), stream,
				       stream);
		else
			aes256_encrypt(&keys->aes256, sizeof(stream), stream,
				       stream);
		for (size_t i = 0; i < part.size; i++)
			to[at + i] = part.data[i] ^ stream[i];
	}
}

static int winzip_decrypt(struct arena *arena, const struct zip_entry *entry,
			  struct view packed, struct view password,
			  struct view *ret_plain)
{
	size_t front = salt_size(entry->aes_strength) + CHECK_SIZE;
	struct winzip_keys keys;
	uint8_t mac[MAC_SIZE];
	struct view body;
	uint8_t *plain;

	if (packed.size < front + MAC_SIZE)
		return -ERR_MALFORMED;
	winzip_derive(&keys, entry->aes_strength, password, packed.data);
	if (!memeql_sec(keys.check, packed.data + front - CHECK_SIZE,
			CHECK_SIZE))
		return -ERR_PASSWORD_WRONG;
	body = view_slice(packed, front, packed.size - front - MAC_SIZE);
	hmac_sha1_update(&keys.mac, body.size, body.data);
	hmac_sha1_digest(&keys.mac, MAC_SIZE, mac);
	/* One wrong password in 65,536 comes as far as this. */
	if (!memeql_sec(mac, packed.data + packed.size - MAC_SIZE, MAC_SIZE))
		return -ERR_MALFORMED;
	plain = arena_alloc(arena, body.size);
	if (plain == NULL)
		return -ERR_MEMORY;
	winzip_crypt(&keys, plain, body);
	*ret_plain = view_of(plain, body.size);
	return 0;
}

static int winzip_put(struct buffer *buffer, struct view password,
		      const uint8_t salt[SALT_MAX], struct view plain)
{
	size_t start = buffer->size + SALT_MAX + CHECK_SIZE;
	uint8_t mac[MAC_SIZE];
	struct winzip_keys keys;

	winzip_derive(&keys, 3, password, salt);
	buffer_bytes(buffer, salt, SALT_MAX);
	buffer_bytes(buffer, keys.check, CHECK_SIZE);
	buffer_fill(buffer, 0, plain.size);
	if (buffer_error(buffer) != 0)
		return buffer_error(buffer);
	winzip_crypt(&keys, buffer->data + start, plain);
	hmac_sha1_update(&keys.mac, plain.size, buffer->data + start);
	hmac_sha1_digest(&keys.mac, MAC_SIZE, mac);
	buffer_bytes(buffer, mac, MAC_SIZE);
	return buffer_error(buffer);
}

/* ---- both ---- */

int zip_decrypt(struct arena *arena, const struct zip_entry *entry,
		struct view packed, struct view password,
		struct view *ret_plain)
{
	return entry->aes_strength > 0
		   ? winzip_decrypt(arena, entry, packed, password, ret_plain)
		   : traditional_decrypt(arena, entry, packed, password,
					 ret_plain);
}

/* A salt need not be secret, only never the same for two contents. Its key is
 * as slow to guess as the format's own. */
static void derive_salt(struct view password, struct view name,
			struct view plain, uint8_t ret_salt[SALT_MAX])
{
	static const char label[] = "sekisho zip salt";
	struct hmac_sha256_ctx mac;
	uint8_t key[KEY_MAX];

	pbkdf2_hmac_sha256(password.size, password.data, ITERATIONS,
			   sizeof(label) - 1, (const uint8_t *)label,
			   sizeof(key), key);
	hmac_sha256_set_key(&mac, sizeof(key), key);
	hmac_sha256_update(&mac, name.size, name.data);
	hmac_sha256_update(&mac, 1, (const uint8_t *)"");
	hmac_sha256_update(&mac, plain.size, plain.data);
	hmac_sha256_digest(&mac, SALT_MAX, ret_salt);
}

int zip_encrypt(struct buffer *buffer, enum zip_cipher cipher,
		struct view password, struct view name, uint32_t crc,
		struct view plain)
{
	uint8_t salt[SALT_MAX];
	struct traditional state;

	derive_salt(password, name, plain, salt);
	if (cipher == ZIP_CIPHER_AES)
		return winzip_put(buffer, password, salt, plain);
	if (cipher != ZIP_CIPHER_TRADITIONAL)
		return -ERR_INTERNAL;
	state = traditional_start(password);
	salt[TRADITIONAL_HEADER - 1] = (uint8_t)(crc >> 24);
	traditional_put(buffer, &state, view_of(salt, TRADITIONAL_HEADER));
	traditional_put(buffer, &state, plain);
	return buffer_error(buffer);
}
