/*
 * Fax coding (ITU-T T.4 and T.6), line by line. A line is the list of places
 * where the colour changes, from white at its left edge; the places rise and
 * lie inside of it.
 */
#ifndef SEKISHO_SANITIZERS_PDF_FAX_CODE_H
#define SEKISHO_SANITIZERS_PDF_FAX_CODE_H

#include "base/arena.h"
#include "base/buffer.h"

struct fax_line {
	uint32_t *at;
	uint32_t count;
};

struct fax_bits {
	struct view in;
	size_t at; /* in bits; may lie behind the end */
};

/* The next bits, at most 32; zeros behind the end. */
uint32_t fax_bits_peek(const struct fax_bits *bits, unsigned count);
bool fax_bits_over(const struct fax_bits *bits);

struct fax_options {
	int k; /* below 0: group 4; 0: one-dimensional; above: mixed */
	bool byte_align;
	uint32_t columns; /* 1 to 65535 */
};

struct fax_reader {
	struct fax_bits bits;
	struct fax_options options;
	struct fax_line lines[2];
	uint32_t lines_read;
	bool ended;
	bool damaged; /* a line was cut short */
};

/* -ERR_MEMORY. */
int fax_reader_open(struct fax_reader *reader, struct arena *arena,
		    struct view in,
		    const struct fax_options *options) MUST_CHECK;

/* The next line, valid until the one after the next; false at the end. Of a
 * damaged line what was read; then the next one that a mark announces. */
bool fax_read_line(struct fax_reader *reader,
		   const struct fax_line **ret_line) MUST_CHECK;

/* Bytes that belong to the data, with the mark of their end. */
size_t fax_reader_end(struct fax_reader *reader);

struct fax_writer {
	struct buffer *out;
	struct fax_line above;
	uint32_t columns;
	uint64_t held;
	unsigned count; /* of bits held */
};

int fax_writer_open(struct fax_writer *writer, struct arena *arena,
		    uint32_t columns, struct buffer *out) MUST_CHECK;

/* Writes a line, or the end, as group 4; errors are those of the buffer. */
void fax_write_line(struct fax_writer *writer, const struct fax_line *line);
void fax_write_end(struct fax_writer *writer);

#endif
