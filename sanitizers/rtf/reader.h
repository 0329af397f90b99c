/*
 * The tokens of an RTF file (Rich Text Format Specification 1.9.1, "Conventions
 * of an RTF Reader"). Every byte belongs to exactly one token or to the line
 * ends and NULs that mean nothing.
 */
#ifndef SEKISHO_SANITIZERS_RTF_READER_H
#define SEKISHO_SANITIZERS_RTF_READER_H

#include "base/view.h"

enum rtf_token_kind {
	RTF_END = 0, /* of the input */
	RTF_OPEN,
	RTF_CLOSE,
	RTF_WORD,   /* \name, \name-12 */
	RTF_SYMBOL, /* \ and one character that is no letter: byte */
	RTF_BYTE,   /* \'hh: byte */
	RTF_TEXT,   /* bytes as they stand */
	RTF_BINARY, /* what follows \binN: bytes */
};

struct rtf_token {
	enum rtf_token_kind kind;
	struct view bytes; /* the name of a word; text; binary data */
	bool has_number;
	bool bad_number; /* does not fit 32 bits */
	int32_t number;
	uint8_t byte;
};

struct rtf_reader {
	struct cursor cursor;
	bool cut; /* a binary run is longer than what is left */
};

static inline struct rtf_reader rtf_reader_at(struct view input, size_t offset)
{
	return (struct rtf_reader){cursor_at(input, offset), false};
}

/* RTF_END at the end of the input, again and again. */
struct rtf_token rtf_next(struct rtf_reader *reader);

#endif
