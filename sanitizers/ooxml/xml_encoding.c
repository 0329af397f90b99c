#include "sanitizers/ooxml/xml_encoding.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include "base/banned.h"

enum { DECLARATION_MAX = 1024 };

enum encoding {
	ENCODING_UTF8,
	ENCODING_ASCII,
	ENCODING_LATIN1,
	ENCODING_UTF16_LE,
	ENCODING_UTF16_BE,
	ENCODING_OTHER,
};

bool xml_is_character(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' ||
	       (c >= 0x20 && c < 0xD800) || (c > 0xDFFF && c < 0xFFFE) ||
	       (c > 0xFFFF && c <= 0x10FFFF);
}

/* The bytes of the character at `data`, of which `left` are there; 0 when it
 * is none. */
static size_t character_size(const uint8_t *data, size_t left)
{
	uint8_t first = data[0];
	uint32_t c;

	if (first < 0x80)
		return xml_is_character(first) ? 1 : 0;
	if (first < 0xC2 || left < 2 || (data[1] & 0xC0) != 0x80)
		return 0;
	if (first < 0xE0)
		return 2;
	if (left < 3 || (data[2] & 0xC0) != 0x80)
		return 0;
	c = (uint32_t)(data[1] & 0x3F) << 6 | (data[2] & 0x3FU);
	if (first < 0xF0) {
		c |= (uint32_t)(first & 0x0F) << 12;
		return c >= 0x800 && xml_is_character(c) ? 3 : 0;
	}
	if (left < 4 || (data[3] & 0xC0) != 0x80)
		return 0;
	c = (uint32_t)(first & 0x0F) << 18 | c << 6 | (data[3] & 0x3FU);
	return c >= 0x10000 && c <= 0x10FFFF ? 4 : 0;
}

size_t xml_valid_size(struct view text)
{
	const uint64_t ones = 0x0101010101010101u;
	size_t at = 0;

	while (at < text.size) {
		uint64_t word;
		size_t size;

		/* Eight bytes that are ASCII, none below a blank. */
		while (text.size - at >= sizeof(word) &&
		       bytes_copy(&word, sizeof(word),
				  view_of(text.data + at, sizeof(word))) &&
		       ((word | (word - ones * 0x20)) & ones * 0x80) == 0)
			at += sizeof(word);
		if (at == text.size)
			break;
		size = character_size(text.data + at, text.size - at);
		if (size == 0)
			break;
		at += size;
	}
	return at;
}

/* What the declaration says, of which `head` holds the ASCII characters. */
static enum encoding declared_encoding(char *head)
{
	static const struct {
		const char *name;
		enum encoding encoding;
	} names[] = {
	    {"utf-8", ENCODING_UTF8},        {"utf8", ENCODING_UTF8},
	    {"utf-16", ENCODING_UTF16_LE},   {"utf-16le", ENCODING_UTF16_LE},
	    {"utf-16be", ENCODING_UTF16_BE}, {"us-ascii", ENCODING_ASCII},
	    {"ascii", ENCODING_ASCII},       {"iso-8859-1", ENCODING_LATIN1},
	};
	char *end = strstr(head, "?>");
	char *name;

	if (strncmp(head, "<?xml", 5) != 0)
		return ENCODING_UTF8;
	if (end == NULL)
		return ENCODING_OTHER;
	*end = '\0';
	name = strstr(head, "encoding");
	if (name == NULL)
		return ENCODING_UTF8;
	name += strcspn(name, "\"'");
	name += *name != '\0';
	name[strcspn(name, "\"'")] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, name) == 0)
			return names[i].encoding;
	return ENCODING_OTHER;
}

static enum encoding encoding_of(struct view content)
{
	char head[DECLARATION_MAX];
	size_t length = 0;
	enum encoding declared;
	bool wide;
	bool big;

	if (content.size < 4)
		return ENCODING_UTF8;
	big = view_starts_with(content, "\xfe\xff") ||
	      (content.data[0] == 0 && content.data[1] == '<');
	wide = big || view_starts_with(content, "\xff\xfe") ||
	       (content.data[0] == '<' && content.data[1] == 0);
	for (size_t i = 0; i < content.size && length + 1 < sizeof(head); i++)
		if (content.data[i] != 0 && content.data[i] < 0x80)
			head[length++] = (char)content.data[i];
	head[length] = '\0';
	declared = declared_encoding(head);
	if (declared == ENCODING_OTHER)
		return declared;
	if (wide)
		return big ? ENCODING_UTF16_BE : ENCODING_UTF16_LE;
	/* It says UTF-16, but is not. */
	return declared == ENCODING_UTF16_LE || declared == ENCODING_UTF16_BE
		   ? ENCODING_OTHER
		   : declared;
}

static void convert_latin1(struct view content, struct buffer *converted)
{
	for (size_t i = 0; i < content.size; i++)
		buffer_utf8(converted, content.data[i]);
}

/* Half a pair becomes U+0000, which no document may hold. */
static void convert_utf16(struct view content, bool big,
			  struct buffer *converted)
{
	struct cursor cursor = cursor_at(content, 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t c =
		    big ? cursor_u16be(&cursor) : cursor_u16le(&cursor);

		if (c >= 0xD800 && c <= 0xDFFF) {
			uint32_t low =
			    big ? cursor_u16be(&cursor) : cursor_u16le(&cursor);

			c = c <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF
				? 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF))
				: 0;
		}
		buffer_utf8(converted, c);
	}
}

int xml_to_utf8(struct view content, struct buffer *converted,
		struct view *ret_text)
{
	static const char mark[] = "\xef\xbb\xbf";
	enum encoding encoding = encoding_of(content);
	struct view text = content;

	converted->size = 0;
	converted->maximum =
	    content.size <= SIZE_MAX / 4 ? content.size * 3 : SIZE_MAX;
	switch (encoding) {
	case ENCODING_UTF8:
		break;
	case ENCODING_ASCII:
		for (size_t i = 0; i < content.size; i++)
			if (content.data[i] >= 0x80)
				return -ERR_MALFORMED;
		break;
	case ENCODING_LATIN1:
		convert_latin1(content, converted);
		break;
	case ENCODING_UTF16_LE:
	case ENCODING_UTF16_BE:
		convert_utf16(content, encoding == ENCODING_UTF16_BE,
			      converted);
		break;
	case ENCODING_OTHER:
		return -ERR_MALFORMED;
	}
	if (buffer_error(converted) != 0)
		return buffer_error(converted);
	if (converted->size > 0)
		text = buffer_contents(converted);
	if (view_starts_with(text, mark))
		text = view_slice(text, sizeof(mark) - 1, SIZE_MAX);
	*ret_text = text;
	return 0;
}
