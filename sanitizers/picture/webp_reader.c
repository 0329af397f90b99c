#include "sanitizers/picture/webp_reader.h"

#include "sanitizers/picture/exif.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/vp8_quality.h"

#include "base/banned.h"

#define TAG(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

enum chunk_tag {
	CHUNK_VP8 = TAG('V', 'P', '8', ' '),
	CHUNK_VP8L = TAG('V', 'P', '8', 'L'),
	CHUNK_VP8X = TAG('V', 'P', '8', 'X'),
	CHUNK_ALPH = TAG('A', 'L', 'P', 'H'),
	CHUNK_ANIM = TAG('A', 'N', 'I', 'M'),
	CHUNK_ANMF = TAG('A', 'N', 'M', 'F'),
	CHUNK_ICCP = TAG('I', 'C', 'C', 'P'),
	CHUNK_EXIF = TAG('E', 'X', 'I', 'F'),
	CHUNK_XMP = TAG('X', 'M', 'P', ' '),
};

enum {
	RIFF_HEADER = 12,
	FLAG_ANIMATION = 0x02,
	FLAG_ALPHA = 0x10,
	FLAG_ICC = 0x20,
	FRAME_HEADER = 16,
	VP8X_SIZE = 10,
};

struct chunk {
	uint32_t tag;
	struct view body;
};

struct reader {
	struct job *job;
	struct webp_header header;
	struct buffer frames; /* chunks of pictures, as they are */
	struct view profile;
	bool extended;
	bool alpha;
	bool pictures; /* outside of frames */
	uint32_t delays_size;
};

static uint32_t u24(struct cursor *cursor)
{
	uint32_t low = cursor_u16le(cursor);

	return low | (uint32_t)cursor_u8(cursor) << 16;
}

static int next_chunk(struct cursor *cursor, struct chunk *ret_chunk)
{
	struct chunk chunk;
	uint32_t size;

	chunk.tag = cursor_u32be(cursor);
	size = cursor_u32le(cursor);
	chunk.body = cursor_take(cursor, size);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	/* The padding byte of the last chunk is often missing. */
	if (size % 2 != 0 && cursor_left(cursor) > 0)
		cursor_skip(cursor, 1);
	*ret_chunk = chunk;
	return 0;
}

static void put_chunk(struct buffer *buffer, uint32_t tag, struct view body)
{
	buffer_u32be(buffer, tag);
	buffer_u32le(buffer, (uint32_t)body.size);
	buffer_view(buffer, body);
	if (body.size % 2 != 0)
		buffer_u8(buffer, 0);
}

enum claim webp_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, RIFF_HEADER);
	uint32_t tag;

	if (!view_starts_with(input, "RIFF") ||
	    !view_starts_with(view_slice(input, 8, 4), "WEBP"))
		return CLAIM_NONE;
	tag = cursor_u32be(&cursor);
	return tag == CHUNK_VP8 || tag == CHUNK_VP8L || tag == CHUNK_VP8X
		   ? CLAIM_EXACT
		   : CLAIM_LIKELY;
}

/* Notes size and kind of one coded picture. */
static int read_picture(struct reader *reader, const struct chunk *chunk,
			uint32_t *ret_width, uint32_t *ret_height)
{
	struct cursor cursor = cursor_at(chunk->body, 0);

	if (chunk->tag == CHUNK_VP8L) {
		uint32_t bits;

		if (cursor_u8(&cursor) != 0x2F)
			return -ERR_MALFORMED;
		bits = cursor_u32le(&cursor);
		*ret_width = (bits & 0x3FFF) + 1;
		*ret_height = (bits >> 14 & 0x3FFF) + 1;
		reader->alpha = reader->alpha || (bits >> 28 & 1) != 0;
	} else {
		if (reader->header.lossless)
			reader->header.quality = vp8_quality(chunk->body);
		reader->header.lossless = false;
		cursor_skip(&cursor, 3);
		if (u24(&cursor) != 0x2A019D)
			return -ERR_MALFORMED;
		*ret_width = cursor_u16le(&cursor) & 0x3FFF;
		*ret_height = cursor_u16le(&cursor) & 0x3FFF;
	}
	return cursor.failed ? -ERR_TRUNCATED : 0;
}

