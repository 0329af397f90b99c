#include "sanitizers/mail/compose.h"

#include "base/sha256.h"
#include "base/utf8.h"

#include <sodium.h>

#include "base/banned.h"

enum {
	LINE_FOLD = 76,
	WORD_BYTES = 42,   /* of UTF-8 in one encoded word */
	WORD_FRAME = 12,   /* characters of "=?UTF-8?B??=" */
	TOKEN_MAX = 400,   /* a word without blanks that is left as it is */
	BASE64_BYTES = 57, /* in one line of 76 characters */
};

static bool is_plain(const char *text)
{
	size_t token = 0;

	for (const char *at = text; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~')
			return false;
		token = *at == ' ' ? 0 : token + 1;
		if (token > TOKEN_MAX)
			return false;
	}
	return strstr(text, "=?") == NULL;
}

static void encode_group(uint8_t to[4], uint32_t group)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	to[0] = (uint8_t)digits[group >> 18];
	to[1] = (uint8_t)digits[group >> 12 & 63];
	to[2] = (uint8_t)digits[group >> 6 & 63];
	to[3] = (uint8_t)digits[group & 63];
}

static void write_base64(struct buffer *out, struct view bytes)
{
	const uint8_t *from = bytes.data;
	size_t room = (bytes.size + 2) / 3 * 4;
	uint8_t *to = buffer_room(out, room);
	size_t i = 0;

	if (to == NULL)
		return;
	for (; i + 2 < bytes.size; i += 3, to += 4)
		encode_group(to, (uint32_t)from[i] << 16 |
				     (uint32_t)from[i + 1] << 8 | from[i + 2]);
	if (i < bytes.size) {
		bool two = bytes.size - i == 2;

		encode_group(to, (uint32_t)from[i] << 16 |
				     (two ? (uint32_t)from[i + 1] << 8 : 0));
		to[3] = '=';
		if (!two)
			to[2] = '=';
	}
	buffer_took(out, room);
}

/* How much of the text fits in one encoded word at this column: whole
 * characters; 0: none. */
static size_t word_size(const char *text, size_t column)
{
	size_t size = strlen(text);
	size_t room = column + WORD_FRAME < LINE_FOLD
			  ? (LINE_FOLD - column - WORD_FRAME) / 4 * 3
			  : 0;

	if (room > WORD_BYTES)
		room = WORD_BYTES;
	if (size <= room)
		return size;
	while (room > 0 && ((uint8_t)text[room] & 0xC0) == 0x80)
		room--;
	return room;
}

static size_t write_words(struct buffer *out, size_t column, const char *text)
{
	for (bool first = true; *text != '\0'; first = false) {
		size_t size = first ? word_size(text, column) : 0;
		size_t begun;

		/* Not in front of the first word of a field: a line of its
		 * name alone is an empty field for some. */
		if (size == 0) {
			buffer_text(out, "\r\n ");
			column = 1;
			size = word_size(text, column);
		}
		begun = out->size;
		buffer_text(out, "=?UTF-8?B?");
		write_base64(out, view_of(text, size));
		buffer_text(out, "?=");
		column += out->size - begun;
		text += size;
	}
	return column;
}

/* Plain words, folded between them. */
static size_t write_plain(struct buffer *out, size_t column, const char *text)
{
	while (*text != '\0') {
		size_t size = strcspn(text + 1, " ") + 1;

		if (column + size > LINE_FOLD && *text == ' ' && column > 1) {
			buffer_text(out, "\r\n");
			column = 0;
		}
		buffer_bytes(out, text, size);
		column += size;
		text += size;
	}
	return column;
}

void compose_text_field(struct buffer *out, const char *name, const char *text)
{
	size_t column = strlen(name) + 2;

	buffer_format(out, "%s: ", name);
	if (is_plain(text))
		(void)write_plain(out, column, text);
	else
		(void)write_words(out, column, text);
	buffer_text(out, "\r\n");
}

static bool is_atoms(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at) &&
		    strchr("!#$%&'*+-/=?^_`{|}~ ", *at) == NULL)
			return false;
	return true;
}

size_t compose_phrase(struct buffer *out, size_t column, const char *text)
{
	size_t size = strlen(text);

	if (!is_plain(text))
		return write_words(out, column, text);
	if (column > 1 && column + size + 2 > LINE_FOLD) {
		buffer_text(out, "\r\n ");
		column = 1;
	}
	if (is_atoms(text))
		return write_plain(out, column, text);
	buffer_u8(out, '"');
	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			buffer_u8(out, '\\');
		buffer_u8(out, (uint8_t)*at);
	}
	buffer_u8(out, '"');
	return column + size + 2;
}

static bool is_parameter_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\' ||
		    *at == '%')
			return false;
	return strlen(text) <= 60 && strstr(text, "=?") == NULL;
}

/* One character in percent signs where it must be; how long that is. */
static size_t write_percent(struct buffer *out, const char *text, size_t size)
{
	size_t before = out->size;

	for (size_t i = 0; i < size; i++) {
		if (isalnum((unsigned char)text[i]) ||
		    strchr("-._", text[i]) != NULL)
			buffer_u8(out, (uint8_t)text[i]);
		else
			buffer_format(out, "%%%02X", (uint8_t)text[i]);
	}
	return out->size - before;
}

/* RFC 2231: sections of percent signs, cut between characters, because some
 * readers decode each section by itself. */
