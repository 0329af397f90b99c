/*
 * Fax lines as the places where the colour changes (ITU-T T.4, T.6): read in
 * any of the three codings, written in group 4.
 */
#include "sanitizers/pdf/fax_code.h"

#include "base/banned.h"

enum {
	LONGEST = 13,
	TERMINATING = 64,
	MAKE_UP = 27,
	EXTENDED_FIRST = 1792,
	EXTENDED_LAST = 2560,
};

struct code {
	uint16_t bits;
	uint8_t length;
};

/* By run: 0 to 63, then 64, 128... 1728. */
static const struct code white_codes[] = {
    {0x35, 8}, {0x07, 6}, {0x07, 4}, {0x08, 4}, {0x0b, 4}, {0x0c, 4},
    {0x0e, 4}, {0x0f, 4}, {0x13, 5}, {0x14, 5}, {0x07, 5}, {0x08, 5},
    {0x08, 6}, {0x03, 6}, {0x34, 6}, {0x35, 6}, {0x2a, 6}, {0x2b, 6},
    {0x27, 7}, {0x0c, 7}, {0x08, 7}, {0x17, 7}, {0x03, 7}, {0x04, 7},
    {0x28, 7}, {0x2b, 7}, {0x13, 7}, {0x24, 7}, {0x18, 7}, {0x02, 8},
    {0x03, 8}, {0x1a, 8}, {0x1b, 8}, {0x12, 8}, {0x13, 8}, {0x14, 8},
    {0x15, 8}, {0x16, 8}, {0x17, 8}, {0x28, 8}, {0x29, 8}, {0x2a, 8},
    {0x2b, 8}, {0x2c, 8}, {0x2d, 8}, {0x04, 8}, {0x05, 8}, {0x0a, 8},
    {0x0b, 8}, {0x52, 8}, {0x53, 8}, {0x54, 8}, {0x55, 8}, {0x24, 8},
    {0x25, 8}, {0x58, 8}, {0x59, 8}, {0x5a, 8}, {0x5b, 8}, {0x4a, 8},
    {0x4b, 8}, {0x32, 8}, {0x33, 8}, {0x34, 8}, {0x1b, 5}, {0x12, 5},
    {0x17, 6}, {0x37, 7}, {0x36, 8}, {0x37, 8}, {0x64, 8}, {0x65, 8},
    {0x68, 8}, {0x67, 8}, {0xcc, 9}, {0xcd, 9}, {0xd2, 9}, {0xd3, 9},
    {0xd4, 9}, {0xd5, 9}, {0xd6, 9}, {0xd7, 9}, {0xd8, 9}, {0xd9, 9},
    {0xda, 9}, {0xdb, 9}, {0x98, 9}, {0x99, 9}, {0x9a, 9}, {0x18, 6},
    {0x9b, 9}};

static const struct code black_codes[] = {
    {0x37, 10}, {0x02, 3},  {0x03, 2},  {0x02, 2},  {0x03, 3},  {0x03, 4},
    {0x02, 4},  {0x03, 5},  {0x05, 6},  {0x04, 6},  {0x04, 7},  {0x05, 7},
    {0x07, 7},  {0x04, 8},  {0x07, 8},  {0x18, 9},  {0x17, 10}, {0x18, 10},
    {0x08, 10}, {0x67, 11}, {0x68, 11}, {0x6c, 11}, {0x37, 11}, {0x28, 11},
    {0x17, 11}, {0x18, 11}, {0xca, 12}, {0xcb, 12}, {0xcc, 12}, {0xcd, 12},
    {0x68, 12}, {0x69, 12}, {0x6a, 12}, {0x6b, 12}, {0xd2, 12}, {0xd3, 12},
    {0xd4, 12}, {0xd5, 12}, {0xd6, 12}, {0xd7, 12}, {0x6c, 12}, {0x6d, 12},
    {0xda, 12}, {0xdb, 12}, {0x54, 12}, {0x55, 12}, {0x56, 12}, {0x57, 12},
    {0x64, 12}, {0x65, 12}, {0x52, 12}, {0x53, 12}, {0x24, 12}, {0x37, 12},
    {0x38, 12}, {0x27, 12}, {0x28, 12}, {0x58, 12}, {0x59, 12}, {0x2b, 12},
    {0x2c, 12}, {0x5a, 12}, {0x66, 12}, {0x67, 12}, {0x0f, 10}, {0xc8, 12},
    {0xc9, 12}, {0x5b, 12}, {0x33, 12}, {0x34, 12}, {0x35, 12}, {0x6c, 13},
    {0x6d, 13}, {0x4a, 13}, {0x4b, 13}, {0x4c, 13}, {0x4d, 13}, {0x72, 13},
    {0x73, 13}, {0x74, 13}, {0x75, 13}, {0x76, 13}, {0x77, 13}, {0x52, 13},
    {0x53, 13}, {0x54, 13}, {0x55, 13}, {0x5a, 13}, {0x5b, 13}, {0x64, 13},
    {0x65, 13}};

