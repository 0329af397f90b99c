#include "sanitizers/picture/lzw.h"

#include "base/banned.h"

enum {
	CODE_BITS_MAX = 12,
	CODES = 1 << CODE_BITS_MAX,
	BLOCK_MAX = 255,
	HASH_SIZE = 16384,
};

/* Bits out of sub-blocks. */
struct bit_source {
	struct cursor *cursor;
	size_t block_left; /* bytes of the current sub-block */
	uint32_t value;
	unsigned bits;
	bool ended; /* the empty sub-block was read */
};

static bool source_byte(struct bit_source *source, uint8_t *ret_byte)
{
	if (source->block_left == 0 && !source->ended) {
		source->block_left = cursor_u8(source->cursor);
		source->ended = source->block_left == 0;
	}
	if (source->ended || source->cursor->failed)
		return false;
	source->block_left--;
	*ret_byte = cursor_u8(source->cursor);
	return !source->cursor->failed;
}

/* The next code, or -1 where the data end. */
static int source_code(struct bit_source *source, unsigned width)
{
	int code;

	while (source->bits < width) {
		uint8_t byte;

		if (!source_byte(source, &byte))
			return -1;
		source->value |= (uint32_t)byte << source->bits;
		source->bits += 8;
	}
	code = (int)(source->value & ((1U << width) - 1));
	source->value >>= width;
	source->bits -= width;
	return code;
}

struct lzw_reader {
	uint16_t prefix[CODES];
	uint8_t suffix[CODES];
	uint8_t first[CODES];
	uint16_t length[CODES];
	unsigned minimum; /* bits of an index */
	unsigned next;    /* first free code */
	unsigned width;   /* of the next code, in bits */
};

static void reader_clear(struct lzw_reader *reader)
{
	reader->next = (1U << reader->minimum) + 2;
	reader->width = reader->minimum + 1;
}

static void reader_add(struct lzw_reader *reader, unsigned prefix,
		       uint8_t suffix)
{
	if (reader->next >= CODES)
		return;
	reader->prefix[reader->next] = (uint16_t)prefix;
	reader->suffix[reader->next] = suffix;
	reader->first[reader->next] = reader->first[prefix];
	reader->length[reader->next] = (uint16_t)(reader->length[prefix] + 1);
	reader->next++;
	if (reader->next == 1U << reader->width &&
	    reader->width < CODE_BITS_MAX)
		reader->width++;
}

/* Writes the string of a code, back to front; cut where it does not fit. */
static size_t reader_put(const struct lzw_reader *reader, unsigned code,
			 uint8_t *indices, size_t left)
{
	size_t length = reader->length[code];

	for (size_t i = length; i > 0; i--) {
		if (i <= left)
			indices[i - 1] = reader->suffix[code];
		code = reader->prefix[code];
	}
	return length < left ? length : left;
}

static void skip_rest(struct bit_source *source, size_t *ret_surplus)
{
	size_t surplus = source->bits / 8;
	uint8_t byte;

	while (source_byte(source, &byte))
		surplus++;
	*ret_surplus = surplus;
}

static int decode_codes(struct lzw_reader *reader, struct bit_source *source,
			uint8_t *indices, size_t count)
{
	unsigned clear = 1U << reader->minimum;
	size_t done = 0;
	int previous = -1;

	while (done < count) {
		int code = source_code(source, reader->width);

		if (code < 0)
			return source->cursor->failed ? -ERR_TRUNCATED
						      : -ERR_MALFORMED;
		if ((unsigned)code == clear) {
			reader_clear(reader);
			previous = -1;
			continue;
		}
		/* The end code, or a code that cannot be there yet. */
		if ((unsigned)code == clear + 1 ||
		    (unsigned)code > reader->next ||
		    ((unsigned)code == reader->next &&
		     (previous < 0 || reader->next >= CODES)))
			return -ERR_MALFORMED;
		if (previous >= 0)
			reader_add(reader, (unsigned)previous,
				   (unsigned)code == reader->next
				       ? reader->first[previous]
				       : reader->first[code]);
		done += reader_put(reader, (unsigned)code, indices + done,
				   count - done);
		previous = code;
	}
	return 0;
}