static void write_extended(struct buffer *out, const char *parameter,
			   const char *text)
{
	const size_t room = 48; /* and one character more */
	unsigned section = 0;

	while (*text != '\0') {
		size_t used = 0;

		buffer_format(out, ";\r\n %s*%u*=%s", parameter, section,
			      section == 0 ? "UTF-8''" : "");
		while (*text != '\0' && used < room - 9) {
			size_t size = 1;

			while (((uint8_t)text[size] & 0xC0) == 0x80)
				size++;
			used += write_percent(out, text, size);
			text += size;
		}
		section++;
	}
}

/* The name as mailers of both sorts read it: encoded words between quotation
 * marks in Content-Type, RFC 2231 in Content-Disposition. */
static void write_name(struct buffer *out, const char *parameter,
		       const char *name, bool words)
{
	if (is_parameter_plain(name)) {
		buffer_format(out, ";\r\n %s=\"%s\"", parameter, name);
	} else if (words) {
		buffer_format(out, ";\r\n %s=\"", parameter);
		(void)write_words(out, 1, name);
		buffer_text(out, "\"");
	} else {
		write_extended(out, parameter, name);
	}
}

enum written { WRITTEN_7BIT, WRITTEN_QUOTED, WRITTEN_BASE64 };

/* Whether nothing on the way would change it. */
static bool is_safe(struct view content)
{
	size_t line = 0;

	for (size_t i = 0; i < content.size; i++) {
		uint8_t byte = content.data[i];

		line = byte == '\n' ? 0 : line + 1;
		if (byte >= 0x80 || line > LINE_FOLD + 2)
			return false;
		if (line == 1 &&
		    (byte == '-' || byte == '.' ||
		     view_starts_with(view_slice(content, i, 5), "From ")))
			return false;
	}
	return true;
}

/* 7bit where it can be, quoted-printable where most of it can be read, else
 * base64. */
static enum written encoding_for(const struct compose_part *part)
{
	struct view content = part->content;
	size_t special = 0;

	if (part->raw)
		return WRITTEN_7BIT;
	if (part->charset[0] == '\0' || part->name[0] != '\0')
		return WRITTEN_BASE64;
	if (is_safe(content))
		return WRITTEN_7BIT;
	for (size_t i = 0; i < content.size; i++)
		special += content.data[i] >= 0x80 || content.data[i] == '=';
	return special * 6 <= content.size ? WRITTEN_QUOTED : WRITTEN_BASE64;
}

/* Quoted-printable of lines that end in CR LF and in no blank. */
static void write_quoted(struct buffer *out, struct view content)
{
	size_t column = 0;

	for (size_t i = 0; i < content.size; i++) {
		uint8_t byte = content.data[i];
		bool first = column == 0;
		bool last = i + 1 == content.size ||
			    content.data[i + 1] == '\r' ||
			    content.data[i + 1] == '\n';
		bool plain =
		    !(byte == ' ' && last) && byte >= ' ' && byte <= '~' &&
		    byte != '=' &&
		    !(first && (byte == '.' || byte == '-' || byte == 'F'));

		if (byte == '\r')
			continue;
		if (byte == '\n') {
			buffer_text(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (plain ? 1 : 3) > LINE_FOLD - 1) {
			buffer_text(out, "=\r\n");
			column = 0;
		}
		if (plain)
			buffer_u8(out, byte);
		else
			buffer_format(out, "=%02X", byte);
		column += plain ? 1 : 3;
	}
}

static void write_lines(struct buffer *out, struct view content)
{
	for (size_t i = 0; i < content.size; i += BASE64_BYTES) {
		write_base64(out, view_slice(content, i, BASE64_BYTES));
		buffer_text(out, "\r\n");
	}
}

void compose_leaf(struct buffer *out, const struct compose_part *part)
{
	static const char *const names[] = {"7bit", "quoted-printable",
					    "base64"};
	enum written written = encoding_for(part);

	buffer_format(out, "Content-Type: %s", part->type);
	if (part->charset[0] != '\0')
		buffer_format(out, "; charset=%s", part->charset);
	if (part->name[0] != '\0')
		write_name(out, "name", part->name, true);
	buffer_format(out, "\r\nContent-Transfer-Encoding: %s\r\n",
		      names[written]);
	if (part->name[0] != '\0') {
		if (part->cid != NULL)
			buffer_format(out, "Content-ID: <%s>\r\n", part->cid);
		buffer_format(out, "Content-Disposition: %s",
			      part->cid != NULL ? "inline" : "attachment");
		write_name(out, "filename", part->name, false);
		buffer_text(out, "\r\n");
	}
	buffer_text(out, "\r\n");
	if (written == WRITTEN_7BIT)
		buffer_view(out, part->content);
	else if (written == WRITTEN_QUOTED)
		write_quoted(out, part->content);
	else
		write_lines(out, part->content);
}

void compose_boundary(const struct compose_part *parts, size_t count,
		      char ret_boundary[64])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256_state state;
	char hex[33];

	sha256_begin(&state);
	for (size_t i = 0; i < count; i++) {
		sha256_add_text(&state, parts[i].type);
		sha256_add_text(&state, parts[i].name);
		sha256_add(&state, parts[i].content);
	}
	sha256_end(&state, digest);
	(void)sodium_bin2hex(hex, sizeof(hex), digest, 16);
	/* "=_" stands in no line of base64 or quoted-printable. */
	(void)snprintf(ret_boundary, 64, "=_sekisho_%s", hex);
}
