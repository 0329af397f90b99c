/* Documents with a password ([MS-DOC] 2.2.6): each stream in blocks of 512. */
#include "sanitizers/doc/document.h"
#include "sanitizers/ole/stream_lock.h"

#include "base/banned.h"

enum {
	CLEAR = 68, /* bytes of WordDocument that are not encrypted */
	BLOCK = 512,
	FLAGS_AT = 10,
	FLAG_ENCRYPTED = 0x0100,
	FLAG_OBFUSCATED = 0x8000,
	HEADER_SIZE_AT = 14, /* lKey: of the header in the table stream */
};

static int decrypt(struct doc *doc, const struct stream_key *key, size_t clear,
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
	stream_lock_decrypt(key, BLOCK, clear, bytes + clear,
			    copy.size - clear);
	*stream = copy;
	return 0;
}

static int decrypt_all(struct doc *doc, const struct stream_key *key,
		       size_t header)
{
	int error = job_charge(doc->job, (uint64_t)doc->main.size +
					     doc->table.size + doc->data.size);
	uint8_t *main;
	uint8_t *table;

	if (error == 0)
		error = decrypt(doc, key, CLEAR, &doc->main);
	if (error == 0)
		error = decrypt(doc, key, header, &doc->table);
	if (error == 0)
		error = decrypt(doc, key, 0, &doc->data);
	if (error != 0)
		return error;
	if (doc->main.size <= CLEAR || doc->table.size <= header)
		return -ERR_TRUNCATED;
	main = (uint8_t *)(uintptr_t)doc->main.data;
	doc_put_u16(main + FLAGS_AT,
		    doc_u16(main + FLAGS_AT) & (uint16_t)~FLAG_ENCRYPTED);
	doc_put_u32(main + HEADER_SIZE_AT, 0);
	/* The header of the encryption is no part of the document. */
	table = (uint8_t *)(uintptr_t)doc->table.data;
	for (size_t i = 0; i < header && i < doc->table.size; i++)
		table[i] = 0;
	job_remove(doc->job, REMOVAL_OLE_DECRYPTED, "WordDocument",
		   view_of(NULL, 0), "%s", "password");
	return 0;
}

int doc_unlock(struct doc *doc)
{
	uint16_t flags = doc_u16(doc->main.data + FLAGS_AT);
	size_t header = doc_u32(doc->main.data + HEADER_SIZE_AT);
	struct stream_lock lock;
	struct stream_key key;
	int error;

	if ((flags & FLAG_ENCRYPTED) == 0)
		return 0;
	if ((flags & FLAG_OBFUSCATED) != 0)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	error = stream_lock_read(view_slice(doc->table, 0, header), &lock);
	if (error == 0)
		error = stream_lock_open(doc->job, &lock, NULL, &key);
	if (error != 0)
		return error;
	error = decrypt_all(doc, &key, header);
	explicit_bzero(&key, sizeof(key));
	return error;
}
