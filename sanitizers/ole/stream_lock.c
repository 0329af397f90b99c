#include "sanitizers/ole/stream_lock.h"

#include "base/bytes.h"
#include "sanitizers/ole/lock_internal.h"

#include <nettle/arcfour.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>

#include "base/banned.h"

enum {
	KEY_40 = 5,   /* bytes of a key of 40 bits */
	KEY_128 = 16, /* the most */
	REPEATS = 16, /* of the hash of a password and the salt */
	ALGORITHM_RC4 = 0x6801,
	ALGORITHM_SHA1 = 0x8004,
	HEADER_FIXED = 32,
	FLAGS = 0x0C, /* CryptoAPI; properties are not encrypted */
	PROVIDER_RSA_FULL = 1,
};

static bool take(struct cursor *cursor, uint8_t *to, size_t size)
{
	return bytes_copy(to, size, cursor_take(cursor, size)) &&
	       !cursor->failed;
}

static int read_plain(struct cursor *cursor, struct stream_lock *lock)
{
	lock->key_size = KEY_128;
	if (!take(cursor, lock->salt, STREAM_LOCK_SALT) ||
	    !take(cursor, lock->verifier, STREAM_LOCK_SALT) ||
	    !take(cursor, lock->hash, MD5_DIGEST_SIZE))
		return -ERR_TRUNCATED;
	return 0;
}

static int read_api(struct cursor *cursor, struct stream_lock *lock)
{
	uint32_t size;
	uint32_t cipher;
	uint32_t hash;
	uint32_t bits;

	cursor_skip(cursor, 4); /* flags */
	size = cursor_u32le(cursor);
	cursor_skip(cursor, 8); /* flags, size of more */
	cipher = cursor_u32le(cursor);
	hash = cursor_u32le(cursor);
	bits = cursor_u32le(cursor);
	cursor_skip(cursor, HEADER_FIXED - 20);
	if (cursor->failed || size < HEADER_FIXED)
		return -ERR_TRUNCATED;
	cursor_skip(cursor, size - HEADER_FIXED); /* name of the provider */
	if (cipher != ALGORITHM_RC4 || (hash != ALGORITHM_SHA1 && hash != 0))
		return -ERR_ENCRYPTION_UNSUPPORTED;
	if (bits == 0)
		bits = 8 * KEY_40;
	if (bits % 8 != 0 || bits < 8 * KEY_40 || bits > 8 * KEY_128)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	lock->by_api = true;
	lock->key_size = bits / 8;
	if (cursor_u32le(cursor) != STREAM_LOCK_SALT)
		return cursor->failed ? -ERR_TRUNCATED : -ERR_MALFORMED;
	if (!take(cursor, lock->salt, STREAM_LOCK_SALT) ||
	    !take(cursor, lock->verifier, STREAM_LOCK_SALT))
		return -ERR_TRUNCATED;
	if (cursor_u32le(cursor) != STREAM_LOCK_HASH)
		return cursor->failed ? -ERR_TRUNCATED : -ERR_MALFORMED;
	return take(cursor, lock->hash, STREAM_LOCK_HASH) ? 0 : -ERR_TRUNCATED;
}

int stream_lock_read(struct view header, struct stream_lock *ret_lock)
{
	struct cursor cursor = cursor_at(header, 0);
	uint16_t major = cursor_u16le(&cursor);
	uint16_t minor = cursor_u16le(&cursor);
	struct stream_lock lock = {.by_api = false};
	int error;

	if (cursor.failed)
		return -ERR_TRUNCATED;
	if (major == 1 && minor == 1)
		error = read_plain(&cursor, &lock);
	else if (major >= 2 && major <= 4 && minor == 2)
		error = read_api(&cursor, &lock);
	else
		error = -ERR_ENCRYPTION_UNSUPPORTED;
	if (error == 0)
		*ret_lock = lock;
	return error;
}

/* ---- keys ---- */

