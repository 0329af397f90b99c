/*
 * Presentations under a password ([MS-PPT] 2.3.7): each object is encrypted by
 * itself, its identifier the number of its block; edits and directories are
 * not. Of the pictures each field is encrypted as if it were the first.
 */
#include "base/bytes.h"
#include "sanitizers/ole/stream_lock.h"
#include "sanitizers/ppt/ppt.h"

#include <stdlib.h>

#include "base/banned.h"

enum { UID = 16, METAFILE_HEADER = 34, NAME_SIZE_AT = 33 };

/* With which PowerPoint locks what is only protected against changes. */
static const char default_password[] = "/01Hannes Ruescher/01";

/* Of an FBSE ([MS-ODRAW] 2.2.32), up to the name. */
static const uint8_t entry_fields[] = {1, 1, 16, 2, 4, 4, 4, 1, 1, 1, 1};

struct place {
	uint32_t id;
	uint32_t offset;
};

static int by_offset(const void *a, const void *b)
{
	uint32_t left = ((const struct place *)a)->offset;
	uint32_t right = ((const struct place *)b)->offset;

	return left < right ? -1 : left > right;
}

static int copy_of(struct ppt *ppt, struct view *stream, uint8_t **ret_bytes)
{
	int error = job_charge(ppt->job, stream->size);

	if (error != 0)
		return error;
	*ret_bytes = arena_alloc(ppt->job->arena, stream->size + 1);
	if (*ret_bytes == NULL ||
	    !bytes_copy(*ret_bytes, stream->size + 1, *stream))
		return -ERR_MEMORY;
	*stream = view_of(*ret_bytes, stream->size);
	return 0;
}

/* How long the record is that begins with these bytes; SIZE_MAX where it leads
 * behind the end. */
static size_t record_size(const uint8_t header[ESCHER_HEADER], size_t room)
{
	struct cursor cursor = cursor_at(view_of(header, ESCHER_HEADER), 4);
	uint32_t size = cursor_u32le(&cursor);

	return size > room - ESCHER_HEADER ? SIZE_MAX
					   : (size_t)size + ESCHER_HEADER;
}

/* ---- objects ---- */

/* What deleted slides leave leads to no record, and stays as it is. Each byte
 * is decrypted once: none may be of two objects. */
static int decrypt_objects(struct ppt *ppt, const struct stream_key *key,
			   const struct place *places, size_t count)
{
	size_t total = ppt->document.size;
	uint8_t *bytes;
	size_t end = 0;
	int error = copy_of(ppt, &ppt->document, &bytes);

	for (size_t i = 0; i < count && error == 0; i++) {
		uint8_t header[ESCHER_HEADER];
		size_t at = places[i].offset;
		size_t size;

		if (at >= total || total - at < ESCHER_HEADER)
			continue;
		for (size_t k = 0; k < sizeof(header); k++)
			header[k] = bytes[at + k];
		stream_lock_crypt_block(key, places[i].id, header,
					sizeof(header));
		size = record_size(header, total - at);
		if (size == SIZE_MAX)
			continue;
		if (at < end)
			return -ERR_MALFORMED;
		stream_lock_crypt_block(key, places[i].id, bytes + at, size);
		end = at + size;
	}
	return error;
}

static int list_objects(struct ppt *ppt, const uint32_t *table,
			struct place **ret_places, size_t *ret_count)
{
	struct place *places;
	size_t count = 0;

	for (uint32_t id = 0; id < ppt->ids; id++)
		count += table[id] != 0;
	places = arena_array(ppt->job->arena, count + 1, sizeof(*places));
	if (places == NULL)
		return -ERR_MEMORY;
	count = 0;
	for (uint32_t id = 0; id < ppt->ids; id++)
		if (table[id] != 0 && id != ppt->cipher)
			places[count++] =
			    (struct place){.id = id, .offset = table[id] - 1};
	qsort(places, count, sizeof(*places), by_offset);
	*ret_places = places;
	*ret_count = count;
	return 0;
}

/* ---- pictures ---- */

/* A stretch of pictures that is being decrypted. */
struct pictures {
	const struct stream_key *key;
	bool locks; /* it is encrypted, and lengths stand there as they are */
	uint8_t *bytes;
	size_t size;
	size_t at;
};

/* Up to `size` bytes that were encrypted as one. */
static void take_field(struct pictures *pictures, size_t size, size_t end)
{
	if (size > end - pictures->at)
		size = end - pictures->at;
	stream_lock_crypt_block(pictures->key, 0,
				pictures->bytes + pictures->at, size);
	pictures->at += size;
}

static bool is_twice(uint16_t instance)
{
	static const uint16_t twice[] = {0x217, 0x3D5, 0x46B, 0x543,
					 0x6E1, 0x6E3, 0x6E5, 0x7A9};

	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++)
		if (twice[i] == instance)
			return true;
	return false;
}

