#include "sanitizers/ole/rc4_lock.h"

#include "base/bytes.h"

#include <nettle/arcfour.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>

#include "base/banned.h"

enum {
	ALGORITHM_RC4 = 0x6801,
	HASH_SHA1 = 0x8004,
	BASIC_BASE = 5, /* bytes of a hash that Office 97 used */
	BASIC_REPEATS = 16,
	BASIC_BITS = 128,
	EXPORT_BITS = 40,
	KEY_MAX = 16,
	HEADER_MAX = 1024,
};

static const char default_password[] = "VelvetSweatshop";

/* ---- what the file says ---- */

static void take(struct cursor *cursor, uint8_t *out, size_t size)
{
	struct view bytes = cursor_take(cursor, size);

	if (!bytes_copy(out, size, bytes))
		cursor->failed = true;
}

static int read_basic(struct cursor *cursor, struct rc4_lock *lock)
{
	lock->key_bits = BASIC_BITS;
	take(cursor, lock->salt, sizeof(lock->salt));
	take(cursor, lock->verifier, sizeof(lock->verifier));
	take(cursor, lock->verifier_hash, MD5_DIGEST_SIZE);
	return cursor->failed ? -ERR_MALFORMED : 0;
}

static int read_crypto_api(struct cursor *cursor, struct rc4_lock *lock)
{
	struct cursor header;
	uint32_t size;
	uint32_t algorithm;
	uint32_t digest;

	cursor_skip(cursor, 4);
	size = cursor_u32le(cursor);
	if (cursor->failed || size > HEADER_MAX)
		return -ERR_MALFORMED;
	header = cursor_at(cursor_take(cursor, size), 8);
	algorithm = cursor_u32le(&header);
	digest = cursor_u32le(&header);
	lock->crypto_api = true;
	lock->key_bits = cursor_u32le(&header);
	if (lock->key_bits == 0)
		lock->key_bits = EXPORT_BITS;
	if (header.failed || cursor_u32le(cursor) != RC4_SALT_SIZE)
		return -ERR_MALFORMED;
	if (algorithm != ALGORITHM_RC4 || digest != HASH_SHA1 ||
	    lock->key_bits < EXPORT_BITS || lock->key_bits > BASIC_BITS ||
	    lock->key_bits % 8 != 0)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	take(cursor, lock->salt, sizeof(lock->salt));
	take(cursor, lock->verifier, sizeof(lock->verifier));
	if (cursor_u32le(cursor) != SHA1_DIGEST_SIZE)
		return -ERR_MALFORMED;
	take(cursor, lock->verifier_hash, SHA1_DIGEST_SIZE);
	return cursor->failed ? -ERR_MALFORMED : 0;
}

int rc4_lock_read(struct view info, struct rc4_lock *ret_lock)
{
	struct cursor cursor = cursor_at(info, 0);
	uint16_t major = cursor_u16le(&cursor);
	uint16_t minor = cursor_u16le(&cursor);

	*ret_lock = (struct rc4_lock){0};
	if (major == 1 && minor == 1)
		return read_basic(&cursor, ret_lock);
	if (major >= 2 && major <= 4 && minor == 2)
		return read_crypto_api(&cursor, ret_lock);
	return -ERR_ENCRYPTION_UNSUPPORTED;
}

/* ---- keys ---- */

static void basic_base(struct rc4_lock *lock,
		       const struct lock_password *password)
{
	struct md5_ctx md5;
	uint8_t hash[MD5_DIGEST_SIZE];

	md5_init(&md5);
	md5_update(&md5, password->size, password->bytes);
	md5_digest(&md5, sizeof(hash), hash);
	for (size_t i = 0; i < BASIC_REPEATS; i++) {
		md5_update(&md5, BASIC_BASE, hash);
		md5_update(&md5, sizeof(lock->salt), lock->salt);
	}
	md5_digest(&md5, sizeof(hash), lock->base);
	explicit_bzero(hash, sizeof(hash));
}

