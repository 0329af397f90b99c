/*
 * A workbook that is locked again: FILEPASS behind the first record moves all
 * positions that are counted from the beginning of the stream (2.4.28, 2.4.141,
 * 2.5.168).
 */
#include "sanitizers/biff/biff.h"
#include "sanitizers/ole/relock.h"

#include "base/banned.h"

enum {
	BLOCK = 1024,
	WAY_RC4 = 1,
	INDEX_FIRST = 12, /* ibXF, then rgibRw */
	STRINGS_FIRST = 2,
	STRINGS_STEP = 8,
};

static void move(struct buffer *out, size_t at, uint32_t distance)
{
	struct cursor cursor = cursor_at(buffer_contents(out), at);
	uint32_t old = cursor_u32le(&cursor);

	if (!cursor.failed && old != 0)
		buffer_patch_u32le(out, at, old + distance);
}

/* Positions in the record whose body lies at `at`. */
static void move_positions(struct buffer *out, uint16_t type, size_t at,
			   size_t size, uint32_t distance)
{
	size_t end = at + size;

	if (type == BIFF_BOUNDSHEET)
		move(out, at, distance);
	if (type == BIFF_INDEX)
		for (at += INDEX_FIRST; at + 4 <= end; at += 4)
			move(out, at, distance);
	if (type == BIFF_EXTSST)
		for (at += STRINGS_FIRST; at + 4 <= end; at += STRINGS_STEP)
			move(out, at, distance);
}

/* Behind each record: its type, and where its body begins. */
static bool next_record(struct cursor *cursor, uint16_t *ret_type,
			size_t *ret_size)
{
	*ret_type = cursor_u16le(cursor);
	*ret_size = cursor_u16le(cursor);
	cursor_skip(cursor, *ret_size);
	return !cursor->failed;
}

static int write_stream(const struct relock *relock, struct view plain,
			struct buffer *out)
{
	struct cursor cursor = cursor_at(plain, 0);
	uint32_t distance = BIFF_HEADER + 2 + (uint32_t)relock->header.size;
	uint16_t type;
	size_t size;

	if (!next_record(&cursor, &type, &size))
		return -ERR_INTERNAL;
	buffer_bytes(out, plain.data, cursor.offset);
	buffer_u16le(out, BIFF_FILEPASS);
	buffer_u16le(out, (uint16_t)(2 + relock->header.size));
	buffer_u16le(out, WAY_RC4);
	buffer_view(out, relock->header);
	buffer_view(out, view_slice(plain, cursor.offset, SIZE_MAX));
	if (buffer_error(out) != 0)
		return buffer_error(out);
	while (next_record(&cursor, &type, &size))
		move_positions(out, type, cursor.offset - size + distance, size,
			       distance);
	return 0;
}

/* All of it, but for what stays clear. */
static void encrypt(struct relock *relock, struct relock_stream *stream,
		    struct view plain)
{
	struct cursor cursor = cursor_at(plain, 0);
	uint16_t type;
	size_t size;

	stream_lock_crypt(&relock->key, BLOCK, 0, stream->bytes, stream->size);
	while (next_record(&cursor, &type, &size)) {
		size_t body = cursor.offset - size;
		size_t end = body + biff_clear_size(type, size);

		for (size_t at = body - BIFF_HEADER; at < end; at++)
			stream->bytes[at] = plain.data[at];
	}
}

int biff_lock(struct relock *relock)
{
	struct relock_stream *stream = relock_stream(relock, "Workbook");
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(relock->job->policy->limits.output_bytes);
	int error;

	if (stream == NULL)
		return -ERR_INTERNAL;
	error =
	    write_stream(relock, view_of(stream->bytes, stream->size), &out);
	if (error == 0)
		error = relock_replace(relock, stream, &out);
	if (error == 0)
		encrypt(relock, stream, buffer_contents(&out));
	return error;
}
