#include "sanitizers/ole/lock_internal.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include "base/banned.h"

enum {
	VERSION_STANDARD = 2,
	VERSION_EXTENSIBLE = 3,
	VERSION_AGILE = 4,
	AGILE_RESERVED = 0x40,
	SIZE_FIELD = 8,
};

int lock_read(struct arena *arena, struct view info, struct lock *ret_lock)
{
	struct cursor cursor = cursor_at(info, 0);
	uint16_t major = cursor_u16le(&cursor);
	uint16_t minor = cursor_u16le(&cursor);
	uint32_t flags = cursor_u32le(&cursor);
	struct view rest = view_slice(info, cursor.offset, info.size);

	if (cursor.failed)
		return -ERR_MALFORMED;
	*ret_lock = (struct lock){0};
	if (major == VERSION_AGILE && minor == VERSION_AGILE) {
		if (flags != AGILE_RESERVED)
			return -ERR_MALFORMED;
		ret_lock->agile = true;
		return lock_read_agile(arena, rest, &ret_lock->by_agile);
	}
	if (major >= 2 && major <= 4 && minor == VERSION_STANDARD)
		return lock_read_standard(info, &ret_lock->by_standard);
	if ((major == 3 || major == 4) && minor == VERSION_EXTENSIBLE)
		return -ERR_ENCRYPTION_EXTENSIBLE;
	return -ERR_ENCRYPTION_UNSUPPORTED;
}

static void put_unit(struct lock_password *password, uint32_t unit)
{
	password->bytes[password->size++] = (uint8_t)unit;
	password->bytes[password->size++] = (uint8_t)(unit >> 8);
}

bool lock_password_from(const char *text, struct lock_password *ret_password)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);

	ret_password->size = 0;
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);
		bool wide = character > 0xFFFF;

		if (ret_password->size + (wide ? 4 : 2) >
		    sizeof(ret_password->bytes))
			return false;
		if (!wide) {
			put_unit(ret_password, character);
			continue;
		}
		character -= 0x10000;
		put_unit(ret_password, 0xD800 + (character >> 10));
		put_unit(ret_password, 0xDC00 + (character & 0x3FF));
	}
	return true;
}

uint32_t lock_cost(const struct lock *lock)
{
	return lock->agile ? lock->by_agile.spin : LOCK_STANDARD_SPIN;
}

void lock_put_u32le(uint8_t bytes[4], uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

void lock_spin(enum digest digest, struct view salt,
	       const struct lock_password *password, uint32_t spin,
	       uint8_t hash[DIGEST_MAX])
{
	size_t size = digest_size(digest);
	uint8_t count[4];

	digest_of(digest, salt, view_of(password->bytes, password->size), hash);
	for (uint32_t i = 0; i < spin; i++) {
		lock_put_u32le(count, i);
		digest_of(digest, view_of(count, sizeof(count)),
			  view_of(hash, size), hash);
	}
}

void lock_choose(const char *label, struct view content, uint8_t *to,
		 size_t size)
{
	uint8_t hash[DIGEST_MAX];

	digest_of(DIGEST_SHA512, view_of_string(label), content, hash);
	for (size_t i = 0; i < size; i++)
		to[i] = hash[i];
	explicit_bzero(hash, sizeof(hash));
}

void lock_fit(uint8_t *to, size_t wanted, struct view from)
{
	for (size_t i = 0; i < wanted; i++)
		to[i] = i < from.size ? from.data[i] : 0x36;
}

int lock_open(const struct lock *lock, const struct lock_password *password,
	      struct lock_key *ret_key)
{
	return lock->agile
		   ? lock_agile_open(&lock->by_agile, password, ret_key)
		   : lock_standard_open(&lock->by_standard, password, ret_key);
}

uint64_t lock_package_size(struct view content)
{
	struct cursor cursor = cursor_at(content, 0);

	return cursor_u64le(&cursor);
}

int lock_decrypt(struct arena *arena, const struct lock *lock,
		 const struct lock_key *key, struct view content,
		 struct view *ret_package)
{
	uint64_t size = lock_package_size(content);
	struct view body = view_slice(content, SIZE_FIELD, content.size);
	uint8_t *package;
	size_t whole;
	int error;

	if (size == 0)
		return -ERR_MALFORMED;
	if (size > body.size)
		return -ERR_TRUNCATED;
	whole = ((size_t)size + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;
	if (whole > body.size)
		return -ERR_TRUNCATED;
	error =
	    lock->agile ? lock_agile_check(&lock->by_agile, key, content) : 0;
	if (error != 0)
		return error;
	package = arena_alloc(arena, whole);
	if (package == NULL)
		return -ERR_MEMORY;
	body = view_slice(body, 0, whole);
	if (lock->agile
		? !lock_agile_decrypt(&lock->by_agile, key, body, package)
		: !cipher_ecb_decrypt(view_of(key->bytes, key->size), body,
				      package))
		return -ERR_INTERNAL;
	*ret_package = view_of(package, (size_t)size);
	return 0;
}
