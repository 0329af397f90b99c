#include "sanitizers/archive/zip_internal.h"

#include "base/bytes.h"
#include "sanitizers/archive/zip_crypt.h"

#include <libdeflate.h>
#include <zlib.h>

#include "base/banned.h"

/* A state of zlib in the arena. Kept for the next entry: ten thousand members
 * would else take 400 MB. */
struct zip_inflater {
	struct zip_inflater *next;
	z_stream stream;
	uint8_t chunk[ZIP_CHUNK];
};

static void *allocate(void *arena, unsigned count, unsigned size)
{
	return arena_array(arena, count, size);
}

static void release(void *arena, void *piece)
{
	(void)arena;
	(void)piece;
}

static int take_inflater(struct zip_reader *reader,
			 struct zip_inflater **ret_inflater)
{
	struct zip_inflater *inflater = reader->idle;

	if (inflater != NULL) {
		reader->idle = inflater->next;
		if (inflateReset(&inflater->stream) != Z_OK)
			return -ERR_INTERNAL;
		*ret_inflater = inflater;
		return 0;
	}
	inflater = arena_alloc(reader->job->arena, sizeof(*inflater));
	if (inflater == NULL)
		return -ERR_MEMORY;
	inflater->stream.zalloc = allocate;
	inflater->stream.zfree = release;
	inflater->stream.opaque = reader->job->arena;
	if (inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK)
		return -ERR_MEMORY;
	*ret_inflater = inflater;
	return 0;
}

/* The bytes that came out so far, held against what was declared. */
struct tally {
	uint64_t declared;
	uint64_t seen;
	uint32_t crc;
	zip_chunk *chunk;
	void *context;
};

static int count_chunk(struct tally *tally, struct view chunk)
{
	if (chunk.size > tally->declared - tally->seen)
		return -ERR_ARCHIVE_INCONSISTENT;
	tally->seen += chunk.size;
	tally->crc = (uint32_t)crc32(tally->crc, chunk.data, (uInt)chunk.size);
	return chunk.size == 0 ? 0 : tally->chunk(tally->context, chunk);
}

static int stream_stored(struct view packed, struct tally *tally)
{
	for (size_t at = 0; at < packed.size; at += ZIP_CHUNK) {
		int error =
		    count_chunk(tally, view_slice(packed, at, ZIP_CHUNK));

		if (error != 0)
			return error;
	}
	return 0;
}

static int inflate_all(struct zip_inflater *inflater, struct view packed,
		       struct tally *tally)
{
	z_stream *stream = &inflater->stream;
	size_t fed = 0;
	int status;

	stream->avail_in = 0;
	do {
		int error;

		if (stream->avail_in == 0) {
			struct view piece =
			    view_slice(packed, fed, 1024 * 1024);

			stream->next_in = (Bytef *)(uintptr_t)piece.data;
			stream->avail_in = (uInt)piece.size;
			fed += piece.size;
		}
		stream->next_out = inflater->chunk;
		stream->avail_out = ZIP_CHUNK;
		status = inflate(stream, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END)
			return -ERR_MALFORMED;
		error =
		    count_chunk(tally, view_of(inflater->chunk,
					       ZIP_CHUNK - stream->avail_out));
		if (error != 0)
			return error;
	} while (status != Z_STREAM_END);
	/* Bytes behind the end of the stream are read by nobody: junk. */
	if (stream->avail_in > 0 || fed < packed.size)
		return -ERR_ARCHIVE_JUNK;
	return 0;
}

static int stream_deflated(struct zip_reader *reader, struct view packed,
			   struct tally *tally)
{
	struct zip_inflater *inflater;
	int error = take_inflater(reader, &inflater);

	if (error != 0)
		return error;
	error = inflate_all(inflater, packed, tally);
	inflater->next = reader->idle;
	reader->idle = inflater;
	return error;
}

