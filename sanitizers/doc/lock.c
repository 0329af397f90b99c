/*
 * A document that is locked again ([MS-DOC] 2.2.6): the header of the
 * encryption lies in front of the table stream and moves all of its regions.
 */
#include "sanitizers/doc/document.h"
#include "sanitizers/ole/relock.h"

#include "base/banned.h"

enum {
	CLEAR = 68, /* bytes of WordDocument that are not encrypted */
	BLOCK = 512,
	FLAGS_AT = 10,
	FLAG_ENCRYPTED = 0x0100,
	HEADER_SIZE_AT = 14,
};

static int mark(struct relock *relock, struct relock_stream *main)
{
	uint32_t distance = (uint32_t)relock->header.size;
	struct doc_fib fib;
	int error = doc_fib_read(view_of(main->bytes, main->size), &fib);

	if (error != 0)
		return error;
	for (size_t i = 0; i < fib.pair_count; i++) {
		uint8_t *pair = main->bytes + fib.pairs + i * 8;

		if (doc_u32(pair + 4) != 0)
			doc_put_u32(pair, doc_u32(pair) + distance);
	}
	doc_put_u16(main->bytes + FLAGS_AT,
		    doc_u16(main->bytes + FLAGS_AT) | FLAG_ENCRYPTED);
	doc_put_u32(main->bytes + HEADER_SIZE_AT, distance);
	return 0;
}

static void encrypt(const struct relock *relock, struct relock_stream *stream,
		    size_t clear)
{
	if (stream->size > clear)
		stream_lock_crypt(&relock->key, BLOCK, clear,
				  stream->bytes + clear, stream->size - clear);
}

int doc_lock(struct relock *relock)
{
	struct relock_stream *main = relock_stream(relock, "WordDocument");
	struct relock_stream *table = relock_stream(relock, "1Table");
	struct relock_stream *data = relock_stream(relock, "Data");
	BUFFER_CLEANUP struct buffer moved =
	    buffer_make(relock->job->policy->limits.output_bytes);
	int error;

	if (table == NULL)
		table = relock_stream(relock, "0Table");
	if (main == NULL || table == NULL)
		return -ERR_INTERNAL;
	error = mark(relock, main);
	buffer_view(&moved, relock->header);
	buffer_bytes(&moved, table->bytes, table->size);
	if (error == 0)
		error = relock_replace(relock, table, &moved);
	if (error != 0)
		return error;
	encrypt(relock, main, CLEAR);
	encrypt(relock, table, relock->header.size);
	if (data != NULL)
		encrypt(relock, data, 0);
	return 0;
}
