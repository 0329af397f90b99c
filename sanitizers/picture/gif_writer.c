#include "sanitizers/picture/gif_writer.h"

#include "sanitizers/picture/lzw.h"

#include "base/banned.h"

enum { LEAST_BITS = 2 };

/* Which colours of a table are seen. */
struct usage {
	bool used[GIF_COLORS_MAX];
};

static void count_usage(const struct gif_frame *frame, struct usage *usage)
{
	size_t count = (size_t)frame->width * frame->height;

	for (size_t i = 0; i < count; i++)
		usage->used[frame->indices[i]] = true;
}

/* Blackens what is not seen, and grows the table to hold every index. */
static void clean_table(struct gif_table *table, const struct usage *usage)
{
	for (unsigned i = 0; i < GIF_COLORS_MAX; i++) {
		if (usage->used[i]) {
			while (i >= table->count)
				table->count *= 2;
			continue;
		}
		for (unsigned k = 0; k < 3; k++)
			table->color[i][k] = 0;
	}
}

static void clean_tables(struct gif *gif)
{
	struct usage global = {0};

	for (struct gif_frame *frame = gif->frames; frame != NULL;
	     frame = frame->next) {
		struct usage local = {0};

		if (frame->table.count == 0) {
			count_usage(frame, &global);
			continue;
		}
		count_usage(frame, &local);
		clean_table(&frame->table, &local);
	}
	if (gif->table.count == 0)
		return;
	if (gif->background < gif->table.count)
		global.used[gif->background] = true;
	else
		gif->background = 0;
	clean_table(&gif->table, &global);
}

static unsigned table_bits(const struct gif_table *table)
{
	unsigned bits = 1;

	while (1U << bits < table->count)
		bits++;
	return bits;
}

static void put_table(struct buffer *buffer, const struct gif_table *table)
{
	for (unsigned i = 0; i < table->count; i++)
		buffer_bytes(buffer, table->color[i], 3);
}

static void put_screen(struct buffer *buffer, const struct gif *gif)
{
	bool global = gif->table.count > 0;
	unsigned size = global ? table_bits(&gif->table) - 1 : 0;

	buffer_text(buffer, "GIF89a");
	buffer_u16le(buffer, gif->width);
	buffer_u16le(buffer, gif->height);
	buffer_u8(buffer, (uint8_t)((global ? 0x80U : 0U) | 0x70U | size));
	buffer_u8(buffer, global ? gif->background : 0);
	buffer_u8(buffer, 0);
	put_table(buffer, &gif->table);
	if (!gif->looped || gif->frames->next == NULL)
		return;
	buffer_bytes(buffer, "\x21\xFF\x0BNETSCAPE2.0\x03\x01", 16);
	buffer_u16le(buffer, gif->loops);
	buffer_u8(buffer, 0);
}

static void put_frame(struct buffer *buffer, const struct gif *gif,
		      const struct gif_frame *frame)
{
	bool local = frame->table.count > 0;
	unsigned bits = table_bits(local ? &frame->table : &gif->table);

	if (frame->control) {
		buffer_bytes(buffer, "\x21\xF9\x04", 3);
		buffer_u8(buffer, (uint8_t)(frame->disposal << 2 |
					    (frame->transparent ? 1 : 0)));
		buffer_u16le(buffer, frame->delay);
		buffer_u8(buffer, frame->transparent_index);
		buffer_u8(buffer, 0);
	}
	buffer_u8(buffer, 0x2C);
	buffer_u16le(buffer, frame->left);
	buffer_u16le(buffer, frame->top);
	buffer_u16le(buffer, frame->width);
	buffer_u16le(buffer, frame->height);
	buffer_u8(buffer, (uint8_t)(local ? 0x80U | (bits - 1) : 0U));
	put_table(buffer, &frame->table);
	lzw_encode(buffer, frame->indices, (size_t)frame->width * frame->height,
		   bits < LEAST_BITS ? LEAST_BITS : bits);
}

int gif_write(struct job *job, struct gif *gif)
{
	BUFFER_CLEANUP struct buffer buffer =
	    buffer_make(job->policy->limits.output_bytes);
	int error;

	clean_tables(gif);
	put_screen(&buffer, gif);
	for (const struct gif_frame *frame = gif->frames; frame != NULL;
	     frame = frame->next)
		put_frame(&buffer, gif, frame);
	buffer_u8(&buffer, 0x3B);
	error = buffer_error(&buffer);
	return error != 0 ? error : job_emit(job, buffer_contents(&buffer));
}
