#include "sanitizers/pdf/filter.h"

#include "base/hex.h"

#include <libdeflate.h>
#include <zlib.h>

#include "base/banned.h"

enum {
	SCRATCH = 64 * 1024,
	LZW_CODES = 4096,
	LZW_CLEAR = 256,
	LZW_END = 257,
	PREDICTOR_COLUMNS_MAX = 1 << 24,
	PREDICTOR_COLORS_MAX = 64,
	DEFLATE_LEVEL = 6,
	RATIO_GUESS = 8, /* most data unpack to less at one go */
	GUESS_MAX = 64 * 1024 * 1024,
};

enum pdf_filter filter_by_name(const char *name)
{
	static const struct {
		const char *name;
		enum pdf_filter filter;
	} names[] = {
	    {"/FlateDecode", FILTER_FLATE},
	    {"/Fl", FILTER_FLATE},
	    {"/DCTDecode", FILTER_DCT},
	    {"/DCT", FILTER_DCT},
	    {"/LZWDecode", FILTER_LZW},
	    {"/LZW", FILTER_LZW},
	    {"/ASCII85Decode", FILTER_ASCII_85},
	    {"/A85", FILTER_ASCII_85},
	    {"/ASCIIHexDecode", FILTER_ASCII_HEX},
	    {"/AHx", FILTER_ASCII_HEX},
	    {"/RunLengthDecode", FILTER_RUN_LENGTH},
	    {"/RL", FILTER_RUN_LENGTH},
	    {"/CCITTFaxDecode", FILTER_CCITT},
	    {"/CCF", FILTER_CCITT},
	    {"/JBIG2Decode", FILTER_JBIG2},
	    {"/JPXDecode", FILTER_JPX},
	    {"/Crypt", FILTER_CRYPT},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].filter;
	return FILTER_UNKNOWN;
}

struct sink {
	struct job *job;
	struct buffer *out; /* NULL: counting */
	uint64_t cap;
	uint64_t size;
	int error;
};

static bool sink_write(struct sink *sink, const uint8_t *data, size_t size)
{
	if (sink->error == 0 && size > sink->cap - sink->size)
		sink->error = -ERR_LIMIT_RATIO;
	if (sink->error == 0)
		sink->error = job_charge(sink->job, size);
	if (sink->error != 0)
		return false;
	sink->size += size;
	if (sink->out != NULL) {
		buffer_bytes(sink->out, data, size);
		sink->error = buffer_error(sink->out);
	}
	return sink->error == 0;
}

/* Counts `size` bytes that are in their place already. */
static bool sink_took(struct sink *sink, size_t size)
{
	if (size > sink->cap - sink->size)
		sink->error = -ERR_LIMIT_RATIO;
	else
		sink->error = job_charge(sink->job, size);
	if (sink->error != 0)
		return false;
	sink->size += size;
	if (sink->out != NULL)
		buffer_took(sink->out, size);
	return true;
}

/*
 * What is whole and unpacks to a usual size is unpacked at one go, three times
 * as fast. False: nothing was done, and the slow way sees to it.
 */
static bool inflate_at_once(struct sink *sink, struct view in,
			    struct filter_result *result)
{
	static struct libdeflate_decompressor *decompressor;
	static struct buffer scratch;
	struct buffer *out = sink->out != NULL ? sink->out : &scratch;
	size_t room = in.size < GUESS_MAX / RATIO_GUESS
			  ? in.size * RATIO_GUESS + 4096
			  : GUESS_MAX;
	size_t size;
	uint8_t *to;

	if (decompressor == NULL)
		decompressor = libdeflate_alloc_decompressor();
	scratch.maximum = GUESS_MAX;
	if (room > out->maximum - out->size)
		return false;
	to = buffer_room(out, room);
	if (to == NULL || decompressor == NULL ||
	    libdeflate_zlib_decompress_ex(decompressor, in.data, in.size, to,
					  room, &result->consumed,
					  &size) != LIBDEFLATE_SUCCESS)
		return false;
	result->clean = sink_took(sink, size);
	return true;
}

static void inflate_all(struct sink *sink, struct view in,
			struct filter_result *result)
{
	static uint8_t scratch[SCRATCH];
	z_stream stream = {.next_in = (uint8_t *)(uintptr_t)in.data,
			   .avail_in = (unsigned)in.size};
	int status = Z_OK;

	if (inflate_at_once(sink, in, result))
		return;
	if (in.size > UINT32_MAX || inflateInit(&stream) != Z_OK)
		return;
	while (status == Z_OK && sink->error == 0) {
		stream.next_out = scratch;
		stream.avail_out = sizeof(scratch);
		status = inflate(&stream, Z_NO_FLUSH);
		if (stream.avail_out < sizeof(scratch) &&
		    !sink_write(sink, scratch,
				sizeof(scratch) - stream.avail_out))
			break;
	}
	result->clean = status == Z_STREAM_END;
	result->consumed = in.size - stream.avail_in;
	(void)inflateEnd(&stream);
}

