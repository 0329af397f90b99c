/*
 * A presentation that is locked again ([MS-PPT] 2.3.7): how is said by an
 * object of its own, the last of the directory.
 */
#include "base/bytes.h"
#include "sanitizers/ole/relock.h"
#include "sanitizers/ppt/ppt.h"

#include "base/banned.h"

enum {
	USER_TOKEN_AT = 12,
	USER_EDIT_AT = 16,
	EDIT_DIRECTORY_AT = 12,
	EDIT_SEED_AT = 20,
	EDIT_SIZE = 28,
	RUN_MAX = 0xFFF,
	ID_BITS = 20,
};

#define TOKEN_LOCKED UINT32_C(0xF3D1C4DF)

struct plain {
	struct relock *relock;
	uint8_t *bytes;
	struct view document;
	struct view directory; /* its body */
	struct view edit;
	size_t end; /* of the objects */
	uint32_t last_id;
	size_t last_run; /* offset of it in the directory */
};

static uint32_t number_at(struct view bytes, size_t offset)
{
	struct cursor cursor = cursor_at(bytes, offset);

	return cursor_u32le(&cursor);
}

static struct view body_at(struct view document, size_t offset, uint16_t type)
{
	struct cursor cursor = cursor_at(document, offset);
	struct escher_record record;

	return escher_next(&cursor, &record) && record.type == type
		   ? record.body
		   : view_of(NULL, 0);
}

static int find_parts(struct plain *plain, struct view user)
{
	plain->edit =
	    body_at(plain->document, number_at(user, USER_EDIT_AT), PPT_EDIT);
	plain->end = number_at(plain->edit, EDIT_DIRECTORY_AT);
	plain->directory = body_at(plain->document, plain->end, PPT_DIRECTORY);
	return plain->edit.size == EDIT_SIZE && plain->directory.size >= 8
		   ? 0
		   : -ERR_INTERNAL;
}

/* In the output of this sanitizer none lies in another. */
static int encrypt_objects(struct plain *plain)
{
	struct cursor cursor = cursor_at(plain->directory, 0);

	while (cursor_left(&cursor) >= 4) {
		uint32_t run;

		plain->last_run = cursor.offset;
		run = cursor_u32le(&cursor);
		plain->last_id = run & (PPT_IDS - 1);
		for (uint32_t left = run >> ID_BITS; left > 0; left--) {
			uint32_t at = cursor_u32le(&cursor);
			uint32_t size =
			    number_at(plain->document, (size_t)at + 4);

			if (cursor.failed || at > plain->end ||
			    plain->end - at < ESCHER_HEADER ||
			    size > plain->end - at - ESCHER_HEADER)
				return -ERR_INTERNAL;
			stream_lock_crypt_block(
			    &plain->relock->key, plain->last_id,
			    plain->bytes + at, (size_t)size + ESCHER_HEADER);
			plain->last_id++;
		}
	}
	return 0;
}

/* The cipher's entry is one more of the last run. */
static void write_directory(const struct plain *plain, struct buffer *out,
			    uint32_t cipher_at)
{
	const struct escher_record record = {.type = PPT_DIRECTORY};
	size_t start = escher_open(out, &record);
	uint32_t run = number_at(plain->directory, plain->last_run);

	buffer_view(out, plain->directory);
	if (run >> ID_BITS < RUN_MAX && buffer_error(out) == 0)
		buffer_patch_u32le(out, start + ESCHER_HEADER + plain->last_run,
				   run + (UINT32_C(1) << ID_BITS));
	else
		buffer_u32le(out, plain->last_id | UINT32_C(1) << ID_BITS);
	buffer_u32le(out, cipher_at);
	escher_close(out, start);
}

static void write_edit(const struct plain *plain, struct buffer *out,
		       uint32_t directory_at)
{
	const struct escher_record record = {.type = PPT_EDIT};
	size_t start = escher_open(out, &record);

	buffer_view(out, plain->edit);
	buffer_u32le(out, plain->last_id);
	escher_close(out, start);
	start += ESCHER_HEADER;
	if (buffer_error(out) != 0)
		return;
	buffer_patch_u32le(out, start + EDIT_DIRECTORY_AT, directory_at);
	buffer_patch_u32le(out, start + EDIT_SEED_AT, plain->last_id);
}

/* `last_id` is the cipher's own by now. */
static uint32_t write_document(const struct plain *plain, struct buffer *out)
{
	const struct escher_record cipher = {.type = PPT_CIPHER,
					     .version = ESCHER_CONTAINER};
	uint32_t directory_at;
	uint32_t edit_at;
	size_t start;

	buffer_bytes(out, plain->bytes, plain->end);
	start = escher_open(out, &cipher);
	buffer_view(out, plain->relock->header);
	escher_close(out, start);
	directory_at = (uint32_t)out->size;
	write_directory(plain, out, (uint32_t)plain->end);
	edit_at = (uint32_t)out->size;
	write_edit(plain, out, directory_at);
	return edit_at;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

int ppt_lock(struct relock *relock)
{
	struct relock_stream *document =
	    relock_stream(relock, "PowerPoint Document");
	struct relock_stream *user = relock_stream(relock, "Current User");
	struct relock_stream *pictures = relock_stream(relock, "Pictures");
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(relock->job->policy->limits.output_bytes);
	struct plain plain = {.relock = relock};
	uint32_t edit_at;
	int error;

	if (document == NULL || user == NULL || user->size < USER_EDIT_AT + 4)
		return -ERR_INTERNAL;
	plain.bytes = document->bytes;
	plain.document = arena_copy(relock->job->arena,
				    view_of(document->bytes, document->size));
	if (plain.document.data == NULL)
		return -ERR_MEMORY;
	error = find_parts(&plain, view_of(user->bytes, user->size));
	if (error == 0)
		error = encrypt_objects(&plain);
	if (error != 0)
		return error;
	edit_at = write_document(&plain, &out);
	put_u32(user->bytes + USER_TOKEN_AT, TOKEN_LOCKED);
	put_u32(user->bytes + USER_EDIT_AT, edit_at);
	if (pictures != NULL)
		ppt_crypt_pictures(&relock->key, true, pictures->bytes,
				   pictures->size);
	return relock_replace(relock, document, &out);
}
