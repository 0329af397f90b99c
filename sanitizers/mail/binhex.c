#include "sanitizers/mail/encoded_sorts.h"

#include "base/banned.h"

enum { RUN_MARK = 0x90, HEADER_REST = 19, NAME_SIZE_MAX = 63 };

static const char alphabet[] =
    "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

struct reader {
	struct view text;
	size_t offset; /* behind the first colon */
	bool ended;    /* by a colon */
	uint8_t *bytes;
	size_t room;
	size_t size;
};

static int value_of(uint8_t byte)
{
	const char *at = byte == 0 ? NULL : strchr(alphabet, byte);

	return at == NULL ? -1 : (int)(at - alphabet);
}

/* The six-bit characters as bytes, up to the colon. */
static void unpack(struct reader *reader)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (; reader->offset < reader->text.size; reader->offset++) {
		uint8_t byte = reader->text.data[reader->offset];
		int value = value_of(byte);

		if (byte == ':') {
			reader->ended = true;
			reader->offset++;
			return;
		}
		if (byte == '\r' || byte == '\n' || byte == ' ' || byte == '\t')
			continue;
		if (value < 0)
			return;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			reader->bytes[reader->size++] =
			    (uint8_t)(bits >> count);
		}
	}
}

/* Takes the runs apart: a byte, 0x90 and how often; 0x90 0x00 is 0x90 itself.
 * False: the end of a run is missing, or there is no room. */
static bool expand(struct view packed, uint8_t *bytes, size_t room,
		   size_t *ret_size)
{
	size_t size = 0;

	for (size_t i = 0; i < packed.size; i++) {
		uint8_t byte = packed.data[i];
		size_t count = 1;

		if (byte == RUN_MARK) {
			if (++i == packed.size)
				return false;
			count = packed.data[i];
			if (count > 0) {
				if (size == 0)
					return false;
				byte = bytes[size - 1];
				count--;
			} else {
				count = 1;
			}
		}
		if (count > room - size)
			return false;
		for (; count > 0; count--)
			bytes[size++] = byte;
	}
	*ret_size = size;
	return true;
}

/* CRC-16 with the polynomial 0x1021, from 0. */
static uint16_t checksum(struct view bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes.size; i++) {
		sum ^= (uint32_t)bytes.data[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			sum = (sum & 0x8000) != 0 ? (sum << 1 ^ 0x1021) & 0xFFFF
						  : sum << 1 & 0xFFFF;
	}
	return (uint16_t)sum;
}

/* Header, data fork, resource fork, each with its checksum; the data fork is
 * the file, the other one goes. */
static void read_file(struct view bytes, struct encoded_block *block)
{
	struct cursor cursor = cursor_at(bytes, 0);
	size_t name_size = cursor_u8(&cursor);
	struct view name = cursor_take(&cursor, name_size);
	uint32_t data_size;
	uint32_t fork_size;
	uint16_t header_sum;
	uint16_t data_sum;

	cursor_skip(&cursor, 11); /* NUL, type, creator, flags */
	data_size = cursor_u32be(&cursor);
	fork_size = cursor_u32be(&cursor);
	header_sum = cursor_u16be(&cursor);
	if (cursor.failed || name_size > NAME_SIZE_MAX)
		return;
	block->name = name;
	block->whole =
	    header_sum ==
	    checksum(view_slice(bytes, 0, 1 + name_size + HEADER_REST));
	block->content = view_slice(bytes, cursor.offset, data_size);
	cursor_skip(&cursor, data_size);
	data_sum = cursor_u16be(&cursor);
	cursor_skip(&cursor, fork_size);
	(void)cursor_u16be(&cursor);
	block->whole = block->whole && !cursor.failed &&
		       data_sum == checksum(block->content);
}

int binhex_read(struct arena *arena, struct view text, size_t begin,
		struct encoded_block *ret_block)
{
	struct reader reader = {.text = text, .offset = begin};
	size_t expanded_size = 0;
	uint8_t *expanded;

	(void)encoded_line(text, &reader.offset);
	while (reader.offset < text.size &&
	       strchr("\r\n \t", text.data[reader.offset]) != NULL &&
	       text.data[reader.offset] != 0)
		reader.offset++;
	if (reader.offset >= text.size || text.data[reader.offset] != ':')
		return 0;
	reader.offset++;
	/* A run of three bytes stands for 255: no file of ours is one run. */
	reader.room = (text.size - reader.offset) * 8 + 256;
	reader.bytes = arena_alloc(arena, text.size - reader.offset + 1);
	expanded = arena_alloc(arena, reader.room);
	if (reader.bytes == NULL || expanded == NULL)
		return -ERR_MEMORY;
	unpack(&reader);
	*ret_block = (struct encoded_block){.sort = "binhex"};
	if (expand(view_of(reader.bytes, reader.size), expanded, reader.room,
		   &expanded_size))
		read_file(view_of(expanded, expanded_size), ret_block);
	ret_block->whole = ret_block->whole && reader.ended;
	(void)encoded_line(text, &reader.offset);
	ret_block->end = reader.offset;
	return 0;
}
