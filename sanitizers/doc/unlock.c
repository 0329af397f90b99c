/*
 * Documents with a password ([MS-DOC] 2.2.6): each stream encrypted in blocks
 * of 512, or obfuscated as a whole.
 */
#include "sanitizers/doc/document.h"
#include "sanitizers/ole/stream_lock.h"
#include "sanitizers/ole/xor_lock.h"

#include "base/banned.h"

enum {
	CLEAR = 68, /* bytes of WordDocument that are not encrypted */
	BLOCK = 512,
	FLAGS_AT = 10,
	FLAG_ENCRYPTED = 0x0100,
	FLAG_OBFUSCATED = 0x8000,
	KEY_AT = 14, /* lKey: size of the header in the table stream, or hash
			and key of the password */
};

/* What opens a document. To be wiped. */
struct doc_key {
	bool obfuscated;
	struct stream_key stream;
	struct xor_key mask;
	size_t header; /* bytes of the table stream that say how */
};

/* [MS-OFFCRYPTO] 2.3.7.6: what would become zero, or was, stays. */
static void reveal(const struct xor_key *key, size_t offset, uint8_t *bytes,
		   size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t mask = key->bytes[(offset + i) % XOR_LOCK_KEY];

		if (bytes[i] != 0 && bytes[i] != mask)
			bytes[i] ^= mask;
	}
}

static int decrypt(struct doc *doc, const struct doc_key *key, size_t clear,
		   struct view *stream)
{
	struct view copy;
	uint8_t *bytes;

	if (stream->size <= clear)
		return 0;
	copy = arena_copy(doc->job->arena, *stream);
	if (copy.data == NULL)
		return -ERR_MEMORY;
	bytes = (uint8_t *)(uintptr_t)copy.data;
	if (key->obfuscated)
		reveal(&key->mask, clear, bytes + clear, copy.size - clear);
	else
		stream_lock_crypt(&key->stream, BLOCK, clear, bytes + clear,
				  copy.size - clear);
	*stream = copy;
	return 0;
}

static int decrypt_all(struct doc *doc, const struct doc_key *key)
{
	int error = job_charge(doc->job, (uint64_t)doc->main.size +
					     doc->table.size + doc->data.size);
	uint8_t *main;
	uint8_t *table;

	if (error == 0)
		error = decrypt(doc, key, CLEAR, &doc->main);
	if (error == 0)
		error = decrypt(doc, key, key->header, &doc->table);
	if (error == 0)
		error = decrypt(doc, key, 0, &doc->data);
	if (error != 0)
		return error;
	if (doc->main.size <= CLEAR || doc->table.size <= key->header)
		return -ERR_TRUNCATED;
	main = (uint8_t *)(uintptr_t)doc->main.data;
	doc_put_u16(main + FLAGS_AT,
		    doc_u16(main + FLAGS_AT) &
			(uint16_t) ~(FLAG_ENCRYPTED | FLAG_OBFUSCATED));
	doc_put_u32(main + KEY_AT, 0);
	/* The header of the encryption is no part of the document. */
	table = (uint8_t *)(uintptr_t)doc->table.data;
	for (size_t i = 0; i < key->header && i < doc->table.size; i++)
		table[i] = 0;
	if (!job_locks_again(doc->job))
		job_remove(doc->job, REMOVAL_OLE_DECRYPTED, "WordDocument",
			   view_of(NULL, 0), "%s", "password");
	return 0;
}

static int find_key(struct doc *doc, struct doc_key *ret_key)
{
	uint32_t number = doc_u32(doc->main.data + KEY_AT);
	const struct xor_lock mask = {.key = (uint16_t)(number >> 16),
				      .hash = (uint16_t)number,
				      .turn = XOR_LOCK_WORD};
	struct stream_lock lock;
	int error;

	if (ret_key->obfuscated)
		return xor_lock_open(doc->job, &mask, NULL, &ret_key->mask);
	ret_key->header = number;
	error = stream_lock_read(view_slice(doc->table, 0, number), &lock);
	return error != 0
		   ? error
		   : stream_lock_open(doc->job, &lock, NULL, &ret_key->stream);
}

int doc_unlock(struct doc *doc)
{
	uint16_t flags = doc_u16(doc->main.data + FLAGS_AT);
	struct doc_key key = {.obfuscated = (flags & FLAG_OBFUSCATED) != 0};
	int error;

	if ((flags & FLAG_ENCRYPTED) == 0)
		return 0;
	error = find_key(doc, &key);
	if (error == 0)
		error = decrypt_all(doc, &key);
	explicit_bzero(&key, sizeof(key));
	return error;
}