static void decode_hex(struct sink *sink, struct view in,
		       struct filter_result *result)
{
	int high = -1;
	uint8_t byte;

	for (size_t i = 0; i < in.size; i++) {
		int digit = hex_digit(in.data[i]);

		result->consumed = i + 1;
		if (in.data[i] == '>') {
			result->clean = true;
			break;
		}
		if (digit < 0)
			continue;
		if (high < 0) {
			high = digit;
			continue;
		}
		byte = (uint8_t)(high << 4 | digit);
		high = -1;
		if (!sink_write(sink, &byte, 1))
			return;
	}
	if (high < 0)
		return;
	byte = (uint8_t)(high << 4);
	(void)sink_write(sink, &byte, 1);
}

static bool write_group(struct sink *sink, const uint8_t digits[5], int count)
{
	uint32_t value = 0;
	uint8_t bytes[4];

	for (int i = 0; i < 5; i++)
		value = value * 85 + (i < count ? digits[i] : 84);
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	return count < 2 || sink_write(sink, bytes, (size_t)count - 1);
}

static void decode_85(struct sink *sink, struct view in,
		      struct filter_result *result)
{
	static const uint8_t zeros[4];
	uint8_t digits[5];
	int count = 0;

	for (size_t i = 0; i < in.size; i++) {
		uint8_t byte = in.data[i];

		result->consumed = i + 1;
		if (byte == '~') {
			result->clean = true;
			if (i + 1 < in.size && in.data[i + 1] == '>')
				result->consumed++;
			break;
		}
		if (byte == 'z' && count == 0) {
			if (!sink_write(sink, zeros, sizeof(zeros)))
				return;
			continue;
		}
		if (byte < '!' || byte > 'u')
			continue;
		digits[count++] = (uint8_t)(byte - '!');
		if (count < 5)
			continue;
		count = 0;
		if (!write_group(sink, digits, 5))
			return;
	}
	if (count > 0)
		(void)write_group(sink, digits, count);
}

static void decode_runs(struct sink *sink, struct view in,
			struct filter_result *result)
{
	struct cursor cursor = cursor_at(in, 0);
	uint8_t run[128];

	while (cursor_left(&cursor) > 0) {
		uint8_t length = cursor_u8(&cursor);

		if (length == 128) {
			result->clean = true;
			break;
		}
		if (length < 128) {
			size_t left = cursor_left(&cursor);
			struct view copy = cursor_take(
			    &cursor, left < length + 1U ? left : length + 1U);

			if (!sink_write(sink, copy.data, copy.size))
				return;
			continue;
		}
		size_t count = 257U - length;
		uint8_t byte = cursor_u8(&cursor);

		for (size_t i = 0; i < count && i < sizeof(run); i++)
			run[i] = byte;
		if (cursor.failed || !sink_write(sink, run, count))
			return;
	}
	result->consumed = cursor.offset;
}

struct lzw {
	uint16_t prefix[LZW_CODES];
	uint8_t last[LZW_CODES];
	uint16_t length[LZW_CODES];
	uint8_t text[LZW_CODES];
	unsigned next;
	unsigned width;
};

static size_t lzw_expand(struct lzw *lzw, unsigned code)
{
	size_t length = lzw->length[code];

	for (size_t i = length; i > 0; i--) {
		lzw->text[i - 1] = lzw->last[code];
		code = lzw->prefix[code];
	}
	return length;
}

static void lzw_reset(struct lzw *lzw)
{
	for (unsigned i = 0; i < 256; i++) {
		lzw->last[i] = (uint8_t)i;
		lzw->length[i] = 1;
	}
	lzw->next = 258;
	lzw->width = 9;
}

static void lzw_add(struct lzw *lzw, unsigned previous, uint8_t byte,
		    bool early)
{
	if (lzw->next < LZW_CODES) {
		lzw->prefix[lzw->next] = (uint16_t)previous;
		lzw->last[lzw->next] = byte;
		lzw->length[lzw->next] = (uint16_t)(lzw->length[previous] + 1);
		lzw->next++;
	}
	if (lzw->width < 12 &&
	    lzw->next + (early ? 1U : 0U) >= 1U << lzw->width)
		lzw->width++;
}

static void decode_lzw(struct sink *sink, struct view in, bool early,
		       struct filter_result *result)
{
	static struct lzw lzw;
	uint64_t bits = 0;
	unsigned held = 0;
	unsigned previous = LZW_CLEAR;
	size_t at = 0;

	lzw_reset(&lzw);
	while (at < in.size || held >= lzw.width) {
		unsigned code;
		size_t length;

		while (held < lzw.width && at < in.size) {
			bits = bits << 8 | in.data[at++];
			held += 8;
		}
		if (held < lzw.width)
			break;
		held -= lzw.width;
		code = (unsigned)(bits >> held) & ((1U << lzw.width) - 1);
		if (code == LZW_END) {
			result->clean = true;
			break;
		}
		if (code == LZW_CLEAR) {
			lzw_reset(&lzw);
			previous = LZW_CLEAR;
			continue;
		}
		if (code > lzw.next || code >= LZW_CODES ||
		    (previous == LZW_CLEAR && code > 255) ||
		    (code == lzw.next && previous == LZW_CLEAR))
			break;
		if (code == lzw.next) {
			length = lzw_expand(&lzw, previous);
			lzw.text[length] = lzw.text[0];
			length++;
		} else {
			length = lzw_expand(&lzw, code);
		}
		if (!sink_write(sink, lzw.text, length))
			return;
		if (previous != LZW_CLEAR)
			lzw_add(&lzw, previous, lzw.text[0], early);
		previous = code;
	}
	result->consumed = at;
}