/* 1792, 1856... 2560, of either colour. */
static const struct code extended_codes[] = {
    {0x08, 11}, {0x0c, 11}, {0x0d, 11}, {0x12, 12}, {0x13, 12},
    {0x14, 12}, {0x15, 12}, {0x16, 12}, {0x17, 12}, {0x1c, 12},
    {0x1d, 12}, {0x1e, 12}, {0x1f, 12}};

enum mode {
	MODE_BAD,
	MODE_PASS,
	MODE_HORIZONTAL,
	MODE_VERTICAL, /* this and what follows: by its distance */
};

/* 000 0010 to 000 0011: from three to the left to three to the right. */
static const struct code vertical_codes[] = {{2, 7}, {2, 6}, {2, 3}, {1, 1},
					     {3, 3}, {3, 6}, {3, 7}};

struct entry {
	int16_t run; /* -1: no code */
	uint8_t length;
};

static struct entry tables[2][1 << LONGEST];

static void enter(struct entry *table, struct code code, unsigned run)
{
	unsigned open = LONGEST - code.length;

	for (unsigned i = 0; i < 1U << open; i++)
		table[((unsigned)code.bits << open) + i] =
		    (struct entry){(int16_t)run, code.length};
}

static void make_tables(void)
{
	if (tables[0][0].run == -1)
		return;
	for (unsigned i = 0; i < 1U << LONGEST; i++)
		tables[0][i].run = tables[1][i].run = -1;
	for (unsigned i = 0; i < TERMINATING + MAKE_UP; i++) {
		unsigned run = i < TERMINATING ? i : (i - 63) * 64;

		enter(tables[0], white_codes[i], run);
		enter(tables[1], black_codes[i], run);
	}
	for (unsigned i = 0; EXTENDED_FIRST + i * 64 <= EXTENDED_LAST; i++) {
		enter(tables[0], extended_codes[i], EXTENDED_FIRST + i * 64);
		enter(tables[1], extended_codes[i], EXTENDED_FIRST + i * 64);
	}
}

uint32_t fax_bits_peek(const struct fax_bits *bits, unsigned count)
{
	size_t byte = bits->at / 8;
	uint64_t value = 0;

	for (size_t i = 0; i < 5; i++)
		value =
		    value << 8 |
		    (byte + i < bits->in.size ? bits->in.data[byte + i] : 0);
	value >>= 40 - bits->at % 8 - count;
	return (uint32_t)(value & ((UINT64_C(1) << count) - 1));
}

bool fax_bits_over(const struct fax_bits *bits)
{
	return bits->at > bits->in.size * 8;
}

static bool bits_end(const struct fax_bits *bits)
{
	return bits->at >= bits->in.size * 8;
}

/* A run of any length: codes of 64 and more, then one below. */
static bool read_run(struct fax_reader *reader, unsigned colour,
		     uint32_t *ret_run)
{
	uint32_t run = 0;

	while (true) {
		const struct entry *entry =
		    &tables[colour][fax_bits_peek(&reader->bits, LONGEST)];

		if (entry->run < 0 || bits_end(&reader->bits))
			return false;
		reader->bits.at += entry->length;
		run += (uint16_t)entry->run;
		if (entry->run < TERMINATING) {
			*ret_run = run;
			return true;
		}
		if (run > reader->options.columns)
			return false;
	}
}

static bool put(struct fax_reader *reader, struct fax_line *line, uint32_t at)
{
	if (line->count > reader->options.columns + 1)
		return false;
	line->at[line->count++] =
	    at < reader->options.columns ? at : reader->options.columns;
	return true;
}

static bool read_flat(struct fax_reader *reader, struct fax_line *line)
{
	uint32_t at = 0;
	unsigned colour = 0;

	while (at < reader->options.columns) {
		uint32_t run;

		if (!read_run(reader, colour, &run))
			return false;
		at += run;
		colour ^= 1;
		if (!put(reader, line, at))
			return false;
	}
	return true;
}

static enum mode read_mode(struct fax_reader *reader)
{
	uint32_t next = fax_bits_peek(&reader->bits, 7);

