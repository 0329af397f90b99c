#include "sanitizers/ooxml/xml_scan.h"

#include "sanitizers/ooxml/xml_encoding.h"

#include "base/banned.h"

/* What a byte can be. */
enum {
	NAME = 1,       /* part of a name, as far as one byte tells */
	TEXT_STOP = 2,  /* something else than text may begin */
	VALUE_STOP = 4, /* a value ends, or is not as it is written */
};

#define NAME_8 NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME
#define NAME_32 NAME_8, NAME_8, NAME_8, NAME_8

static const uint8_t classes[256] = {
    ['\t'] = VALUE_STOP,
    ['\n'] = VALUE_STOP,
    ['\r'] = TEXT_STOP | VALUE_STOP,
    ['"'] = VALUE_STOP,
    ['\''] = VALUE_STOP,
    ['&'] = TEXT_STOP | VALUE_STOP,
    ['<'] = TEXT_STOP | VALUE_STOP,
    [']'] = TEXT_STOP,
    ['-'] = NAME,
    ['.'] = NAME,
    [':'] = NAME,
    ['_'] = NAME,
    ['0'] = NAME_8,
    ['8'] = NAME,
    ['9'] = NAME,
    ['A'] = NAME_8,
    ['I'] = NAME_8,
    ['Q'] = NAME_8,
    ['Y'] = NAME,
    ['Z'] = NAME,
    ['a'] = NAME_8,
    ['i'] = NAME_8,
    ['q'] = NAME_8,
    ['y'] = NAME,
    ['z'] = NAME,
    [0x80] = NAME_32,
    [0xa0] = NAME_32,
    [0xc0] = NAME_32,
    [0xe0] = NAME_32,
};

int xml_scan_qname(struct xml_scan *scan, struct xml_names *names,
		   struct xml_qname **ret_qname)
{
	const uint8_t *data = scan->text.data;
	size_t start = scan->at;
	size_t at = start;
	uint64_t hash = 0;

	while (at < scan->text.size && (classes[data[at]] & NAME) != 0)
		hash = xml_hash(hash, data[at++]);
	scan->at = at;
	return xml_qname_get(names, view_of(data + start, at - start), hash,
			     ret_qname);
}

bool xml_scan_tag_end(struct xml_scan *scan, bool *ret_empty, int *ret_error)
{
	bool blank = xml_scan_blanks(scan);
	uint8_t byte = xml_scan_peek(scan);

	*ret_empty = byte == '/';
	if (byte == '>') {
		scan->at++;
		return true;
	}
	if (byte == '/') {
		scan->at++;
		if (xml_scan_peek(scan) != '>')
			*ret_error = -ERR_MALFORMED;
		scan->at++;
		return true;
	}
	if (!blank)
		*ret_error = -ERR_MALFORMED;
	return !blank;
}

static int scan_equals(struct xml_scan *scan)
{
	(void)xml_scan_blanks(scan);
	if (xml_scan_peek(scan) != '=')
		return -ERR_MALFORMED;
	scan->at++;
	(void)xml_scan_blanks(scan);
	return 0;
}

/* The rest of a value from the first byte on that is not as it is written:
 * blanks become spaces, a line end one. */
static int scan_rest(struct xml_scan *scan, uint8_t quote,
		     struct buffer *scratch)
{
	for (;;) {
		uint8_t byte = xml_scan_peek(scan);
		size_t start = scan->at;
		struct view piece;
		uint8_t bytes[4];
		int error;

		if (byte == quote)
			return buffer_error(scratch);
		if (byte == 0 || byte == '<')
			return -ERR_MALFORMED;
		if (byte == '&') {
			error = xml_scan_reference(scan, bytes, &piece);
			if (error != 0)
				return error;
			buffer_view(scratch, piece);
			continue;
		}
		scan->at++;
		if (xml_is_blank(byte)) {
			if (byte == '\r' && xml_scan_peek(scan) == '\n')
				scan->at++;
			buffer_u8(scratch, ' ');
			continue;
		}
		while (scan->at < scan->text.size &&
		       (classes[scan->text.data[scan->at]] & VALUE_STOP) == 0)
			scan->at++;
		buffer_bytes(scratch, scan->text.data + start,
			     scan->at - start);
	}
}

int xml_scan_value(struct xml_scan *scan, struct buffer *scratch,
		   struct view *ret_value)
{
	const uint8_t *data = scan->text.data;
	int error = scan_equals(scan);
	uint8_t quote = xml_scan_peek(scan);
	size_t start = scan->at + 1;
	size_t at = start;

	if (error != 0)
		return error;
	if (quote != '"' && quote != '\'')
		return -ERR_MALFORMED;
	while (at < scan->text.size &&
	       ((classes[data[at]] & VALUE_STOP) == 0 ||
		(data[at] != quote && (data[at] == '"' || data[at] == '\''))))
		at++;
	scan->at = at;
	*ret_value = view_of(data + start, at - start);
	if (xml_scan_peek(scan) != quote) {
		buffer_view(scratch, *ret_value);
		*ret_value = (struct view){NULL, 0};
		error = scan_rest(scan, quote, scratch);
	}
	scan->at++;
	return error;
}