int filter_decode(struct job *job, enum pdf_filter filter, bool early_change,
		  struct view in, uint64_t cap, struct buffer *out,
		  struct filter_result *ret_result)
{
	struct sink sink = {.job = job, .out = out, .cap = cap};

	*ret_result = (struct filter_result){.consumed = in.size};
	switch (filter) {
	case FILTER_FLATE:
		inflate_all(&sink, in, ret_result);
		break;
	case FILTER_LZW:
		decode_lzw(&sink, in, early_change, ret_result);
		break;
	case FILTER_ASCII_85:
		decode_85(&sink, in, ret_result);
		break;
	case FILTER_ASCII_HEX:
		decode_hex(&sink, in, ret_result);
		break;
	case FILTER_RUN_LENGTH:
		decode_runs(&sink, in, ret_result);
		break;
	default:
		return -ERR_INTERNAL;
	}
	ret_result->size = sink.size;
	return sink.error;
}

static uint8_t paeth(uint8_t a, uint8_t b, uint8_t c)
{
	int p = a + b - c;
	int pa = p > a ? p - a : a - p;
	int pb = p > b ? p - b : b - p;
	int pc = p > c ? p - c : c - p;

	if (pa <= pb && pa <= pc)
		return a;
	return pb <= pc ? b : c;
}

static void unpredict_row(uint8_t *row, const uint8_t *above, size_t size,
			  size_t step, uint8_t filter)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t left = i >= step ? row[i - step] : 0;
		uint8_t up = above == NULL ? 0 : above[i];
		uint8_t corner =
		    above != NULL && i >= step ? above[i - step] : 0;

		switch (filter) {
		case 1:
			row[i] = (uint8_t)(row[i] + left);
			break;
		case 2:
			row[i] = (uint8_t)(row[i] + up);
			break;
		case 3:
			row[i] = (uint8_t)(row[i] + (left + up) / 2);
			break;
		case 4:
			row[i] = (uint8_t)(row[i] + paeth(left, up, corner));
			break;
		default:
			return;
		}
	}
}

static void unpredict_png(struct buffer *data, size_t row, size_t step)
{
	size_t to = 0;

	for (size_t from = 0; from + 1 < data->size; from += row + 1) {
		uint8_t filter = data->data[from];
		size_t size =
		    data->size - from - 1 < row ? data->size - from - 1 : row;

		for (size_t i = 0; i < size; i++)
			data->data[to + i] = data->data[from + 1 + i];
		unpredict_row(data->data + to,
			      to >= row ? data->data + to - row : NULL, size,
			      step, filter);
		to += size;
	}
	data->size = to;
}

bool filter_unpredict(struct buffer *data,
		      const struct filter_parameters *parameters)
{
	size_t row;
	size_t step;

	if (parameters->predictor < 2)
		return true;
	if (parameters->colors < 1 || parameters->columns < 1 ||
	    parameters->colors > PREDICTOR_COLORS_MAX ||
	    parameters->columns > PREDICTOR_COLUMNS_MAX ||
	    (parameters->bits != 1 && parameters->bits != 2 &&
	     parameters->bits != 4 && parameters->bits != 8 &&
	     parameters->bits != 16))
		return false;
	step = (size_t)(parameters->colors * parameters->bits + 7) / 8;
	row = (size_t)(parameters->colors * parameters->bits *
			   parameters->columns +
		       7) /
	      8;
	if (parameters->predictor >= 10) {
		unpredict_png(data, row, step);
		return true;
	}
	if (parameters->predictor != 2 || parameters->bits != 8)
		return false;
	for (size_t at = 0; at < data->size; at += row)
		for (size_t i = step; i < row && at + i < data->size; i++)
			data->data[at + i] =
			    (uint8_t)(data->data[at + i] +
				      data->data[at + i - step]);
	return true;
}

int filter_deflate(struct view in, struct buffer *out)
{
	static struct libdeflate_compressor *compressor;
	size_t room;
	uint8_t *to;
	size_t size;

	if (compressor == NULL)
		compressor = libdeflate_alloc_compressor(DEFLATE_LEVEL);
	if (compressor == NULL)
		return -ERR_MEMORY;
	room = libdeflate_zlib_compress_bound(compressor, in.size);
	to = buffer_room(out, room);
	if (to == NULL)
		return buffer_error(out);
	size = libdeflate_zlib_compress(compressor, in.data, in.size, to, room);
	if (size == 0)
		return -ERR_INTERNAL;
	buffer_took(out, size);
	return buffer_error(out);
}
