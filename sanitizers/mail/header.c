#include "sanitizers/mail/header.h"

#include "sanitizers/mail/charset.h"
#include "sanitizers/mail/bytes.h"
#include "sanitizers/mail/parameters.h"
#include "sanitizers/mail/text.h"
#include "sanitizers/mail/transfer.h"

#include "base/hex.h"

#include "base/banned.h"

enum { CHARSET_NAME_MAX = 40 };

/* An encoded word (RFC 2047 section 2) or what comes close to one. */
struct word {
	char charset[CHARSET_NAME_MAX + 1];
	bool base64;
	struct view text;
	size_t end; /* offset behind it */
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* "=?charset*language?B?text?=" at `at`; blanks within, which mailers put
 * there, are let through. */
static bool read_word(struct view value, size_t at, struct word *ret_word)
{
	const uint8_t *data = value.data;
	size_t mark = at + 2;
	size_t size = 0;
	size_t end;

	if (value.size - at < 8 || data[at] != '=' || data[at + 1] != '?')
		return false;
	while (mark < value.size && data[mark] != '?' && data[mark] > ' ' &&
	       size < CHARSET_NAME_MAX) {
		ret_word->charset[size++] = (char)data[mark++];
	}
	ret_word->charset[size] = '\0';
	ret_word->charset[strcspn(ret_word->charset, "*")] = '\0';
	if (mark + 3 > value.size || data[mark] != '?' || data[mark + 2] != '?')
		return false;
	if (strchr("bBqQ", data[mark + 1]) == NULL || data[mark + 1] == 0)
		return false;
	ret_word->base64 = tolower(data[mark + 1]) == 'b';
	mark += 3;
	end = view_find(value, view_of("?=", 2), mark);
	if (end == SIZE_MAX)
		return false;
	ret_word->text = view_slice(value, mark, end - mark);
	ret_word->end = end + 2;
	return !view_has(ret_word->text, '?');
}

static void append_q(struct buffer *bytes, struct view text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
		int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;

		if (byte == '_') {
			buffer_u8(bytes, ' ');
		} else if (byte == '=' && high >= 0 && low >= 0) {
			buffer_u8(bytes, (uint8_t)(high << 4 | low));
			i += 2;
		} else {
			buffer_u8(bytes, byte);
		}
	}
}

static void append_b(struct arena *arena, struct buffer *bytes,
		     struct view text)
{
	uint8_t *room = arena_alloc(arena, transfer_base64_room(text.size));
	bool damaged = false;

	if (room != NULL)
		buffer_bytes(bytes, room,
			     transfer_base64(text, room, &damaged));
}

/* Reads words in one charset that stand next to each other, as far as there
 * are such; returns the offset behind the last. */
static size_t take_words(struct arena *arena, struct buffer *text,
			 struct view value, struct word word)
{
	BUFFER_CLEANUP struct buffer bytes = buffer_make(HEADER_TEXT_MAX);
	size_t broken = 0;
	struct word next = word;
	size_t end;

	do {
		size_t at;

		if (next.base64)
			append_b(arena, &bytes, next.text);
		else
			append_q(&bytes, next.text);
		end = at = next.end;
		while (at < value.size && is_blank(value.data[at]))
			at++;
		if (!read_word(value, at, &next))
			break;
		/* Between two words blanks are not there. */
		end = at;
	} while (strcasecmp(next.charset, word.charset) == 0);
	charset_decode(text, buffer_contents(&bytes), word.charset, &broken);
	return end;
}

/* Up to the next encoded word: raw bytes, in whatever they are. */
static size_t take_raw(struct buffer *text, struct view value, size_t at)
{
	struct word word;
	size_t end = at + 1;
	size_t broken = 0;

	while (end < value.size &&
	       !(value.data[end] == '=' && read_word(value, end, &word)))
		end++;
	charset_decode(text, view_slice(value, at, end - at), "", &broken);
	return end;
}

const char *header_decode(struct arena *arena, struct view value,
			  struct text_losses *losses)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(HEADER_TEXT_MAX);
	BUFFER_CLEANUP struct buffer line = buffer_make(HEADER_TEXT_MAX);
	size_t at = 0;

	value = view_slice(value, 0, HEADER_TEXT_MAX / 4);
	while (at < value.size) {
		struct word word;

		if (read_word(value, at, &word))
			at = take_words(arena, &text, value, word);
		else
			at = take_raw(&text, value, at);
	}
	text_write_line(&line, buffer_contents(&text), losses);
	return arena_string(arena, buffer_contents(&line));
}

/* Percent signs of RFC 2231. */
static void append_percent(struct buffer *bytes, struct view text)
{
	for (size_t i = 0; i < text.size; i++) {
		int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
		int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;

		if (text.data[i] == '%' && high >= 0 && low >= 0) {
			buffer_u8(bytes, (uint8_t)(high << 4 | low));
			i += 2;
		} else {
			buffer_u8(bytes, text.data[i]);
		}
	}
}

/* Takes "charset'language'" off the first section. */
static struct view take_charset(struct view value, char charset[])
{
	size_t first = view_find(value, view_of("'", 1), 0);
	size_t second = first == SIZE_MAX
			    ? SIZE_MAX
			    : view_find(value, view_of("'", 1), first + 1);

	if (second == SIZE_MAX)
		return value;
	(void)snprintf(charset, CHARSET_NAME_MAX + 1, "%.*s", (int)first,
		       (const char *)value.data);
	return view_slice(value, second + 1, value.size);
}

static const struct mail_parameter *
find_section(const struct mail_parameters *parameters, const char *name,
	     int section)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct mail_parameter *one = &parameters->list[i];

		if (strcmp(one->name, name) == 0 && one->section == section &&
		    (section >= 0 || one->extended))
			return one;
	}
	return NULL;
}

const char *header_decode_split(struct arena *arena,
				const struct mail_parameters *parameters,
				const char *name, bool sections,
				struct text_losses *losses)
{
	BUFFER_CLEANUP struct buffer bytes = buffer_make(HEADER_TEXT_MAX);
	BUFFER_CLEANUP struct buffer text = buffer_make(HEADER_TEXT_MAX);
	BUFFER_CLEANUP struct buffer line = buffer_make(HEADER_TEXT_MAX);
	char charset[CHARSET_NAME_MAX + 1] = "";
	const struct mail_parameter *one;
	size_t broken = 0;
	int section;

	if (parameters == NULL)
		return NULL;
	one = find_section(parameters, name, sections ? 0 : -1);
	section = sections ? 0 : PARAMETERS_MAX;
	if (one == NULL)
		return NULL;
	for (bool first = true; one != NULL; first = false) {
		struct view value = one->value;

		if (one->extended && first)
			value = take_charset(value, charset);
		if (one->extended)
			append_percent(&bytes, value);
		else
			buffer_view(&bytes, value);
		one = ++section > PARAMETERS_MAX
			  ? NULL
			  : find_section(parameters, name, section);
	}
	charset_decode(&text, buffer_contents(&bytes), charset, &broken);
	text_write_line(&line, buffer_contents(&text), losses);
	return arena_string(arena, buffer_contents(&line));
}
