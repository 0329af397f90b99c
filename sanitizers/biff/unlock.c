/*
 * Workbooks under a password (2.2.10): the bodies of records are encrypted, in
 * blocks of the stream; some records, and where sheets begin, are not.
 */
#include "sanitizers/biff/biff.h"

#include "base/bytes.h"
#include "sanitizers/ole/rc4_lock.h"

#include "base/banned.h"

enum {
	BLOCK = 1024,
	WAY_RC4 = 1,
	POSITION = 4, /* bytes of BOUNDSHEET that are not encrypted */
};

/* In the order of [MS-XLS] 2.2.10. */
static bool is_clear(uint16_t type)
{
	return type == BIFF_BOF || type == BIFF_FILEPASS || type == 0x194 ||
	       type == 0x195 || type == 0xE1 || type == 0x196 || type == 0x138;
}

/* One block of the key stream at a time. */
struct key_stream {
	const struct rc4_lock *lock;
	uint32_t block;
	bool ready;
	uint8_t bytes[BLOCK];
};

static void decrypt(struct key_stream *keys, uint8_t *stream, size_t from,
		    size_t to)
{
	for (size_t at = from; at < to; at++) {
		uint32_t block = (uint32_t)(at / BLOCK);

		if (!keys->ready || keys->block != block) {
			rc4_lock_stream(keys->lock, block, keys->bytes, BLOCK);
			keys->block = block;
			keys->ready = true;
		}
		stream[at] ^= keys->bytes[at % BLOCK];
	}
}

static int decrypt_records(struct book *book, const struct rc4_lock *lock)
{
	struct key_stream keys = {.lock = lock};
	uint8_t *stream = arena_alloc(book->job->arena, book->stream.size);

	if (stream == NULL ||
	    !bytes_copy(stream, book->stream.size, book->stream))
		return -ERR_MEMORY;
	for (size_t i = 0; i < book->count; i++) {
		const struct biff_record *record = &book->records[i];
		size_t start = (size_t)record->offset + BIFF_HEADER;
		size_t clear = record->type == BIFF_BOUNDSHEET ? POSITION : 0;

		if (!is_clear(record->type) && record->size > clear)
			decrypt(&keys, stream, start + clear,
				start + record->size);
	}
	book->stream = view_of(stream, book->stream.size);
	explicit_bzero(&keys, sizeof(keys));
	return 0;
}

int biff_unlock(struct book *book)
{
	struct rc4_lock lock;
	struct view body = {NULL, 0};
	struct cursor cursor;
	int error;

	for (size_t i = 0; i < book->count; i++) {
		if (book->records[i].type == BIFF_EOF)
			break;
		if (book->records[i].type == BIFF_FILEPASS) {
			body = biff_body(book, i);
			break;
		}
	}
	if (body.data == NULL)
		return 0;
	cursor = cursor_at(body, 0);
	if (!book->biff8 || cursor_u16le(&cursor) != WAY_RC4)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	error = rc4_lock_read(view_slice(body, 2, SIZE_MAX), &lock);
	if (error == 0)
		error = rc4_lock_search(book->job, &lock, true);
	if (error == 0)
		error = decrypt_records(book, &lock);
	explicit_bzero(&lock, sizeof(lock));
	if (error != 0)
		return error;
	book->unlocked = true;
	job_remove(book->job, REMOVAL_OLE_DECRYPTED, "", view_of(NULL, 0), "%s",
		   book->job->opened_with_password ? "password" : "");
	return 0;
}
