/*
 * Workbooks under a password (2.2.10): the bodies of records are encrypted, in
 * blocks of the stream; some records, and where sheets begin, are not.
 */
#include "sanitizers/biff/biff.h"

#include "base/bytes.h"
#include "sanitizers/ole/stream_lock.h"

#include "base/banned.h"

enum {
	BLOCK = 1024,
	WAY_RC4 = 1,
	POSITION = 4, /* bytes of BOUNDSHEET that are not encrypted */
};

/* With which Excel locks what is only protected against changes. */
static const char default_password[] = "VelvetSweatshop";

/* In the order of [MS-XLS] 2.2.10. */
static bool is_clear(uint16_t type)
{
	return type == BIFF_BOF || type == BIFF_FILEPASS || type == 0x194 ||
	       type == 0x195 || type == 0xE1 || type == 0x196 || type == 0x138;
}

/* The whole stream at once; then what was never encrypted is put back. */
static int decrypt(struct book *book, const struct stream_key *key)
{
	struct view locked = book->stream;
	uint8_t *stream = arena_alloc(book->job->arena, locked.size);
	size_t done = 0;

	if (stream == NULL || !bytes_copy(stream, locked.size, locked))
		return -ERR_MEMORY;
	stream_lock_decrypt(key, BLOCK, 0, stream, locked.size);
	for (size_t i = 0; i < book->count; i++) {
		const struct biff_record *record = &book->records[i];
		size_t clear = BIFF_HEADER;

		if (is_clear(record->type))
			clear += record->size;
		else if (record->type == BIFF_BOUNDSHEET)
			clear +=
			    record->size < POSITION ? record->size : POSITION;
		for (size_t at = record->offset; at < record->offset + clear;
		     at++)
			stream[at] = locked.data[at];
		done = (size_t)record->offset + BIFF_HEADER + record->size;
	}
	book->stream = view_of(stream, done);
	return 0;
}

int biff_unlock(struct book *book)
{
	struct stream_lock lock;
	struct stream_key key;
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
	error = stream_lock_read(view_slice(body, 2, SIZE_MAX), &lock);
	if (error == 0)
		error =
		    stream_lock_open(book->job, &lock, default_password, &key);
	if (error != 0)
		return error;
	error = decrypt(book, &key);
	explicit_bzero(&key, sizeof(key));
	if (error != 0)
		return error;
	book->unlocked = true;
	job_remove(book->job, REMOVAL_OLE_DECRYPTED, "", view_of(NULL, 0), "%s",
		   book->job->opened_with_password ? "password" : "");
	return 0;
}
