#include "sanitizers/picture/vp8_quality.h"

#include <math.h>

#include "base/banned.h"

enum { FALLBACK = 80, INDEX_MAX = 127, SEGMENTS = 4, LEAST = 5 };

/* The boolean decoder (RFC 6386, 7), for values of even probability only,
 * which is all that comes before the quantiser. */
struct bool_reader {
	struct cursor cursor;
	uint32_t value;
	uint32_t range;
	int bits;
};

static bool read_bool(struct bool_reader *reader, uint32_t probability)
{
	uint32_t split = 1 + (((reader->range - 1) * probability) >> 8);
	uint32_t wide = split << 8;
	bool bit = reader->value >= wide;

	if (bit) {
		reader->range -= split;
		reader->value -= wide;
	} else {
		reader->range = split;
	}
	while (reader->range < 128) {
		reader->value <<= 1;
		reader->range <<= 1;
		if (++reader->bits == 8) {
			reader->bits = 0;
			reader->value |= cursor_u8(&reader->cursor);
		}
	}
	return bit;
}

static int read_literal(struct bool_reader *reader, unsigned bits)
{
	int value = 0;

	while (bits-- > 0)
		value = value << 1 | (read_bool(reader, 128) ? 1 : 0);
	return value;
}

static int read_signed(struct bool_reader *reader, unsigned bits)
{
	int value = read_literal(reader, bits);

	return read_bool(reader, 128) ? -value : value;
}

/* 9.3; the quantiser indices of the segments, or nothing. */
static bool read_segments(struct bool_reader *reader, int index[SEGMENTS],
			  bool *ret_absolute)
{
	bool map;
	bool data = false;

	if (!read_bool(reader, 128))
		return false;
	map = read_bool(reader, 128);
	if (read_bool(reader, 128)) {
		data = true;
		*ret_absolute = read_bool(reader, 128);
		for (unsigned i = 0; i < SEGMENTS; i++)
			if (read_bool(reader, 128))
				index[i] = read_signed(reader, 7);
		for (unsigned i = 0; i < SEGMENTS; i++)
			if (read_bool(reader, 128))
				(void)read_signed(reader, 6);
	}
	for (unsigned i = 0; map && i < SEGMENTS - 1; i++)
		if (read_bool(reader, 128))
			(void)read_literal(reader, 8);
	return data;
}

/* 9.6: the loop filter's own numbers, passed over. */
static void skip_filter(struct bool_reader *reader)
{
	(void)read_literal(reader, 1 + 6 + 3);
	if (!read_bool(reader, 128) || !read_bool(reader, 128))
		return;
	for (unsigned i = 0; i < 8; i++)
		if (read_bool(reader, 128))
			(void)read_signed(reader, 6);
}

/* Encoders derive the index from the quality by a cube root. */
static unsigned quality_of_index(double index)
{
	double root = 1.0 - index / INDEX_MAX;
	double linear = root * root * root;
	double quality = linear < 0.5 ? linear * 1.5 : (linear + 1) / 2;
	long percent = lround(quality * 100);

	return percent < LEAST ? LEAST
	       : percent > 100 ? 100
			       : (unsigned)percent;
}

unsigned vp8_quality(struct view frame)
{
	struct bool_reader reader = {.cursor = cursor_at(frame, 10),
				     .range = 255};
	int segment[SEGMENTS] = {0};
	bool absolute = false;
	bool segmented;
	double index;

	if (frame.size < 10 || (frame.data[0] & 1) != 0)
		return FALLBACK;
	reader.value = cursor_u16be(&reader.cursor);
	(void)read_literal(&reader, 2);
	segmented = read_segments(&reader, segment, &absolute);
	skip_filter(&reader);
	(void)read_literal(&reader, 2);
	index = read_literal(&reader, 7);
	if (segmented) {
		/* Encoders set the quality between the average segment and
		 * the one coded best. */
		double sum = 0;
		double best = segment[0];

		for (unsigned i = 0; i < SEGMENTS; i++) {
			sum += segment[i];
			best = segment[i] < best ? segment[i] : best;
		}
		sum = (sum / SEGMENTS + best) / 2;
		index = absolute ? sum : index + sum;
	}
	if (reader.cursor.failed || index < 0 || index > INDEX_MAX)
		return FALLBACK;
	return quality_of_index(index);
}
