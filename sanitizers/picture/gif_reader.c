#include "sanitizers/picture/gif_reader.h"

#include "sanitizers/picture/lzw.h"
#include "sanitizers/picture/picture.h"

#include "base/banned.h"

enum {
	BLOCK_EXTENSION = 0x21,
	BLOCK_IMAGE = 0x2C,
	BLOCK_TRAILER = 0x3B,
	LABEL_TEXT = 0x01,
	LABEL_CONTROL = 0xF9,
	LABEL_COMMENT = 0xFE,
	LABEL_APPLICATION = 0xFF,
	HEADER_SIZE = 6,
	SURPLUS_TOLERATED = 2, /* encoders pad the last code */
};

struct reader {
	struct job *job;
	struct cursor cursor;
	struct gif *gif;
	struct gif_frame **tail;
	struct gif_frame control; /* of the next picture */
	uint32_t frames;
	uint64_t pixels;
};

enum claim gif_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, HEADER_SIZE + 4);
	uint8_t flags = cursor_u8(&cursor);
	uint8_t block;

	if (!view_starts_with(input, "GIF87a") &&
	    !view_starts_with(input, "GIF89a"))
		return CLAIM_NONE;
	cursor_skip(&cursor, 2);
	if ((flags & 0x80) != 0)
		cursor_skip(&cursor, 3U << ((flags & 7) + 1));
	block = cursor_u8(&cursor);
	if (block == BLOCK_EXTENSION || block == BLOCK_IMAGE ||
	    block == BLOCK_TRAILER)
		return CLAIM_EXACT;
	return CLAIM_LIKELY;
}

static void read_table(struct cursor *cursor, uint8_t flags,
		       struct gif_table *table)
{
	if ((flags & 0x80) == 0)
		return;
	table->count = 2U << (flags & 7);
	for (unsigned i = 0; i < table->count; i++)
		for (unsigned k = 0; k < 3; k++)
			table->color[i][k] = cursor_u8(cursor);
}

/* All sub-blocks with their lengths, for the report. */
static struct view take_blocks(struct cursor *cursor)
{
	size_t start = cursor->offset;
	uint8_t size;

	do {
		size = cursor_u8(cursor);
		cursor_skip(cursor, size);
	} while (size != 0 && !cursor->failed);
	return view_slice(cursor->view, start, cursor->offset - start);
}

static void read_control(struct reader *reader, struct view blocks)
{
	struct cursor cursor = cursor_at(blocks, 0);
	uint8_t size = cursor_u8(&cursor);
	uint8_t flags = cursor_u8(&cursor);
	uint16_t delay = cursor_u16le(&cursor);
	uint8_t index = cursor_u8(&cursor);

	if (cursor.failed || size != 4)
		return;
	reader->control = (struct gif_frame){
	    .control = true,
	    .delay = delay,
	    .disposal = (flags >> 2 & 7) <= 3 ? flags >> 2 & 7 : 0,
	    .transparent = (flags & 1) != 0,
	    .transparent_index = (flags & 1) != 0 ? index : 0,
	};
}

/* The loop count is the one application extension that viewers need. */
static bool read_loop(struct gif *gif, struct view blocks)
{
	struct cursor cursor = cursor_at(blocks, 0);
	uint8_t name_size = cursor_u8(&cursor);
	struct view name = cursor_take(&cursor, name_size);
	uint8_t size;

	if (!view_starts_with(name, "NETSCAPE2.0") &&
	    !view_starts_with(name, "ANIMEXTS1.0"))
		return false;
	size = cursor_u8(&cursor);
	if (size == 3 && (cursor_u8(&cursor) & 7) == 1) {
		gif->loops = cursor_u16le(&cursor);
		gif->looped = !cursor.failed;
	}
	return true;
}

static void read_extension(struct reader *reader)
{
	uint8_t label = cursor_u8(&reader->cursor);
	struct view blocks = take_blocks(&reader->cursor);
	enum removal_kind kind = REMOVAL_PICTURE_SEGMENT;

	if (reader->cursor.failed)
		return;
	switch (label) {
	case LABEL_CONTROL:
		read_control(reader, blocks);
		return;
	case LABEL_APPLICATION:
		if (read_loop(reader->gif, blocks))
			return;
		if (view_starts_with(view_slice(blocks, 1, 11), "XMP Data"))
			kind = REMOVAL_PICTURE_XMP;
		if (view_starts_with(view_slice(blocks, 1, 11), "ICCRGBG1")) {
			kind = REMOVAL_PICTURE_ICC;
			reader->gif->profile = blocks;
		}
		break;
	case LABEL_COMMENT:
	case LABEL_TEXT:
		kind = REMOVAL_PICTURE_COMMENT;
		break;
	default:
		break;
	}
	job_remove(reader->job, kind, "", blocks, "extension %02X", label);
}