/* A picture outside of frames: [ALPH] VP8 or VP8L. */
static int read_still(struct reader *reader, const struct chunk *chunk)
{
	uint32_t width;
	uint32_t height;
	int error;

	if (reader->pictures || reader->header.animated)
		return -ERR_MALFORMED;
	put_chunk(&reader->frames, chunk->tag, chunk->body);
	if (chunk->tag == CHUNK_ALPH) {
		reader->alpha = true;
		return 0;
	}
	reader->pictures = true;
	reader->header.frames = 1;
	error = read_picture(reader, chunk, &width, &height);
	if (error != 0)
		return error;
	if (reader->extended &&
	    (width != reader->header.width || height != reader->header.height))
		return -ERR_MALFORMED;
	reader->header.width = width;
	reader->header.height = height;
	return 0;
}

static int add_delay(struct reader *reader, uint32_t delay)
{
	struct webp_header *header = &reader->header;
	int *grown;

	if (header->frames >= reader->job->policy->limits.pages)
		return -ERR_LIMIT_PAGES;
	if (header->frames == reader->delays_size) {
		uint32_t size = reader->delays_size * 2 + 16;

		grown = arena_array(reader->job->arena, size, sizeof(*grown));
		if (grown == NULL)
			return -ERR_MEMORY;
		for (uint32_t i = 0; i < header->frames; i++)
			grown[i] = header->delays[i];
		header->delays = grown;
		reader->delays_size = size;
	}
	header->delays[header->frames++] = (int)delay;
	return 0;
}

/* One frame of an animation; what else is in it is left out. */
static int read_frame(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, FRAME_HEADER);
	struct cursor head = cursor_at(body, 12);
	BUFFER_CLEANUP struct buffer kept = buffer_make(body.size + 1);
	bool picture = false;
	int error;

	if (cursor.failed || !reader->header.animated)
		return -ERR_MALFORMED;
	error = add_delay(reader, u24(&head));
	buffer_view(&kept, view_slice(body, 0, FRAME_HEADER));
	while (error == 0 && cursor_left(&cursor) > 0) {
		struct chunk chunk;
		uint32_t width;
		uint32_t height;

		error = next_chunk(&cursor, &chunk);
		if (error != 0)
			break;
		if (chunk.tag == CHUNK_ALPH && !picture) {
			reader->alpha = true;
			put_chunk(&kept, chunk.tag, chunk.body);
		} else if ((chunk.tag == CHUNK_VP8 ||
			    chunk.tag == CHUNK_VP8L) &&
			   !picture) {
			picture = true;
			put_chunk(&kept, chunk.tag, chunk.body);
			error = read_picture(reader, &chunk, &width, &height);
		} else {
			job_remove(reader->job, REMOVAL_PICTURE_CHUNK, "ANMF",
				   chunk.body, "%s",
				   picture_tag_text(chunk.tag).text);
		}
	}
	if (error == 0 && !picture)
		error = -ERR_MALFORMED;
	put_chunk(&reader->frames, CHUNK_ANMF, buffer_contents(&kept));
	return error != 0 ? error : buffer_error(&kept);
}

static int read_extended(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	uint32_t flags = cursor_u32le(&cursor);

	if (reader->extended || reader->pictures)
		return -ERR_MALFORMED;
	reader->extended = true;
	reader->header.animated = (flags & FLAG_ANIMATION) != 0;
	reader->alpha = (flags & FLAG_ALPHA) != 0;
	reader->header.width = u24(&cursor) + 1;
	reader->header.height = u24(&cursor) + 1;
	return cursor.failed ? -ERR_MALFORMED : 0;
}

static int read_anim(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 4);

	if (!reader->header.animated || reader->header.frames > 0)
		return -ERR_MALFORMED;
	reader->header.loops = cursor_u16le(&cursor);
	put_chunk(&reader->frames, CHUNK_ANIM, body);
	return cursor.failed ? -ERR_MALFORMED : 0;
}

