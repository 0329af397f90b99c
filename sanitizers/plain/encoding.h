/*
 * Texts in the encodings that Japanese offices use, read one character at a
 * time with the bytes it came from, so that what stays is copied and not
 * converted: a round trip changes no byte (CP932 has several codes for some
 * characters).
 */
#ifndef SEKISHO_SANITIZERS_PLAIN_ENCODING_H
#define SEKISHO_SANITIZERS_PLAIN_ENCODING_H

#include "base/buffer.h"
#include "base/view.h"

enum encoding {
	ENCODING_NONE = 0, /* no text */
	ENCODING_UTF8,     /* ASCII too */
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_CP932,
	ENCODING_EUC_JP,
	ENCODING_ISO_2022_JP,
	ENCODING_CP1252,
	ENCODING_COUNT
};

/* Values that are no character. */
enum {
	CHARACTER_INVALID = 0x110000,   /* bytes that decode to nothing */
	CHARACTER_TRUNCATED = 0x110001, /* the beginning of one, at the end */
	CHARACTER_SHIFT = 0x110002,     /* ISO-2022-JP: changes the set */
};

struct character {
	uint32_t value; /* Unicode scalar value, or one of the above */
	size_t offset;  /* of its bytes in the input */
	size_t size;
};

struct decoder {
	struct view input;
	size_t offset;
	enum encoding encoding;
	uint8_t set; /* ISO-2022-JP: the set that is shifted in, 0 for ASCII */
};

/* Builds the tables by iconv; once, before the sandbox. */
int encoding_prepare(void) MUST_CHECK;

/* The encoding of a text by strict decoding and, between several that fit, by
 * how plausible the characters are. ENCODING_NONE: binary data. */
enum encoding encoding_of(struct view input);

/*
 * encoding_of() for an input that was asked about before in the same job, so
 * that a text is not read twice. encoding_forget() begins a new job: memory
 * may hold something else by then.
 */
enum encoding encoding_of_again(struct view input);
void encoding_forget(void);

/* "UTF-8", "CP932". Static storage. */
const char *encoding_name(enum encoding encoding);

/* Whether each byte below 0x30 is the ASCII character it looks like, wherever
 * it stands between two characters or within one. */
static inline bool encoding_keeps_ascii(enum encoding encoding)
{
	return encoding != ENCODING_UTF16LE && encoding != ENCODING_UTF16BE &&
	       encoding != ENCODING_ISO_2022_JP;
}

static inline struct decoder decoder_make(struct view input,
					  enum encoding encoding)
{
	return (struct decoder){.input = input, .encoding = encoding};
}

/* False at the end. */
bool decoder_next(struct decoder *decoder, struct character *ret_character);

/*
 * Moves over characters that no rule is about: printable ASCII, kana, kanji,
 * full-width forms; not over line ends. Returns the last of them, 0 when there
 * is none. Most of every text goes by here.
 */
uint32_t decoder_skip_plain(struct decoder *decoder);

/* Writes an ASCII character so that it fits between two characters that were
 * copied; the text must be in its initial state there. */
void encoding_write_ascii(struct buffer *buffer, enum encoding encoding,
			  char character);

#endif
