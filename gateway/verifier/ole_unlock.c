#include "gateway/verifier/ole.h"

#include "base/signer.h"
#include "gateway/verifier/office_password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/banned.h"

enum {
	HASH = 64,
	KEY = 32,
	SALT = 16,
	BLOCK = 16,
	SEGMENT = 4096,
	ROUNDS = 100000,
	HEAD = 8, /* of EncryptionInfo: version and flags */
};

/* What the descriptor holds, in the order in which it is written. */
struct descriptor {
	uint8_t data_salt[SALT];
	uint8_t hmac_key[HASH];
	uint8_t hmac_value[HASH];
	uint8_t key_salt[SALT];
	uint8_t verifier[SALT];
	uint8_t verifier_hash[HASH];
	uint8_t key_value[KEY];
};

static const uint8_t for_verifier[] = {0xFE, 0xA7, 0xD2, 0x76,
				       0x3B, 0x4B, 0x9E, 0x79};
static const uint8_t for_hash[] = {0xD7, 0xAA, 0x0F, 0x6D,
				   0x30, 0x61, 0x34, 0x4E};
static const uint8_t for_key[] = {0x14, 0x6E, 0x0B, 0xE7,
				  0xAB, 0xAC, 0xD0, 0xD6};
static const uint8_t for_hmac_key[] = {0x5F, 0xB2, 0xAD, 0x01,
				       0x0C, 0xB9, 0xE1, 0xF6};
static const uint8_t for_hmac_value[] = {0xA0, 0x67, 0x7F, 0x02,
					 0xB2, 0x2C, 0x84, 0x33};

/* ---- the descriptor ---- */

/* The value of the next attribute of this name behind `*at`. */
static bool next_value(struct view text, size_t *at, const char *name,
		       uint8_t *ret_bytes, size_t size)
{
	char wanted[64];
	size_t begin;
	size_t end;

	(void)snprintf(wanted, sizeof(wanted), " %s=\"", name);
	begin = view_find(text, view_of_string(wanted), *at);
	if (begin == SIZE_MAX)
		return false;
	begin += strlen(wanted);
	end = view_find(text, view_of("\"", 1), begin);
	if (end == SIZE_MAX)
		return false;
	*at = end;
	return base64_read(view_slice(text, begin, end - begin), ret_bytes,
			   size);
}

static bool read_descriptor(struct view info, struct descriptor *ret)
{
	static const char head[] = {4, 0, 4, 0, 0x40, 0, 0, 0};
	struct view text = view_slice(info, HEAD, info.size);
	size_t at = 0;

	return view_equal(view_slice(info, 0, HEAD), view_of(head, HEAD)) &&
	       next_value(text, &at, "saltValue", ret->data_salt, SALT) &&
	       next_value(text, &at, "encryptedHmacKey", ret->hmac_key, HASH) &&
	       next_value(text, &at, "encryptedHmacValue", ret->hmac_value,
			  HASH) &&
	       next_value(text, &at, "saltValue", ret->key_salt, SALT) &&
	       next_value(text, &at, "encryptedVerifierHashInput",
			  ret->verifier, SALT) &&
	       next_value(text, &at, "encryptedVerifierHashValue",
			  ret->verifier_hash, HASH) &&
	       next_value(text, &at, "encryptedKeyValue", ret->key_value, KEY);
}

/* ---- primitives ---- */

static bool decrypt(const uint8_t key[KEY], const uint8_t start[BLOCK],
		    struct view from, uint8_t *to)
{
	EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
	int size = 0;
	bool done = state != NULL && from.size <= INT32_MAX &&
		    EVP_DecryptInit_ex(state, EVP_aes_256_cbc(), NULL, key,
				       start) == 1 &&
		    EVP_CIPHER_CTX_set_padding(state, 0) == 1 &&
		    EVP_DecryptUpdate(state, to, &size, from.data,
				      (int)from.size) == 1 &&
		    (size_t)size == from.size;

	EVP_CIPHER_CTX_free(state);
	return done;
}

/* ---- from the password to the key ---- */

static bool spin(const struct descriptor *from, const char *password,
		 uint8_t hash[HASH])
{
	uint8_t units[OFFICE_PASSWORD_SIZE];
	size_t size = office_password_units(password, units);
	bool done =
	    size > 0 && office_hash(EVP_sha512(), view_of(from->key_salt, SALT),
				    view_of(units, size), hash);

	for (uint32_t i = 0; i < ROUNDS && done; i++) {
		const uint8_t count[4] = {(uint8_t)i, (uint8_t)(i >> 8),
					  (uint8_t)(i >> 16), 0};

		done = office_hash(EVP_sha512(), view_of(count, 4),
				   view_of(hash, HASH), hash);
	}
	OPENSSL_cleanse(units, sizeof(units));
	return done;
}