int zip_reader_stream(struct zip_reader *reader, size_t i, struct view password,
		      zip_chunk *chunk, void *context)
{
	const struct zip_entry *entry = &reader->entries[i];
	struct view packed =
	    view_slice(reader->input, entry->data, (size_t)entry->packed);
	struct tally tally = {.declared = entry->unpacked,
			      .crc = (uint32_t)crc32(0, NULL, 0),
			      .chunk = chunk,
			      .context = context};
	int error =
	    job_check_ratio(reader->job, entry->packed, entry->unpacked);

	if (error == 0 && entry->encrypted)
		error = password.data == NULL
			    ? -ERR_ENCRYPTED
			    : zip_decrypt(reader->job->arena, entry, packed,
					  password, &packed);
	if (error == 0)
		error = job_charge(reader->job, entry->unpacked);
	if (error != 0)
		return error;
	if (entry->method == ZIP_METHOD_STORE)
		error = stream_stored(packed, &tally);
	else if (entry->method == ZIP_METHOD_DEFLATE)
		error = stream_deflated(reader, packed, &tally);
	else
		error = -ERR_TYPE_UNSUPPORTED;
	if (error != 0)
		return error;
	if (tally.seen != tally.declared)
		return -ERR_ARCHIVE_INCONSISTENT;
	/* AE-2 has no CRC, its authentication code was checked before. */
	if (entry->aes_version == 2)
		return 0;
	return tally.crc == entry->crc ? 0 : -ERR_MALFORMED;
}

struct filling {
	uint8_t *data;
	size_t size;
	size_t used;
};

static int fill(void *context, struct view chunk)
{
	struct filling *filling = context;

	if (!bytes_copy(filling->data + filling->used,
			filling->size - filling->used, chunk))
		return -ERR_INTERNAL;
	filling->used += chunk.size;
	return 0;
}

static int ignore(void *context, struct view chunk)
{
	(void)context;
	(void)chunk;
	return 0;
}

int zip_reader_read(struct zip_reader *reader, size_t i, struct view password,
		    struct view *ret_content)
{
	const struct zip_entry *entry = &reader->entries[i];
	struct filling filling = {.size = (size_t)entry->unpacked};
	int error;

	if (entry->method == ZIP_METHOD_STORE && !entry->encrypted) {
		error = zip_reader_stream(reader, i, password, ignore, NULL);
		if (error == 0)
			*ret_content = view_slice(reader->input, entry->data,
						  (size_t)entry->packed);
		return error;
	}
	/* Only what the budget allows is allocated at all. */
	if (entry->unpacked > reader->job->unpacked_left)
		return -ERR_LIMIT_BYTES;
	error = job_check_ratio(reader->job, entry->packed, entry->unpacked);
	if (error != 0)
		return error;
	filling.data = arena_alloc(reader->job->arena, filling.size);
	if (filling.data == NULL)
		return -ERR_MEMORY;
	error = zip_reader_stream(reader, i, password, fill, &filling);
	if (error == 0)
		*ret_content = view_of(filling.data, filling.used);
	return error;
}

/* All at once, of which libdeflate does twice as much in the same time. */
static int inflate_whole(struct view packed, uint8_t *data, size_t size)
{
	struct libdeflate_decompressor *decompressor =
	    libdeflate_alloc_decompressor();
	enum libdeflate_result result;
	size_t used = 0;
	size_t made = 0;

	if (decompressor == NULL)
		return -ERR_MEMORY;
	result = libdeflate_deflate_decompress_ex(
	    decompressor, packed.data, packed.size, data, size, &used, &made);
	libdeflate_free_decompressor(decompressor);
	if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
		return -ERR_ARCHIVE_INCONSISTENT;
	if (result != LIBDEFLATE_SUCCESS)
		return -ERR_MALFORMED;
	if (made != size)
		return -ERR_ARCHIVE_INCONSISTENT;
	return used == packed.size ? 0 : -ERR_ARCHIVE_JUNK;
}

static int fill_buffer(void *context, struct view chunk)
{
	struct buffer *buffer = context;

	buffer_view(buffer, chunk);
	return buffer_error(buffer);
}