	if (next >> 3 == 1) {
		reader->bits.at += 4;
		return MODE_PASS;
	}
	if (next >> 4 == 1) {
		reader->bits.at += 3;
		return MODE_HORIZONTAL;
	}
	for (unsigned i = 0; i < 7; i++) {
		struct code code = vertical_codes[i];

		if (next >> (7 - code.length) != code.bits)
			continue;
		reader->bits.at += code.length;
		return (enum mode)(MODE_VERTICAL + i);
	}
	return MODE_BAD;
}

/* The first change of the line above behind a0 that is one from this colour
 * (b1); the next is b2. */
static uint32_t find_above(const struct fax_line *above, uint32_t from,
			   int64_t a0, unsigned colour)
{
	while (from > 0 && above->at[from - 1] > a0)
		from--;
	if (from % 2 != colour)
		from++;
	while (from < above->count && above->at[from] <= a0)
		from += 2;
	return from;
}

static uint32_t change(const struct fax_line *line, uint32_t index,
		       uint32_t columns)
{
	return index < line->count ? line->at[index] : columns;
}

static bool read_steep(struct fax_reader *reader, const struct fax_line *above,
		       struct fax_line *line)
{
	const uint32_t columns = reader->options.columns;
	int64_t a0 = -1;
	unsigned colour = 0;
	uint32_t above_at = 0;

	while (a0 < columns) {
		enum mode mode = read_mode(reader);
		uint32_t start = a0 < 0 ? 0 : (uint32_t)a0;
		uint32_t first;
		uint32_t second;
		int64_t a1;

		above_at = find_above(above, above_at, a0, colour);
		if (mode == MODE_BAD || fax_bits_over(&reader->bits))
			return false;
		if (mode == MODE_PASS) {
			a0 = change(above, above_at + 1, columns);
			continue;
		}
		if (mode == MODE_HORIZONTAL) {
			if (!read_run(reader, colour, &first) ||
			    !read_run(reader, colour ^ 1, &second) ||
			    !put(reader, line, start + first) ||
			    !put(reader, line, start + first + second))
				return false;
			a0 = (int64_t)start + first + second;
			continue;
		}
		a1 = (int64_t)change(above, above_at, columns) + (int)mode -
		     MODE_VERTICAL - 3;
		if (a1 < start || !put(reader, line, (uint32_t)a1))
			return false;
		a0 = a1;
		colour ^= 1;
	}
	return true;
}

/* Runs of no length go, so that what is left are changes of pixels. */
static void settle(struct fax_line *line, uint32_t columns)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < line->count; i++) {
		if (used > 0 && line->at[used - 1] == line->at[i])
			used--;
		else
			line->at[used++] = line->at[i];
	}
	while (used > 0 && line->at[used - 1] >= columns)
		used--;
	line->count = used;
}

/* Skips fill and one mark of the end of a line; false where there is none. */
static bool skip_mark(struct fax_reader *reader)
{
	size_t at = reader->bits.at;

	if (fax_bits_peek(&reader->bits, 11) != 0)
		return false;
	while (!bits_end(&reader->bits) && fax_bits_peek(&reader->bits, 1) == 0)
		reader->bits.at++;
	if (bits_end(&reader->bits)) {
		reader->bits.at = at;
		return false;
	}
	reader->bits.at++;
	return true;
}

static void next_byte(struct fax_reader *reader)
{
	reader->bits.at = (reader->bits.at + 7) / 8 * 8;
}

/* What stands before a line. False: the data end here. */
static bool begin_line(struct fax_reader *reader, bool *ret_steep)
{
	unsigned marks = 0;

	*ret_steep = reader->options.k < 0;
	/* Marks may stand before the bits that fill the byte or behind. */
	if (reader->options.k >= 0)
		while (skip_mark(reader)) {
			marks++;
			if (reader->options.k > 0)
				*ret_steep =
				    fax_bits_peek(&reader->bits, 1) == 0;
			if (reader->options.k > 0)
				reader->bits.at++;
			if (marks > 1 && reader->lines_read > 0)
				return false;
		}
	if (reader->options.byte_align && marks == 0)
		next_byte(reader);
	if (reader->options.k < 0 && fax_bits_peek(&reader->bits, 12) == 1) {
		reader->bits.at += 12;
		if (fax_bits_peek(&reader->bits, 12) == 1)
			reader->bits.at += 12;
		return false;
	}
	if (reader->options.k > 0 && marks == 0) {
		*ret_steep = fax_bits_peek(&reader->bits, 1) == 0;
		reader->bits.at++;
	}
	return !bits_end(&reader->bits);
}

/* On to the next mark, where the coding has them. */
static bool resume(struct fax_reader *reader)
{
	if (reader->options.k < 0)
		return false;
	while (!bits_end(&reader->bits) &&
	       fax_bits_peek(&reader->bits, 12) != 1)
		reader->bits.at++;
	return !bits_end(&reader->bits);
}