/* Interlaced rows come in four passes (GIF89a appendix E). */
static int straighten(struct job *job, struct gif_frame *frame)
{
	static const struct {
		unsigned start, step;
	} passes[4] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
	size_t size = (size_t)frame->width * frame->height;
	uint8_t *rows = arena_alloc(job->arena, size);
	const uint8_t *from = frame->indices;

	if (rows == NULL)
		return -ERR_MEMORY;
	for (unsigned pass = 0; pass < 4; pass++)
		for (unsigned y = passes[pass].start; y < frame->height;
		     y += passes[pass].step)
			for (unsigned x = 0; x < frame->width; x++)
				rows[(size_t)y * frame->width + x] = *from++;
	frame->indices = rows;
	return 0;
}

static int check_frame(struct reader *reader, const struct gif_frame *frame)
{
	struct gif *gif = reader->gif;
	unsigned right = frame->left + frame->width;
	unsigned bottom = frame->top + frame->height;
	int error;

	if (right > UINT16_MAX || bottom > UINT16_MAX)
		return -ERR_MALFORMED;
	if (right > gif->width)
		gif->width = (uint16_t)right;
	if (bottom > gif->height)
		gif->height = (uint16_t)bottom;
	reader->frames++;
	if (reader->frames > reader->job->policy->limits.pages)
		return -ERR_LIMIT_PAGES;
	/* What a viewer has to paint, not what is stored. */
	reader->pixels += (uint64_t)gif->width * gif->height;
	if (reader->pixels > reader->job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	error = picture_check_size(reader->job, frame->width, frame->height, 1);
	if (frame->table.count == 0 && gif->table.count == 0)
		return -ERR_MALFORMED;
	return error;
}

static int read_frame(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	struct gif_frame *frame =
	    arena_alloc(reader->job->arena, sizeof(*frame));
	size_t surplus = 0;
	size_t start;
	uint8_t flags;
	int error;

	if (frame == NULL)
		return -ERR_MEMORY;
	*frame = reader->control;
	reader->control = (struct gif_frame){0};
	frame->left = cursor_u16le(cursor);
	frame->top = cursor_u16le(cursor);
	frame->width = cursor_u16le(cursor);
	frame->height = cursor_u16le(cursor);
	flags = cursor_u8(cursor);
	read_table(cursor, flags, &frame->table);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	error = check_frame(reader, frame);
	if (error != 0)
		return error;
	frame->indices = arena_alloc(reader->job->arena,
				     (size_t)frame->width * frame->height);
	if (frame->indices == NULL)
		return -ERR_MEMORY;
	start = cursor->offset;
	error = lzw_decode(cursor, frame->indices,
			   (size_t)frame->width * frame->height, &surplus);
	if (error == 0 && (flags & 0x40) != 0)
		error = straighten(reader->job, frame);
	if (error != 0)
		return error;
	if (surplus > SURPLUS_TOLERATED)
		job_remove(
		    reader->job, REMOVAL_PICTURE_HIDDEN_DATA, "",
		    view_slice(cursor->view, start, cursor->offset - start),
		    "%zu bytes behind the codes of frame %u", surplus,
		    reader->frames);
	*reader->tail = frame;
	reader->tail = &frame->next;
	return 0;
}

static int read_blocks(struct reader *reader)
{
	for (;;) {
		uint8_t block;
		int error = 0;

		/* Many files lack the trailer. */
		if (cursor_left(&reader->cursor) == 0 &&
		    !reader->cursor.failed && reader->frames > 0)
			return 0;
		block = cursor_u8(&reader->cursor);
		if (reader->cursor.failed)
			return -ERR_TRUNCATED;
		if (block == BLOCK_TRAILER)
			return 0;
		if (block == BLOCK_EXTENSION)
			read_extension(reader);
		else if (block == BLOCK_IMAGE)
			error = read_frame(reader);
		else
			error = -ERR_MALFORMED;
		if (error == 0)
			error = reader->job->failed;
		if (error != 0)
			return error;
	}
}

int gif_read(struct job *job, struct gif *ret_gif)
{
	struct gif gif = {0};
	struct reader reader = {
	    .job = job,
	    .cursor = cursor_at(job->input, HEADER_SIZE),
	    .gif = &gif,
	    .tail = &gif.frames,
	};
	uint8_t flags;
	int error;

	gif.width = cursor_u16le(&reader.cursor);
	gif.height = cursor_u16le(&reader.cursor);
	flags = cursor_u8(&reader.cursor);
	gif.background = cursor_u8(&reader.cursor);
	cursor_skip(&reader.cursor, 1);
	read_table(&reader.cursor, flags, &gif.table);
	error = read_blocks(&reader);
	if (error != 0)
		return error;
	if (gif.frames == NULL)
		return -ERR_MALFORMED;
	picture_remove_trailing(
	    job, view_slice(job->input, reader.cursor.offset, SIZE_MAX));
	*ret_gif = gif;
	return 0;
}
