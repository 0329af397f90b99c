#include "sanitizers/mail/parameters.h"

#include "sanitizers/mail/bytes.h"

#include "base/banned.h"

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_token(uint8_t byte)
{
	return byte > ' ' && byte < 0x7F &&
	       strchr("()<>@,;:\\\"/[]?=", byte) == NULL;
}

struct reader {
	struct arena *arena;
	struct view value;
	size_t at;
	unsigned faults;
};

static uint8_t peek(const struct reader *reader)
{
	return reader->at < reader->value.size ? reader->value.data[reader->at]
					       : 0;
}

static bool at_end(const struct reader *reader)
{
	return reader->at >= reader->value.size;
}

/* A comment, with those in it; readers differ in whether they see it. */
static void skip_comment(struct reader *reader)
{
	size_t depth = 0;

	reader->faults |= VALUE_COMMENT;
	do {
		uint8_t byte = peek(reader);

		reader->at++;
		if (byte == '\\')
			reader->at++;
		else if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
	} while (depth > 0 && !at_end(reader));
	if (depth > 0)
		reader->faults |= VALUE_UNCLOSED;
}

static void skip_blanks(struct reader *reader)
{
	while (!at_end(reader)) {
		if (peek(reader) == '(')
			skip_comment(reader);
		else if (is_blank(peek(reader)))
			reader->at++;
		else
			return;
	}
}

/*
 * How many bytes belong together here: within ISO-2022-JP a kanji may have a
 * quotation mark or a semicolon in it, within Shift_JIS a backslash.
 */
static size_t bytes_together(const struct reader *reader, bool *shifted)
{
	struct view left =
	    view_slice(reader->value, reader->at, reader->value.size);

	if (left.data[0] == 0x1B && left.size >= 3) {
		if (left.data[1] == '$')
			*shifted = true;
		else if (left.data[1] == '(')
			*shifted = false;
		return 3;
	}
	if (left.size < 2)
		return 1;
	if (*shifted)
		return is_blank(left.data[0]) ? 1 : 2;
	return left.data[0] > 0x80 && left.data[1] >= 0x40 &&
		       left.data[1] < 0x7F
		   ? 2
		   : 1;
}

static struct view read_quoted(struct reader *reader)
{
	uint8_t *text = arena_alloc(reader->arena, reader->value.size + 1);
	size_t size = 0;
	bool shifted = false;

	if (text == NULL)
		return (struct view){NULL, 0};
	reader->at++;
	while (!at_end(reader)) {
		size_t together = bytes_together(reader, &shifted);
		uint8_t byte = peek(reader);

		if (together == 1 && !shifted && byte == '"') {
			reader->at++;
			return view_of(text, size);
		}
		if (together == 1 && !shifted && byte == '\\' &&
		    reader->at + 1 < reader->value.size) {
			reader->faults |= VALUE_ESCAPED;
			reader->at++;
		}
		for (size_t i = 0; i < together && !at_end(reader); i++) {
			byte = reader->value.data[reader->at++];
			/* A fold in it is one blank. */
			if (byte != '\r' && byte != '\n')
				text[size++] = byte;
		}
	}
	reader->faults |= VALUE_UNCLOSED;
	return view_of(text, size);
}

/* Up to the next ';': mailers leave quotation marks out where they must not,
 * so that blanks are part of it. */
static struct view read_plain(struct reader *reader)
{
	size_t start = reader->at;
	size_t end;
	bool shifted = false;

	while (!at_end(reader)) {
		size_t together = bytes_together(reader, &shifted);
		uint8_t byte = peek(reader);

		if (together == 1 && !shifted && byte == ';')
			break;
		if (!is_token(byte) && !is_blank(byte))
			reader->faults |= VALUE_SYNTAX;
		reader->at += together;
	}
	if (reader->at > reader->value.size)
		reader->at = reader->value.size;
	end = reader->at;
	while (end > start && is_blank(reader->value.data[end - 1]))
		end--;
	for (size_t i = start; i < end; i++)
		if (is_blank(reader->value.data[i]))
			reader->faults |= VALUE_SYNTAX;
	return view_slice(reader->value, start, end - start);
}

/* "name*12*": the name, which section, whether it is encoded. */
static void split_name(struct mail_parameter *parameter, char *name)
{
	char *star = strchr(name, '*');

	parameter->name = name;
	parameter->section = -1;
	if (star == NULL)
		return;
	*star++ = '\0';
	if (isdigit((unsigned char)*star)) {
		long number = strtol(star, &star, 10);

		parameter->section =
		    number < 0 || number > 9999 ? 9999 : (int)number;
		if (*star == '*')
			parameter->extended = true;
	} else {
		parameter->extended = true;
	}
}