/* A BLIP ([MS-ODRAW] 2.2.23) behind its header. */
static void take_blip(struct pictures *pictures, uint16_t first, uint16_t type,
		      size_t end)
{
	bool metafile = type == 0xF01A || type == 0xF01B || type == 0xF01C;

	take_field(pictures, UID, end);
	if (is_twice(first >> 4))
		take_field(pictures, UID, end);
	take_field(pictures, metafile ? METAFILE_HEADER : 1, end);
	take_field(pictures, end - pictures->at, end);
}

/* The fields of an FBSE; true where a BLIP follows in it. */
static bool take_entry(struct pictures *pictures, size_t end)
{
	size_t start = pictures->at;

	for (size_t i = 0; i < sizeof(entry_fields); i++)
		take_field(pictures, entry_fields[i], end);
	if (end - start > NAME_SIZE_AT)
		take_field(pictures, pictures->bytes[start + NAME_SIZE_AT],
			   end);
	return end - pictures->at >= ESCHER_HEADER;
}

/* One picture; false where there is none any more. */
static bool take_picture(struct pictures *pictures)
{
	bool inside = false;

	for (size_t room = pictures->size - pictures->at; room >= ESCHER_HEADER;
	     inside = true) {
		uint8_t header[ESCHER_HEADER];
		struct cursor cursor =
		    cursor_at(view_of(header, sizeof(header)), 0);
		size_t start = pictures->at;
		uint16_t first;
		uint16_t type;
		size_t size;

		for (size_t i = 0; i < sizeof(header); i++)
			header[i] = pictures->bytes[start + i];
		if (!pictures->locks)
			stream_lock_crypt_block(pictures->key, 0, header,
						sizeof(header));
		take_field(pictures, ESCHER_HEADER, pictures->size);
		size = record_size(header, room);
		first = cursor_u16le(&cursor);
		type = cursor_u16le(&cursor);
		if (size == SIZE_MAX)
			return false;
		if (type != ESCHER_ENTRY || inside) {
			take_blip(pictures, first, type, start + size);
			return true;
		}
		if (!take_entry(pictures, start + size))
			return true;
		room = start + size - pictures->at;
	}
	return false;
}

void ppt_crypt_pictures(const struct stream_key *key, bool locks,
			uint8_t *bytes, size_t size)
{
	struct pictures pictures = {
	    .key = key, .locks = locks, .bytes = bytes, .size = size};

	while (take_picture(&pictures))
		;
}

static int decrypt_pictures(struct ppt *ppt, const struct stream_key *key)
{
	uint8_t *bytes;
	int error;

	if (ppt->pictures.size == 0)
		return 0;
	error = copy_of(ppt, &ppt->pictures, &bytes);
	if (error == 0)
		ppt_crypt_pictures(key, false, bytes, ppt->pictures.size);
	return error;
}

/* ---- the lock ---- */

static int find_key(struct ppt *ppt, const uint32_t *table,
		    struct stream_key *ret_key)
{
	struct stream_lock lock;
	struct escher_record record;
	struct cursor cursor;
	int error;

	if (ppt->cipher >= ppt->ids || table[ppt->cipher] == 0)
		return -ERR_MALFORMED;
	cursor = cursor_at(ppt->document, table[ppt->cipher] - 1);
	if (!escher_next(&cursor, &record) || record.type != PPT_CIPHER)
		return -ERR_MALFORMED;
	error = stream_lock_read(record.body, &lock);
	/* [MS-PPT] knows CryptoAPI alone. */
	if (error == 0 && !lock.by_api)
		error = -ERR_ENCRYPTION_UNSUPPORTED;
	return error != 0 ? error
			  : stream_lock_open(ppt->job, &lock, default_password,
					     ret_key);
}

int ppt_unlock(struct ppt *ppt, const uint32_t *table)
{
	struct stream_key key;
	struct place *places;
	size_t count;
	int error;

	if (ppt->cipher == 0)
		return ppt->locked ? -ERR_MALFORMED : 0;
	error = find_key(ppt, table, &key);
	if (error != 0)
		return error;
	error = list_objects(ppt, table, &places, &count);
	if (error == 0)
		error = decrypt_objects(ppt, &key, places, count);
	if (error == 0)
		error = decrypt_pictures(ppt, &key);
	explicit_bzero(&key, sizeof(key));
	if (error == 0 && !job_locks_again(ppt->job))
		job_remove(ppt->job, REMOVAL_OLE_DECRYPTED,
			   "PowerPoint Document", view_of(NULL, 0), "%s",
			   ppt->job->opened_with_password ? "password" : "");
	return error;
}