/* [MS-OFFCRYPTO] 2.3.6.2, up to the number of the block. */
static void base_plain(const struct stream_lock *lock,
		       const struct lock_password *password, uint8_t *base)
{
	uint8_t digest[MD5_DIGEST_SIZE];
	struct md5_ctx context;

	md5_init(&context);
	md5_update(&context, password->size, password->bytes);
	md5_digest(&context, sizeof(digest), digest);
	for (int i = 0; i < REPEATS; i++) {
		md5_update(&context, KEY_40, digest);
		md5_update(&context, STREAM_LOCK_SALT, lock->salt);
	}
	md5_digest(&context, sizeof(digest), base);
	explicit_bzero(digest, sizeof(digest));
	explicit_bzero(&context, sizeof(context));
}

/* 2.3.5.2, the same. */
static void base_api(const struct stream_lock *lock,
		     const struct lock_password *password, uint8_t *base)
{
	struct sha1_ctx context;

	sha1_init(&context);
	sha1_update(&context, STREAM_LOCK_SALT, lock->salt);
	sha1_update(&context, password->size, password->bytes);
	sha1_digest(&context, SHA1_DIGEST_SIZE, base);
	explicit_bzero(&context, sizeof(context));
}

static void start_block(const struct stream_key *key, uint32_t number,
			struct arcfour_ctx *cipher)
{
	const uint8_t block[4] = {(uint8_t)number, (uint8_t)(number >> 8),
				  (uint8_t)(number >> 16),
				  (uint8_t)(number >> 24)};
	uint8_t digest[SHA1_DIGEST_SIZE];
	size_t size = key->key_size;

	if (key->by_api) {
		struct sha1_ctx context;

		sha1_init(&context);
		sha1_update(&context, STREAM_LOCK_HASH, key->base);
		sha1_update(&context, sizeof(block), block);
		sha1_digest(&context, sizeof(digest), digest);
		/* Windows takes 40 bits as 128 of which most are zero. */
		if (size == KEY_40) {
			for (size_t i = KEY_40; i < KEY_128; i++)
				digest[i] = 0;
			size = KEY_128;
		}
	} else {
		struct md5_ctx context;

		md5_init(&context);
		md5_update(&context, KEY_40, key->base);
		md5_update(&context, sizeof(block), block);
		md5_digest(&context, MD5_DIGEST_SIZE, digest);
	}
	arcfour_set_key(cipher, size, digest);
	explicit_bzero(digest, sizeof(digest));
}

/* ---- passwords ---- */

static bool fits(const struct stream_lock *lock, const struct stream_key *key)
{
	uint8_t verifier[STREAM_LOCK_SALT];
	uint8_t said[STREAM_LOCK_HASH];
	uint8_t digest[STREAM_LOCK_HASH];
	size_t size = lock->by_api ? SHA1_DIGEST_SIZE : MD5_DIGEST_SIZE;
	struct arcfour_ctx cipher;
	struct sha1_ctx sha1;
	struct md5_ctx md5;

	start_block(key, 0, &cipher);
	arcfour_crypt(&cipher, sizeof(verifier), verifier, lock->verifier);
	arcfour_crypt(&cipher, size, said, lock->hash);
	sha1_init(&sha1);
	sha1_update(&sha1, sizeof(verifier), verifier);
	md5_init(&md5);
	md5_update(&md5, sizeof(verifier), verifier);
	if (lock->by_api)
		sha1_digest(&sha1, size, digest);
	else
		md5_digest(&md5, size, digest);
	return memeql_sec(digest, said, size) != 0;
}

static bool opens(const struct stream_lock *lock, const char *text,
		  struct stream_key *key)
{
	struct lock_password password;
	bool good = lock_password_from(text, &password);

	key->by_api = lock->by_api;
	key->key_size = lock->key_size;
	if (good && lock->by_api)
		base_api(lock, &password, key->base);
	else if (good)
		base_plain(lock, &password, key->base);
	explicit_bzero(&password, sizeof(password));
	return good && fits(lock, key);
}

struct attempt {
	const struct stream_lock *lock;
	struct stream_key *key;
};

static bool try_password(void *context, const char *password)
{
	const struct attempt *attempt = context;

	return opens(attempt->lock, password, attempt->key);
}