size_t xml_line_size(struct view text)
{
	const uint8_t *end =
	    text.size == 0 ? NULL : memchr(text.data, '\r', text.size);

	return end == NULL ? text.size : (size_t)(end - text.data);
}

int xml_scan_text(struct xml_scan *scan, struct view *ret_piece)
{
	const uint8_t *data = scan->text.data;
	size_t start = scan->at;
	size_t at = start;

	if (xml_scan_peek(scan) == '\r') {
		scan->at++;
		if (xml_scan_peek(scan) == '\n')
			scan->at++;
		*ret_piece = view_of_string("\n");
		return 0;
	}
	for (; at < scan->text.size; at++) {
		if ((classes[data[at]] & TEXT_STOP) == 0)
			continue;
		if (data[at] != ']')
			break;
		if (view_starts_with(view_slice(scan->text, at, 3), "]]>"))
			return -ERR_MALFORMED;
	}
	scan->at = at;
	*ret_piece = view_of(data + start, at - start);
	return 0;
}

/* ---- references ---- */

static int scan_number(struct view digits, uint32_t *ret_character)
{
	bool hexadecimal = digits.size > 0 && digits.data[0] == 'x';
	uint32_t base = hexadecimal ? 16 : 10;
	uint32_t value = 0;

	if (hexadecimal)
		digits = view_slice(digits, 1, SIZE_MAX);
	if (digits.size == 0)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < digits.size; i++) {
		uint8_t byte = digits.data[i];
		uint32_t digit = (uint32_t)(byte - '0');

		if (hexadecimal && isxdigit(byte) && !isdigit(byte))
			digit = (uint32_t)(tolower(byte) - 'a') + 10;
		if (digit >= base || value > 0x10FFFF)
			return -ERR_MALFORMED;
		value = value * base + digit;
	}
	*ret_character = value;
	return xml_is_character(value) ? 0 : -ERR_MALFORMED;
}

int xml_scan_reference(struct xml_scan *scan, uint8_t bytes[4],
		       struct view *ret_character)
{
	static const struct {
		const char *name;
		char character;
	} entities[] = {{"amp", '&'},
			{"lt", '<'},
			{"gt", '>'},
			{"quot", '"'},
			{"apos", '\''}};
	struct buffer out = {.data = bytes, .capacity = 4, .maximum = 4};
	size_t start = scan->at + 1;
	size_t end = view_find(scan->text, view_of_string(";"), start);
	struct view name;
	uint32_t character = 0;
	int error = 0;

	if (end == SIZE_MAX)
		return -ERR_MALFORMED;
	name = view_slice(scan->text, start, end - start);
	scan->at = end + 1;
	if (view_starts_with(name, "#"))
		error = scan_number(view_slice(name, 1, SIZE_MAX), &character);
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (view_equal(name, view_of_string(entities[i].name)))
			character = (uint32_t)entities[i].character;
	if (error != 0 || character == 0)
		return -ERR_MALFORMED;
	buffer_utf8(&out, character);
	*ret_character = buffer_contents(&out);
	return 0;
}

/* ---- the declaration ---- */

static bool is_version(struct view value)
{
	if (!view_starts_with(value, "1.") || value.size < 3)
		return false;
	for (size_t i = 2; i < value.size; i++)
		if (!isdigit(value.data[i]))
			return false;
	return true;
}

static bool is_encoding(struct view value)
{
	if (value.size == 0 || !isalpha(value.data[0]))
		return false;
	for (size_t i = 1; i < value.size; i++)
		if (!isalnum(value.data[i]) &&
		    (value.data[i] == 0 ||
		     strchr("._-", value.data[i]) == NULL))
			return false;
	return true;
}

static bool is_standalone(struct view value)
{
	return view_equal(value, view_of_string("yes")) ||
	       view_equal(value, view_of_string("no"));
}

int xml_scan_declaration(struct xml_scan *scan)
{
	static const struct {
		const char *name;
		bool (*check)(struct view value);
	} parts[] = {{"version", is_version},
		     {"encoding", is_encoding},
		     {"standalone", is_standalone}};
	struct view text = scan->text;
	bool blank = false;

	if (!view_starts_with(text, "<?xml") || text.size < 6 ||
	    !xml_is_blank(text.data[5]))
		return 0;
	scan->at = 5;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t size = strlen(parts[i].name);
		struct buffer nothing = buffer_make(0);
		struct view value;

		blank |= xml_scan_blanks(scan);
		if (!view_starts_with(view_slice(text, scan->at, size),
				      parts[i].name)) {
			if (i == 0)
				return -ERR_MALFORMED;
			continue;
		}
		scan->at += size;
		if (!blank || xml_scan_value(scan, &nothing, &value) != 0 ||
		    !parts[i].check(value))
			return -ERR_MALFORMED;
		blank = false;
	}
	(void)xml_scan_blanks(scan);
	if (!view_starts_with(view_slice(text, scan->at, 2), "?>"))
		return -ERR_MALFORMED;
	scan->at += 2;
	return 0;
}