int fax_reader_open(struct fax_reader *reader, struct arena *arena,
		    struct view in, const struct fax_options *options)
{
	make_tables();
	*reader = (struct fax_reader){.bits = {.in = in}, .options = *options};
	for (int i = 0; i < 2; i++) {
		reader->lines[i].at =
		    arena_array(arena, (size_t)options->columns + 4,
				sizeof(*reader->lines[i].at));
		if (reader->lines[i].at == NULL)
			return -ERR_MEMORY;
	}
	return 0;
}

bool fax_read_line(struct fax_reader *reader, const struct fax_line **ret_line)
{
	struct fax_line *line = &reader->lines[reader->lines_read & 1];
	const struct fax_line *above =
	    &reader->lines[(reader->lines_read & 1) ^ 1];
	bool steep;
	bool good;

	if (reader->ended || !begin_line(reader, &steep)) {
		reader->ended = true;
		return false;
	}
	line->count = 0;
	good =
	    steep ? read_steep(reader, above, line) : read_flat(reader, line);
	settle(line, reader->options.columns);
	if (!good) {
		reader->damaged = true;
		reader->ended = !resume(reader);
	}
	reader->lines_read++;
	*ret_line = line;
	return true;
}

size_t fax_reader_end(struct fax_reader *reader)
{
	bool steep;

	/* The mark of the end, when the lines ran out before it. */
	if (!reader->ended)
		(void)begin_line(reader, &steep);
	next_byte(reader);
	return reader->bits.at / 8;
}

static void write_bits(struct fax_writer *writer, uint32_t bits, unsigned count)
{
	writer->held = writer->held << count | bits;
	writer->count += count;
	while (writer->count >= 8) {
		writer->count -= 8;
		buffer_u8(writer->out,
			  (uint8_t)(writer->held >> writer->count));
	}
}

static void write_code(struct fax_writer *writer, struct code code)
{
	write_bits(writer, code.bits, code.length);
}

static void write_run(struct fax_writer *writer, unsigned colour, uint32_t run)
{
	const struct code *codes = colour == 0 ? white_codes : black_codes;
	const unsigned last = (EXTENDED_LAST - EXTENDED_FIRST) / 64;

	while (run >= EXTENDED_LAST + TERMINATING) {
		write_code(writer, extended_codes[last]);
		run -= EXTENDED_LAST;
	}
	if (run >= EXTENDED_FIRST) {
		write_code(writer, extended_codes[(run - EXTENDED_FIRST) / 64]);
		run %= 64;
	} else if (run >= TERMINATING) {
		write_code(writer, codes[TERMINATING - 1 + run / 64]);
		run %= 64;
	}
	write_code(writer, codes[run]);
}

int fax_writer_open(struct fax_writer *writer, struct arena *arena,
		    uint32_t columns, struct buffer *out)
{
	*writer = (struct fax_writer){.out = out, .columns = columns};
	writer->above.at =
	    arena_array(arena, (size_t)columns + 4, sizeof(*writer->above.at));
	return writer->above.at == NULL ? -ERR_MEMORY : 0;
}

void fax_write_line(struct fax_writer *writer, const struct fax_line *line)
{
	const struct fax_line *above = &writer->above;
	const uint32_t columns = writer->columns;
	int64_t a0 = -1;
	unsigned colour = 0;
	uint32_t above_at = 0;
	uint32_t next = 0;

	while (a0 < columns) {
		uint32_t start = a0 < 0 ? 0 : (uint32_t)a0;
		uint32_t a1 = change(line, next, columns);
		int64_t distance;

		above_at = find_above(above, above_at, a0, colour);
		distance = (int64_t)a1 - change(above, above_at, columns);
		if (change(above, above_at + 1, columns) < a1) {
			write_bits(writer, 1, 4);
			a0 = change(above, above_at + 1, columns);
		} else if (distance >= -3 && distance <= 3) {
			write_code(writer, vertical_codes[distance + 3]);
			a0 = a1;
			colour ^= 1;
			next++;
		} else {
			uint32_t a2 = change(line, next + 1, columns);

			write_bits(writer, 1, 3);
			write_run(writer, colour, a1 - start);
			write_run(writer, colour ^ 1, a2 - a1);
			a0 = a2;
			next += 2;
		}
	}
	writer->above.count = line->count;
	for (uint32_t i = 0; i < line->count; i++)
		writer->above.at[i] = line->at[i];
}

void fax_write_end(struct fax_writer *writer)
{
	write_bits(writer, 1, 12);
	write_bits(writer, 1, 12);
	if (writer->count > 0)
		write_bits(writer, 0, 8 - writer->count);
}