static void crypto_api_base(struct rc4_lock *lock,
			    const struct lock_password *password)
{
	struct sha1_ctx sha1;

	sha1_init(&sha1);
	sha1_update(&sha1, sizeof(lock->salt), lock->salt);
	sha1_update(&sha1, password->size, password->bytes);
	sha1_digest(&sha1, RC4_BASE_MAX, lock->base);
}

static void set_key(const struct rc4_lock *lock, uint32_t block,
		    struct arcfour_ctx *arcfour)
{
	uint8_t number[4] = {(uint8_t)block, (uint8_t)(block >> 8),
			     (uint8_t)(block >> 16), (uint8_t)(block >> 24)};
	uint8_t key[SHA1_DIGEST_SIZE] = {0};
	struct sha1_ctx sha1;
	struct md5_ctx md5;

	if (!lock->crypto_api) {
		md5_init(&md5);
		md5_update(&md5, BASIC_BASE, lock->base);
		md5_update(&md5, sizeof(number), number);
		md5_digest(&md5, KEY_MAX, key);
		arcfour_set_key(arcfour, KEY_MAX, key);
	} else {
		size_t size = lock->key_bits / 8;

		sha1_init(&sha1);
		sha1_update(&sha1, RC4_BASE_MAX, lock->base);
		sha1_update(&sha1, sizeof(number), number);
		sha1_digest(&sha1, size, key);
		/* Keys for export were filled up with zeros. */
		arcfour_set_key(arcfour,
				lock->key_bits == EXPORT_BITS ? KEY_MAX : size,
				key);
	}
	explicit_bzero(key, sizeof(key));
}

void rc4_lock_stream(const struct rc4_lock *lock, uint32_t block, uint8_t *out,
		     size_t size)
{
	struct arcfour_ctx arcfour;

	set_key(lock, block, &arcfour);
	for (size_t i = 0; i < size; i++)
		out[i] = 0;
	arcfour_crypt(&arcfour, size, out, out);
	explicit_bzero(&arcfour, sizeof(arcfour));
}

/* ---- the search ---- */

static bool fits(const struct rc4_lock *lock)
{
	uint8_t verifier[sizeof(lock->verifier)];
	uint8_t wanted[SHA1_DIGEST_SIZE] = {0};
	uint8_t hash[SHA1_DIGEST_SIZE] = {0};
	size_t size = lock->crypto_api ? SHA1_DIGEST_SIZE : MD5_DIGEST_SIZE;
	struct arcfour_ctx arcfour;
	struct sha1_ctx sha1;
	struct md5_ctx md5;

	set_key(lock, 0, &arcfour);
	arcfour_crypt(&arcfour, sizeof(verifier), verifier, lock->verifier);
	arcfour_crypt(&arcfour, size, wanted, lock->verifier_hash);
	if (lock->crypto_api) {
		sha1_init(&sha1);
		sha1_update(&sha1, sizeof(verifier), verifier);
		sha1_digest(&sha1, size, hash);
	} else {
		md5_init(&md5);
		md5_update(&md5, sizeof(verifier), verifier);
		md5_digest(&md5, size, hash);
	}
	return memcmp(hash, wanted, size) == 0;
}

static bool opens(struct rc4_lock *lock, const char *text)
{
	struct lock_password password;
	bool opened;

	if (!lock_password_from(text, &password))
		return false;
	if (lock->crypto_api)
		crypto_api_base(lock, &password);
	else
		basic_base(lock, &password);
	explicit_bzero(&password, sizeof(password));
	opened = fits(lock);
	return opened;
}

int rc4_lock_search(struct job *job, struct rc4_lock *lock, bool excel)
{
	size_t tried = 0;

	for (size_t i = 0; i < job->password_count; i++) {
		if (job->passwords[i][0] == '\0')
			continue;
		tried++;
		if (opens(lock, job->passwords[i])) {
			job->opened_with_password = true;
			return 0;
		}
	}
	if (excel && opens(lock, default_password))
		return 0;
	return tried == 0 ? -ERR_ENCRYPTED : -ERR_PASSWORD_WRONG;
}
