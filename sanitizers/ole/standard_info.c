#include "sanitizers/ole/lock.h"

#include "base/banned.h"

enum {
	FLAG_CRYPTOAPI = 0x04,
	FLAG_EXTERNAL = 0x10,
	FLAG_AES = 0x20,
	ALGORITHM_AES128 = 0x660E,
	ALGORITHM_AES192 = 0x660F,
	ALGORITHM_AES256 = 0x6610,
	HASH_SHA1 = 0x8004,
	HEADER_LEAST = 32,
	SALT_SIZE = 16,
	VERIFIER_HASH_SIZE = 32,
};

/* AlgID 0 stands for what the flags say. */
static size_t key_size_of(uint32_t algorithm)
{
	switch (algorithm) {
	case 0:
	case ALGORITHM_AES128:
		return 16;
	case ALGORITHM_AES192:
		return 24;
	case ALGORITHM_AES256:
		return 32;
	default:
		return 0;
	}
}

/* EncryptionHeader ([MS-OFFCRYPTO] 2.3.2, 2.3.4.5). */
static int read_header(struct view header, struct lock_standard *standard)
{
	struct cursor cursor = cursor_at(header, 0);
	uint32_t flags = cursor_u32le(&cursor);
	uint32_t extra = cursor_u32le(&cursor);
	uint32_t algorithm = cursor_u32le(&cursor);
	uint32_t hash = cursor_u32le(&cursor);
	uint32_t bits = cursor_u32le(&cursor);

	if (cursor.failed || header.size < HEADER_LEAST || extra != 0)
		return -ERR_MALFORMED;
	if ((flags & FLAG_EXTERNAL) != 0)
		return -ERR_ENCRYPTION_EXTENSIBLE;
	standard->key_size = key_size_of(algorithm);
	if ((flags & FLAG_CRYPTOAPI) == 0 || (flags & FLAG_AES) == 0 ||
	    standard->key_size == 0 || (hash != 0 && hash != HASH_SHA1))
		return -ERR_ENCRYPTION_UNSUPPORTED;
	if (bits != 0 && bits != 8 * standard->key_size)
		return -ERR_MALFORMED;
	return 0;
}

int lock_read_standard(struct view info, struct lock_standard *ret_standard)
{
	struct cursor cursor = cursor_at(info, 8);
	uint32_t header_size = cursor_u32le(&cursor);
	struct view header = cursor_take(&cursor, header_size);
	int error;

	*ret_standard = (struct lock_standard){0};
	error =
	    cursor.failed ? -ERR_MALFORMED : read_header(header, ret_standard);
	if (error != 0)
		return error;
	if (cursor_u32le(&cursor) != SALT_SIZE)
		return -ERR_MALFORMED;
	ret_standard->salt = cursor_take(&cursor, SALT_SIZE);
	ret_standard->verifier = cursor_take(&cursor, CIPHER_BLOCK);
	if (cursor_u32le(&cursor) != digest_size(DIGEST_SHA1))
		return -ERR_MALFORMED;
	ret_standard->verifier_hash = cursor_take(&cursor, VERIFIER_HASH_SIZE);
	return cursor.failed ? -ERR_MALFORMED : 0;
}