static bool open_value(const struct descriptor *from, const uint8_t hash[HASH],
		       const uint8_t purpose[8], struct view value, uint8_t *to)
{
	uint8_t key[HASH];
	bool done = office_hash(EVP_sha512(), view_of(hash, HASH),
				view_of(purpose, 8), key) &&
		    decrypt(key, from->key_salt, value, to);

	OPENSSL_cleanse(key, sizeof(key));
	return done;
}

static bool find_key(const struct descriptor *from, const char *password,
		     uint8_t ret_key[KEY])
{
	uint8_t hash[HASH];
	uint8_t verifier[SALT];
	uint8_t expected[HASH];
	uint8_t found[HASH];
	bool fits = spin(from, password, hash) &&
		    open_value(from, hash, for_verifier,
			       view_of(from->verifier, SALT), verifier) &&
		    open_value(from, hash, for_hash,
			       view_of(from->verifier_hash, HASH), expected) &&
		    office_hash(EVP_sha512(), view_of(verifier, SALT),
				view_of(NULL, 0), found) &&
		    CRYPTO_memcmp(found, expected, HASH) == 0 &&
		    open_value(from, hash, for_key,
			       view_of(from->key_value, KEY), ret_key);

	OPENSSL_cleanse(hash, sizeof(hash));
	return fits;
}

/* ---- the package ---- */

static bool start_of(const struct descriptor *from, struct view purpose,
		     uint8_t ret_start[HASH])
{
	return office_hash(EVP_sha512(), view_of(from->data_salt, SALT),
			   purpose, ret_start);
}

static bool is_intact(const struct descriptor *from, const uint8_t key[KEY],
		      struct view stream)
{
	uint8_t start[HASH];
	uint8_t secret[HASH];
	uint8_t expected[HASH];
	uint8_t found[HASH];

	return start_of(from, view_of(for_hmac_key, 8), start) &&
	       decrypt(key, start, view_of(from->hmac_key, HASH), secret) &&
	       start_of(from, view_of(for_hmac_value, 8), start) &&
	       decrypt(key, start, view_of(from->hmac_value, HASH), expected) &&
	       HMAC(EVP_sha512(), secret, HASH, stream.data, stream.size, found,
		    NULL) != NULL &&
	       CRYPTO_memcmp(found, expected, HASH) == 0;
}

static bool open_package(const struct descriptor *from, const uint8_t key[KEY],
			 struct view body, uint8_t *to)
{
	uint32_t number = 0;

	for (size_t at = 0; at < body.size; at += SEGMENT, number++) {
		const uint8_t count[4] = {
		    (uint8_t)number, (uint8_t)(number >> 8),
		    (uint8_t)(number >> 16), (uint8_t)(number >> 24)};
		uint8_t start[HASH];

		if (!start_of(from, view_of(count, 4), start) ||
		    !decrypt(key, start, view_slice(body, at, SEGMENT),
			     to + at))
			return false;
	}
	return true;
}

static int open_with(struct check *check, const struct descriptor *from,
		     const uint8_t key[KEY], struct view stream,
		     struct view *ret_package)
{
	struct cursor cursor = cursor_at(stream, 0);
	uint64_t size = cursor_u64le(&cursor);
	struct view body = view_slice(stream, 8, stream.size);
	uint8_t *bytes = arena_alloc(check->arena, body.size + 1);

	if (bytes == NULL)
		return -ERR_MEMORY;
	if (cursor.failed || body.size % BLOCK != 0 || size > body.size ||
	    body.size - size >= BLOCK)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "EncryptedPackage: its size");
	if (!is_intact(from, key, stream) ||
	    !open_package(from, key, body, bytes))
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "EncryptedPackage: its hash");
	*ret_package = view_of(bytes, (size_t)size);
	return 0;
}

int ole_unlock(struct check *check, struct view info, struct view package,
	       struct view *ret_package)
{
	struct descriptor from;
	uint8_t key[KEY];
	int error;

	if (!read_descriptor(info, &from))
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "EncryptionInfo");
	for (size_t i = 0; i < check->password_count; i++) {
		if (!find_key(&from, check->passwords[i], key))
			continue;
		error = open_with(check, &from, key, package, ret_package);
		OPENSSL_cleanse(key, sizeof(key));
		return error;
	}
	return check_fail(check, -ERR_VERIFY_RESIDUE,
			  "none of the passwords opens it");
}

int ole_unlock_prepare(void)
{
	static const uint8_t zeros[HASH];
	uint8_t bytes[HASH];
	unsigned size = 0;

	return office_hash(EVP_sha512(), view_of(zeros, HASH), view_of(NULL, 0),
			   bytes) &&
		       decrypt(zeros, zeros, view_of(zeros, HASH), bytes) &&
		       HMAC(EVP_sha512(), zeros, HASH, zeros, HASH, bytes,
			    &size) != NULL
		   ? 0
		   : -ERR_UNAVAILABLE;
}
