#include "quarantine/console/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* What spreadsheets calculate; the last four are the wide forms. */
static bool is_formula(const char *text)
{
	static const char *const signs[] = {"=",  "+",  "-",  "@",
					    "＝", "＋", "－", "＠"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (begins_with(text, signs[i]))
			return true;
	return false;
}

static bool needs_apostrophe(const char *text)
{
	const char *at = text;

	/* Some drop what blanks they find in front; a tab or a line's end there
	 * has no other purpose. */
	while (*at == ' ' || begins_with(at, "\xe3\x80\x80") ||
	       begins_with(at, "\xc2\xa0"))
		at += *at == ' ' ? 1 : *at == '\xc2' ? 2 : 3;
	return is_formula(at) || *at == '\t' || *at == '\r' || *at == '\n';
}

void csv_field(struct buffer *buffer, const char *text)
{
	buffer_u8(buffer, '"');
	if (needs_apostrophe(text))
		buffer_u8(buffer, '\'');
	for (; *text != '\0'; text++) {
		uint8_t byte = (uint8_t)*text;

		if (byte == '"')
			buffer_u8(buffer, '"');
		buffer_u8(buffer, byte < 0x20 || byte == 0x7f ? ' ' : byte);
	}
	buffer_u8(buffer, '"');
}

/* A list of texts, as of roles. */
static void write_list(struct buffer *buffer, const json_t *list)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(4096);
	const json_t *one;
	size_t index;

	json_array_foreach(list, index, one)
	{
		if (index > 0)
			buffer_text(&text, " ");
		if (json_is_string(one))
			buffer_text(&text, json_string_value(one));
	}
	buffer_u8(&text, 0);
	csv_field(buffer,
		  buffer_error(&text) == 0 ? (const char *)text.data : "");
}

static void write_value(struct buffer *buffer, const json_t *value)
{
	if (json_is_integer(value))
		buffer_format(buffer, "\"%" JSON_INTEGER_FORMAT "\"",
			      json_integer_value(value));
	else if (json_is_boolean(value))
		csv_field(buffer, json_is_true(value) ? "1" : "0");
	else if (json_is_array(value))
		write_list(buffer, value);
	else
		csv_field(buffer, json_is_string(value)
				      ? json_string_value(value)
				      : "");
}

void csv_begin(struct buffer *buffer, const struct csv_column *columns,
	       size_t count, enum language language)
{
	buffer_text(buffer, "\xef\xbb\xbf");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_u8(buffer, ',');
		csv_field(buffer, language == LANGUAGE_JA ? columns[i].ja
							  : columns[i].en);
	}
	buffer_text(buffer, "\r\n");
}

void csv_row(struct buffer *buffer, const struct csv_column *columns,
	     size_t count, const json_t *object)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_u8(buffer, ',');
		write_value(buffer, json_object_get(object, columns[i].key));
	}
	buffer_text(buffer, "\r\n");
}
