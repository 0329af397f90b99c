/*
 * Workbooks under a password (2.2.10): the bodies of records are encrypted, in
 * blocks of the stream, or obfuscated, each by itself; some records, and where
 * sheets begin, are not.
 */
#include "sanitizers/biff/biff.h"

#include "base/bytes.h"
#include "sanitizers/ole/stream_lock.h"
#include "sanitizers/ole/xor_lock.h"

#include "base/banned.h"

enum {
	BLOCK = 1024,
	WAY_XOR = 0,
	WAY_RC4 = 1,
	POSITION = 4, /* bytes of BOUNDSHEET that are not encrypted */
	XOR_TURN = 3,
};

/* With which Excel locks what is only protected against changes. */
static const char default_password[] = "VelvetSweatshop";

/* In the order of [MS-XLS] 2.2.10. */
static bool is_clear(uint16_t type)
{
	return type == BIFF_BOF || type == BIFF_FILEPASS || type == 0x194 ||
	       type == 0x195 || type == 0xE1 || type == 0x196 || type == 0x138;
}

size_t biff_clear_size(uint16_t type, size_t size)
{
	if (is_clear(type))
		return size;
	if (type == BIFF_BOUNDSHEET && size > POSITION)
		return POSITION;
	return type == BIFF_BOUNDSHEET ? size : 0;
}

static int copy_stream(struct book *book, uint8_t **ret_stream)
{
	uint8_t *stream = arena_alloc(book->job->arena, book->stream.size + 1);

	if (stream == NULL ||
	    !bytes_copy(stream, book->stream.size + 1, book->stream))
		return -ERR_MEMORY;
	*ret_stream = stream;
	return 0;
}

static size_t end_of(const struct book *book)
{
	const struct biff_record *last = &book->records[book->count - 1];

	return (size_t)last->offset + BIFF_HEADER + last->size;
}

/* ---- RC4 ---- */

/* The whole stream at once; then what was never encrypted is put back. */
static void decrypt(const struct book *book, const struct stream_key *key,
		    uint8_t *stream)
{
	stream_lock_crypt(key, BLOCK, 0, stream, book->stream.size);
	for (size_t i = 0; i < book->count; i++) {
		const struct biff_record *record = &book->records[i];
		size_t end = record->offset + BIFF_HEADER +
			     biff_clear_size(record->type, record->size);

		for (size_t at = record->offset; at < end; at++)
			stream[at] = book->stream.data[at];
	}
}

static int unlock_rc4(struct book *book, struct view header, uint8_t *stream)
{
	struct stream_lock lock;
	struct stream_key key;
	int error = stream_lock_read(header, &lock);

	if (error == 0)
		error =
		    stream_lock_open(book->job, &lock, default_password, &key);
	if (error != 0)
		return error;
	decrypt(book, &key, stream);
	explicit_bzero(&key, sizeof(key));
	return 0;
}

/* ---- XOR ---- */

/* [MS-OFFCRYPTO] 2.3.7.3, the way that Excel really takes. */
static void reveal(const struct book *book, const struct xor_key *key,
		   uint8_t *stream)
{
	for (size_t i = 0; i < book->count; i++) {
		const struct biff_record *record = &book->records[i];
		size_t body = (size_t)record->offset + BIFF_HEADER;

		for (size_t at = biff_clear_size(record->type, record->size);
		     at < record->size; at++)
			stream[body + at] =
			    xor_lock_turned(stream[body + at], XOR_TURN) ^
			    key->bytes[(body + record->size + at) %
				       XOR_LOCK_KEY];
	}
}

static int unlock_xor(struct book *book, struct view header, uint8_t *stream)
{
	struct cursor cursor = cursor_at(header, 0);
	struct xor_lock lock = {.turn = XOR_LOCK_EXCEL};
	struct xor_key key;
	int error;

	lock.key = cursor_u16le(&cursor);
	lock.hash = cursor_u16le(&cursor);
	if (cursor.failed)
		return -ERR_TRUNCATED;
	error = xor_lock_open(book->job, &lock, default_password, &key);
	if (error != 0)
		return error;
	reveal(book, &key, stream);
	explicit_bzero(&key, sizeof(key));
	return 0;
}

/* ---- FILEPASS (2.4.117) ---- */

static struct view find_header(const struct book *book)
{
	for (size_t i = 0; i < book->count; i++) {
		if (book->records[i].type == BIFF_EOF)
			break;
		if (book->records[i].type == BIFF_FILEPASS)
			return biff_body(book, i);
	}
	return view_of(NULL, 0);
}

/* Excel 5 knows XOR alone, and does not name it. */
static int unlock(struct book *book, struct view header, uint8_t *stream)
{
	struct cursor cursor = cursor_at(header, 0);

	if (!book->biff8)
		return unlock_xor(book, header, stream);
	switch (cursor_u16le(&cursor)) {
	case WAY_XOR:
		return unlock_xor(book, view_slice(header, 2, SIZE_MAX),
				  stream);
	case WAY_RC4:
		return unlock_rc4(book, view_slice(header, 2, SIZE_MAX),
				  stream);
	default:
		return -ERR_ENCRYPTION_UNSUPPORTED;
	}
}

int biff_unlock(struct book *book)
{
	struct view header = find_header(book);
	uint8_t *stream;
	int error;

	if (header.data == NULL)
		return 0;
	error = copy_stream(book, &stream);
	if (error == 0)
		error = unlock(book, header, stream);
	if (error != 0)
		return error;
	book->stream = view_of(stream, end_of(book));
	book->unlocked = true;
	/* Excel 5 has no lock that hides anything. */
	if (!book->biff8 || !job_locks_again(book->job))
		job_remove(book->job, REMOVAL_OLE_DECRYPTED, "",
			   view_of(NULL, 0), "%s",
			   book->job->opened_with_password ? "password" : "");
	return 0;
}