static int unpack_whole(struct zip_reader *reader,
			const struct zip_entry *entry, struct buffer *unpacked)
{
	struct view packed =
	    view_slice(reader->input, entry->data, (size_t)entry->packed);
	int error =
	    job_check_ratio(reader->job, entry->packed, entry->unpacked);
	size_t size = (size_t)entry->unpacked;
	uint8_t *data;

	if (error == 0)
		error = job_charge(reader->job, entry->unpacked);
	if (error != 0)
		return error;
	data = buffer_room(unpacked, size);
	if (data == NULL)
		return buffer_error(unpacked);
	error = inflate_whole(packed, data, size);
	if (error != 0)
		return error;
	buffer_took(unpacked, size);
	return libdeflate_crc32(0, data, size) == entry->crc ? 0
							     : -ERR_MALFORMED;
}

int zip_reader_unpack(struct zip_reader *reader, size_t i, struct view password,
		      struct buffer *unpacked, struct view *ret_content)
{
	const struct zip_entry *entry = &reader->entries[i];
	int error;

	*unpacked = buffer_make((size_t)entry->unpacked);
	if (entry->method == ZIP_METHOD_STORE && !entry->encrypted)
		return zip_reader_read(reader, i, password, ret_content);
	if (entry->method == ZIP_METHOD_DEFLATE && !entry->encrypted &&
	    entry->unpacked > 0)
		error = unpack_whole(reader, entry, unpacked);
	else
		error = zip_reader_stream(reader, i, password, fill_buffer,
					  unpacked);
	if (error == 0)
		*ret_content = buffer_contents(unpacked);
	return error;
}

static int inflate_some(struct view packed, uint8_t *data, size_t capacity,
			size_t *ret_size)
{
	z_stream stream = {0};
	int status;

	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return -ERR_MEMORY;
	stream.next_in = (Bytef *)(uintptr_t)packed.data;
	stream.avail_in =
	    packed.size > UINT32_MAX ? UINT32_MAX : (uInt)packed.size;
	stream.next_out = data;
	stream.avail_out = capacity > UINT32_MAX ? UINT32_MAX : (uInt)capacity;
	status = inflate(&stream, Z_SYNC_FLUSH);
	*ret_size = (size_t)(stream.next_out - data);
	(void)inflateEnd(&stream);
	return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR
		   ? 0
		   : -ERR_MALFORMED;
}

/* Where the packed bytes of a member begin, from its local header. */
static struct view packed_bytes(struct view input,
				const struct zip_layout *layout,
				const struct zip_entry *entry)
{
	struct cursor cursor = cursor_at(input, layout->junk_front);
	size_t name_size;

	if (entry->header > input.size)
		return (struct view){NULL, 0};
	cursor_skip(&cursor, (size_t)entry->header + ZIP_LOCAL_SIZE - 4);
	name_size = cursor_u16le(&cursor);
	cursor_skip(&cursor, cursor_u16le(&cursor) + name_size);
	if (cursor.failed || entry->packed > SIZE_MAX)
		return (struct view){NULL, 0};
	return view_slice(input, cursor.offset, (size_t)entry->packed);
}

int zip_peek(struct view input, const char *name, uint8_t *data,
	     size_t capacity, size_t *ret_size)
{
	struct zip_layout layout;
	struct cursor cursor;
	struct zip_entry entry;
	struct view packed;
	int error = zip_layout_find(input, &layout);

	if (error != 0)
		return error;
	cursor = zip_layout_records(input, &layout);
	do {
		if (cursor_left(&cursor) == 0)
			return -ERR_NOT_FOUND;
		error = zip_record_next(&cursor, &entry);
		if (error != 0)
			return error;
	} while (!view_equal_nocase(entry.raw_name, name));
	packed = packed_bytes(input, &layout, &entry);
	if (entry.encrypted || (entry.method != ZIP_METHOD_STORE &&
				entry.method != ZIP_METHOD_DEFLATE))
		return -ERR_TYPE_UNSUPPORTED;
	if (entry.method == ZIP_METHOD_DEFLATE)
		return inflate_some(packed, data, capacity, ret_size);
	packed = view_slice(packed, 0, capacity);
	*ret_size = packed.size;
	return bytes_copy(data, capacity, packed) ? 0 : -ERR_INTERNAL;
}