static void read_exif(struct reader *reader, struct view body)
{
	/* Some writers keep the prefix that JPEG has. */
	bool prefixed = body.size >= 6 && view_starts_with(body, "Exif");
	struct exif exif =
	    exif_read(view_slice(body, prefixed ? 6 : 0, SIZE_MAX));

	if (reader->header.orientation == 0)
		reader->header.orientation = exif.orientation;
	exif_remove(reader->job, body, &exif, "EXIF");
}

static int read_chunk(struct reader *reader, const struct chunk *chunk)
{
	switch (chunk->tag) {
	case CHUNK_VP8X:
		return read_extended(reader, chunk->body);
	case CHUNK_VP8:
	case CHUNK_VP8L:
	case CHUNK_ALPH:
		return read_still(reader, chunk);
	case CHUNK_ANIM:
		return read_anim(reader, chunk->body);
	case CHUNK_ANMF:
		return read_frame(reader, chunk->body);
	case CHUNK_ICCP:
		job_remove(reader->job, REMOVAL_PICTURE_ICC, "ICCP",
			   chunk->body, "ICC profile");
		reader->profile = chunk->body;
		return 0;
	case CHUNK_EXIF:
		read_exif(reader, chunk->body);
		return 0;
	case CHUNK_XMP:
		job_remove(reader->job, REMOVAL_PICTURE_XMP, "XMP", chunk->body,
			   "XMP");
		return 0;
	default:
		job_remove(reader->job, REMOVAL_PICTURE_CHUNK, "", chunk->body,
			   "%s", picture_tag_text(chunk->tag).text);
		return 0;
	}
}

/* The container anew, with what the decoder needs. */
static void put_reduced(const struct reader *reader, struct buffer *reduced)
{
	BUFFER_CLEANUP struct buffer head = buffer_make(VP8X_SIZE);
	const struct webp_header *header = &reader->header;
	bool profile = reader->profile.size > 0;
	uint32_t width = header->width - 1;
	uint32_t height = header->height - 1;

	buffer_text(reduced, "RIFF");
	buffer_u32le(reduced, 0);
	buffer_text(reduced, "WEBP");
	if (reader->extended) {
		buffer_u32le(&head, (header->animated ? FLAG_ANIMATION : 0U) |
					(reader->alpha ? FLAG_ALPHA : 0U) |
					(profile ? FLAG_ICC : 0U));
		buffer_u16le(&head, (uint16_t)width);
		buffer_u8(&head, (uint8_t)(width >> 16));
		buffer_u16le(&head, (uint16_t)height);
		buffer_u8(&head, (uint8_t)(height >> 16));
		put_chunk(reduced, CHUNK_VP8X, buffer_contents(&head));
		if (profile)
			put_chunk(reduced, CHUNK_ICCP, reader->profile);
	}
	buffer_view(reduced, buffer_contents(&reader->frames));
	buffer_patch_u32le(reduced, 4, (uint32_t)(reduced->size - 8));
}

static int read_chunks(struct reader *reader, struct cursor *cursor)
{
	while (cursor_left(cursor) > 0) {
		struct chunk chunk;
		int error = next_chunk(cursor, &chunk);

		if (error == 0)
			error = read_chunk(reader, &chunk);
		if (error != 0)
			return error;
	}
	return reader->header.frames == 0 ? -ERR_MALFORMED : 0;
}

int webp_read(struct job *job, struct webp_header *ret_header,
	      struct buffer *reduced)
{
	struct cursor cursor = cursor_at(job->input, 4);
	struct reader reader = {.job = job, .header.lossless = true};
	size_t end = (size_t)cursor_u32le(&cursor) + 8;
	int error;

	if (cursor.failed || end > job->input.size)
		return -ERR_TRUNCATED;
	reader.frames = buffer_make(job->input.size * 2);
	cursor = cursor_at(view_slice(job->input, 0, end), RIFF_HEADER);
	error = read_chunks(&reader, &cursor);
	if (error == 0) {
		put_reduced(&reader, reduced);
		error = buffer_error(&reader.frames);
	}
	buffer_free(&reader.frames);
	if (error != 0)
		return error;
	picture_remove_trailing(job, view_slice(job->input, end, SIZE_MAX));
	*ret_header = reader.header;
	return buffer_error(reduced);
}