int stream_lock_open(struct job *job, const struct stream_lock *lock,
		     const char *usual, struct stream_key *ret_key)
{
	struct attempt attempt = {.lock = lock, .key = ret_key};

	return job_find_password(job, usual, try_password, &attempt);
}

/* ---- streams ---- */

void stream_lock_crypt(const struct stream_key *key, size_t block,
		       size_t offset, uint8_t *bytes, size_t size)
{
	struct arcfour_ctx cipher;

	while (size > 0) {
		size_t within = offset % block;
		size_t part = block - within;

		if (part > size)
			part = size;
		start_block(key, (uint32_t)(offset / block), &cipher);
		for (size_t i = 0; i < within; i++) {
			uint8_t skipped = 0;

			arcfour_crypt(&cipher, 1, &skipped, &skipped);
		}
		arcfour_crypt(&cipher, part, bytes, bytes);
		bytes += part;
		offset += part;
		size -= part;
	}
	explicit_bzero(&cipher, sizeof(cipher));
}

void stream_lock_crypt_block(const struct stream_key *key, uint32_t number,
			     uint8_t *bytes, size_t size)
{
	struct arcfour_ctx cipher;

	start_block(key, number, &cipher);
	arcfour_crypt(&cipher, size, bytes, bytes);
	explicit_bzero(&cipher, sizeof(cipher));
}

/* ---- writing ---- */

static const char provider[] = "Microsoft Enhanced Cryptographic Provider v1.0";

/* [MS-OFFCRYPTO] 2.3.5.1 */
static void write_header(struct buffer *out, const struct stream_lock *lock)
{
	uint32_t size = HEADER_FIXED + 2 * (uint32_t)sizeof(provider);

	buffer_u16le(out, 2);
	buffer_u16le(out, 2);
	buffer_u32le(out, FLAGS);
	buffer_u32le(out, size);
	buffer_u32le(out, FLAGS);
	buffer_u32le(out, 0);
	buffer_u32le(out, ALGORITHM_RC4);
	buffer_u32le(out, ALGORITHM_SHA1);
	buffer_u32le(out, (uint32_t)(8 * lock->key_size));
	buffer_u32le(out, PROVIDER_RSA_FULL);
	buffer_fill(out, 0, 8);
	for (size_t i = 0; i < sizeof(provider); i++)
		buffer_u16le(out, (uint16_t)provider[i]);
	buffer_u32le(out, STREAM_LOCK_SALT);
	buffer_bytes(out, lock->salt, STREAM_LOCK_SALT);
	buffer_bytes(out, lock->verifier, STREAM_LOCK_SALT);
	buffer_u32le(out, STREAM_LOCK_HASH);
	buffer_bytes(out, lock->hash, STREAM_LOCK_HASH);
}

int stream_lock_write(const char *password, struct view content,
		      struct buffer *header, struct stream_key *ret_key)
{
	struct stream_lock lock = {.by_api = true, .key_size = KEY_128};
	struct lock_password secret;
	struct arcfour_ctx cipher;
	struct sha1_ctx sha1;

	if (!lock_password_from(password, &secret))
		return -ERR_INTERNAL;
	lock_choose("sekisho-stream-salt:", content, lock.salt,
		    STREAM_LOCK_SALT);
	lock_choose("sekisho-stream-verifier:", content, lock.verifier,
		    STREAM_LOCK_SALT);
	*ret_key = (struct stream_key){.by_api = true, .key_size = KEY_128};
	base_api(&lock, &secret, ret_key->base);
	explicit_bzero(&secret, sizeof(secret));
	sha1_init(&sha1);
	sha1_update(&sha1, STREAM_LOCK_SALT, lock.verifier);
	sha1_digest(&sha1, STREAM_LOCK_HASH, lock.hash);
	start_block(ret_key, 0, &cipher);
	arcfour_crypt(&cipher, STREAM_LOCK_SALT, lock.verifier, lock.verifier);
	arcfour_crypt(&cipher, STREAM_LOCK_HASH, lock.hash, lock.hash);
	write_header(header, &lock);
	explicit_bzero(&cipher, sizeof(cipher));
	explicit_bzero(&lock, sizeof(lock));
	return buffer_error(header);
}
