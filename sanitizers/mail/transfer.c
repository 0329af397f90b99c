#include "sanitizers/mail/transfer.h"

#include "base/hex.h"

#include "base/banned.h"

enum { OTHER = 0xFF, BLANK = 0xFE, PAD = 0xFD };

/* The value of each byte in base64 (RFC 4648 section 4). */
static uint8_t value_of(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (uint8_t)(byte - 'A');
	if (byte >= 'a' && byte <= 'z')
		return (uint8_t)(byte - 'a' + 26);
	if (byte >= '0' && byte <= '9')
		return (uint8_t)(byte - '0' + 52);
	if (byte == '+')
		return 62;
	if (byte == '/')
		return 63;
	if (byte == '=')
		return PAD;
	if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
		return BLANK;
	return OTHER;
}

static const uint8_t *values(void)
{
	static uint8_t table[256];
	static bool made;

	for (unsigned i = 0; i < 256 && !made; i++)
		table[i] = value_of((uint8_t)i);
	made = true;
	return table;
}

/* Whole groups of four characters, as far as there are such. */
static size_t decode_groups(struct view text, size_t *at, uint8_t *to)
{
	const uint8_t *table = values();
	const uint8_t *from = text.data;
	size_t size = 0;

	while (text.size - *at >= 4) {
		uint8_t a = table[from[*at]];
		uint8_t b = table[from[*at + 1]];
		uint8_t c = table[from[*at + 2]];
		uint8_t d = table[from[*at + 3]];

		if ((a | b | c | d) >= 64)
			break;
		to[size++] = (uint8_t)(a << 2 | b >> 4);
		to[size++] = (uint8_t)(b << 4 | c >> 2);
		to[size++] = (uint8_t)(c << 6 | d);
		*at += 4;
	}
	return size;
}

size_t transfer_base64(struct view text, uint8_t *to, bool *ret_damaged)
{
	const uint8_t *table = values();
	uint32_t group = 0;
	unsigned count = 0;
	unsigned pads = 0;
	size_t size = 0;
	size_t at = 0;

	while (at < text.size) {
		uint8_t value;

		if (count == 0 && pads == 0)
			size += decode_groups(text, &at, to + size);
		if (at == text.size)
			break;
		value = table[text.data[at++]];
		if (value == BLANK)
			continue;
		if (value == OTHER || (value != PAD && pads > 0)) {
			*ret_damaged = true;
			continue;
		}
		if (value == PAD) {
			pads++;
			continue;
		}
		group = group << 6 | value;
		if (++count < 4)
			continue;
		to[size++] = (uint8_t)(group >> 16);
		to[size++] = (uint8_t)(group >> 8);
		to[size++] = (uint8_t)group;
		count = 0;
		group = 0;
	}
	if (count == 2 || count == 3) {
		group <<= 6 * (4 - count);
		to[size++] = (uint8_t)(group >> 16);
		if (count == 3)
			to[size++] = (uint8_t)(group >> 8);
	}
	if (count + pads != 4 && count + pads != 0)
		*ret_damaged = true;
	return size;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* Blanks up to the end of the line (RFC 2045 6.7 rule 3: they are not there).
 * SIZE_MAX: something else follows. */
static size_t blanks_at_end(struct view text, size_t at)
{
	while (at < text.size && is_blank(text.data[at]))
		at++;
	if (at == text.size || text.data[at] == '\n')
		return at;
	if (text.data[at] == '\r' && at + 1 < text.size &&
	    text.data[at + 1] == '\n')
		return at;
	return SIZE_MAX;
}

static size_t behind_line_end(struct view text, size_t at)
{
	if (at < text.size && text.data[at] == '\r')
		at++;
	if (at < text.size && text.data[at] == '\n')
		at++;
	return at;
}

size_t transfer_quoted(struct view text, uint8_t *to, bool *ret_damaged)
{
	size_t size = 0;
	size_t at = 0;

	while (at < text.size) {
		uint8_t byte = text.data[at];
		int high;
		int low;
		size_t end;

		if (is_blank(byte)) {
			end = blanks_at_end(text, at);
			if (end != SIZE_MAX) {
				at = end;
				continue;
			}
		}
		if (byte != '=') {
			to[size++] = byte;
			at++;
			continue;
		}
		end = blanks_at_end(text, at + 1);
		if (end != SIZE_MAX) {
			at = behind_line_end(text, end);
			continue;
		}
		high = at + 2 < text.size ? hex_digit(text.data[at + 1]) : -1;
		low = at + 2 < text.size ? hex_digit(text.data[at + 2]) : -1;
		if (high < 0 || low < 0) {
			*ret_damaged = true;
			to[size++] = byte;
			at++;
			continue;
		}
		to[size++] = (uint8_t)(high << 4 | low);
		at += 3;
	}
	return size;
}

int transfer_decode(struct arena *arena, struct view body,
		    enum mail_encoding encoding, struct view *ret_content,
		    bool *ret_damaged)
{
	uint8_t *to;
	size_t size;

	*ret_damaged = false;
	if (encoding != MAIL_ENCODING_BASE64 &&
	    encoding != MAIL_ENCODING_QUOTED) {
		*ret_content = body;
		return 0;
	}
	to = arena_alloc(arena, encoding == MAIL_ENCODING_BASE64
				    ? transfer_base64_room(body.size)
				    : body.size + 1);
	if (to == NULL)
		return -ERR_MEMORY;
	size = encoding == MAIL_ENCODING_BASE64
		   ? transfer_base64(body, to, ret_damaged)
		   : transfer_quoted(body, to, ret_damaged);
	*ret_content = view_of(to, size);
	return 0;
}

struct view transfer_canonical(struct arena *arena, struct view raw)
{
	size_t added = 0;
	size_t at = 0;
	uint8_t *out;

	for (size_t i = 0; i < raw.size; i++)
		added +=
		    raw.data[i] == '\n' && (i == 0 || raw.data[i - 1] != '\r');
	if (added == 0 && raw.size > 0)
		return raw;
	out = arena_alloc(arena, raw.size + added + 1);
	for (size_t i = 0; out != NULL && i < raw.size; i++) {
		if (raw.data[i] == '\n' && (i == 0 || raw.data[i - 1] != '\r'))
			out[at++] = '\r';
		out[at++] = raw.data[i];
	}
	return view_of(out, at);
}