int lzw_decode(struct cursor *cursor, uint8_t *ret_indices, size_t count,
	       size_t *ret_surplus)
{
	static _Thread_local struct lzw_reader reader;
	struct bit_source source = {.cursor = cursor};
	int error;

	reader.minimum = cursor_u8(cursor);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	if (reader.minimum < 1 || reader.minimum > 8)
		return -ERR_MALFORMED;
	for (unsigned i = 0; i < 1U << reader.minimum; i++) {
		reader.suffix[i] = (uint8_t)i;
		reader.first[i] = (uint8_t)i;
		reader.length[i] = 1;
		reader.prefix[i] = 0;
	}
	reader_clear(&reader);
	error = decode_codes(&reader, &source, ret_indices, count);
	if (error != 0)
		return error;
	skip_rest(&source, ret_surplus);
	return cursor->failed ? -ERR_TRUNCATED : 0;
}

/* Codes into sub-blocks. */
struct bit_sink {
	struct buffer *buffer;
	uint8_t block[BLOCK_MAX];
	size_t filled;
	uint32_t value;
	unsigned bits;
};

static void sink_flush(struct bit_sink *sink)
{
	if (sink->filled == 0)
		return;
	buffer_u8(sink->buffer, (uint8_t)sink->filled);
	buffer_bytes(sink->buffer, sink->block, sink->filled);
	sink->filled = 0;
}

static void sink_byte(struct bit_sink *sink)
{
	sink->block[sink->filled++] = (uint8_t)sink->value;
	if (sink->filled == BLOCK_MAX)
		sink_flush(sink);
}

static void sink_code(struct bit_sink *sink, unsigned code, unsigned width)
{
	sink->value |= code << sink->bits;
	sink->bits += width;
	while (sink->bits >= 8) {
		sink_byte(sink);
		sink->value >>= 8;
		sink->bits -= 8;
	}
}

/* Strings already given a code: prefix code and index to code. */
struct string_table {
	uint32_t key[HASH_SIZE]; /* prefix << 8 | index, plus 1; 0: free */
	uint16_t code[HASH_SIZE];
};

static size_t table_slot(const struct string_table *table, uint32_t key)
{
	size_t slot = (key * 2654435761U) >> 18;

	while (table->key[slot] != 0 && table->key[slot] != key)
		slot = (slot + 1) % HASH_SIZE;
	return slot;
}

void lzw_encode(struct buffer *buffer, const uint8_t *indices, size_t count,
		unsigned bits)
{
	static _Thread_local struct string_table table;
	struct bit_sink sink = {.buffer = buffer};
	unsigned clear = 1U << bits;
	unsigned width = bits + 1;
	unsigned next = clear + 2;
	unsigned prefix = count > 0 ? indices[0] : 0;

	memset(&table, 0, sizeof(table));
	buffer_u8(buffer, (uint8_t)bits);
	sink_code(&sink, clear, width);
	for (size_t i = 1; i < count; i++) {
		uint32_t key = ((uint32_t)prefix << 8 | indices[i]) + 1;
		size_t slot = table_slot(&table, key);

		if (table.key[slot] == key) {
			prefix = table.code[slot];
			continue;
		}
		sink_code(&sink, prefix, width);
		prefix = indices[i];
		if (next == CODES) {
			sink_code(&sink, clear, width);
			memset(&table, 0, sizeof(table));
			width = bits + 1;
			next = clear + 2;
			continue;
		}
		table.key[slot] = key;
		table.code[slot] = (uint16_t)next;
		/* The decoder learns each string one code later. */
		if (next == 1U << width && width < CODE_BITS_MAX)
			width++;
		next++;
	}
	sink_code(&sink, prefix, width);
	if (next == 1U << width && width < CODE_BITS_MAX)
		width++;
	sink_code(&sink, clear + 1, width);
	if (sink.bits > 0)
		sink_byte(&sink);
	sink_flush(&sink);
	buffer_u8(buffer, 0);
}