static char *read_name(struct reader *reader)
{
	size_t start = reader->at;
	struct view name;
	char *text;

	while (!at_end(reader) && is_token(peek(reader)))
		reader->at++;
	name = view_slice(reader->value, start, reader->at - start);
	text = arena_string(reader->arena, name);
	for (char *at = text; at != NULL && *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return text;
}

static void skip_to_semicolon(struct reader *reader)
{
	while (!at_end(reader) && peek(reader) != ';')
		reader->at++;
}

static int read_parameter(struct reader *reader, struct mail_parameters *list)
{
	struct mail_parameter parameter = {0};
	char *name = read_name(reader);

	if (name == NULL)
		return -ERR_MEMORY;
	skip_blanks(reader);
	if (peek(reader) != '=' || name[0] == '\0') {
		reader->faults |= VALUE_SYNTAX;
		skip_to_semicolon(reader);
		return 0;
	}
	reader->at++;
	skip_blanks(reader);
	split_name(&parameter, name);
	parameter.quoted = peek(reader) == '"';
	parameter.value =
	    parameter.quoted ? read_quoted(reader) : read_plain(reader);
	if (parameter.value.data == NULL && parameter.value.size > 0)
		return -ERR_MEMORY;
	skip_blanks(reader);
	if (!at_end(reader) && peek(reader) != ';') {
		reader->faults |= VALUE_SYNTAX;
		skip_to_semicolon(reader);
	}
	if (list->count == PARAMETERS_MAX)
		reader->faults |= VALUE_TOO_MANY;
	else
		list->list[list->count++] = parameter;
	return 0;
}

/* What stands in front of the parameters, without blanks. */
static char *read_main(struct reader *reader)
{
	char *text = arena_alloc(reader->arena, reader->value.size + 1);
	size_t size = 0;
	bool blank = false;

	if (text == NULL)
		return NULL;
	skip_blanks(reader);
	while (!at_end(reader) && peek(reader) != ';') {
		uint8_t byte = peek(reader);

		if (byte == '(') {
			skip_comment(reader);
			continue;
		}
		reader->at++;
		if (is_blank(byte)) {
			blank = true;
			continue;
		}
		if (blank || (!is_token(byte) && byte != '/') || byte == 0)
			reader->faults |= VALUE_MAIN;
		text[size++] = (char)tolower(byte);
	}
	return text;
}

int mail_value_read(struct arena *arena, struct view value,
		    const char **ret_main,
		    const struct mail_parameters **ret_parameters)
{
	struct reader reader = {.arena = arena, .value = value};
	struct mail_parameters *list = arena_alloc(arena, sizeof(*list));
	const char *main = list == NULL ? NULL : read_main(&reader);

	if (main == NULL)
		return -ERR_MEMORY;
	while (!at_end(&reader)) {
		int error;

		skip_blanks(&reader);
		if (at_end(&reader))
			break;
		if (peek(&reader) == ';') {
			reader.at++;
			continue;
		}
		error = read_parameter(&reader, list);
		if (error != 0)
			return error;
	}
	list->faults = reader.faults;
	*ret_main = main;
	*ret_parameters = list;
	return 0;
}

const struct mail_parameter *
mail_parameter_find(const struct mail_parameters *parameters, const char *name)
{
	for (size_t i = 0; parameters != NULL && i < parameters->count; i++) {
		const struct mail_parameter *one = &parameters->list[i];

		if (!one->extended && one->section < 0 &&
		    strcmp(one->name, name) == 0)
			return one;
	}
	return NULL;
}

size_t mail_parameter_count(const struct mail_parameters *parameters,
			    const char *name)
{
	size_t count = 0;

	for (size_t i = 0; parameters != NULL && i < parameters->count; i++)
		count += strcmp(parameters->list[i].name, name) == 0;
	return count;
}

bool mail_parameter_is_split(const struct mail_parameters *parameters,
			     const char *name)
{
	for (size_t i = 0; parameters != NULL && i < parameters->count; i++) {
		const struct mail_parameter *one = &parameters->list[i];

		if ((one->extended || one->section >= 0) &&
		    strcmp(one->name, name) == 0)
			return true;
	}
	return false;
}

const char *mail_parameter_text(struct arena *arena,
				const struct mail_parameters *parameters,
				const char *name)
{
	const struct mail_parameter *one =
	    mail_parameter_find(parameters, name);

	if (one == NULL || view_has(one->value, 0))
		return "";
	return arena_string(arena, one->value);
}
