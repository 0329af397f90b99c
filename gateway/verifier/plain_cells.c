#include "gateway/verifier/plain.h"

#include "base/banned.h"

void cell_reader_start(struct cell_reader *reader, uint32_t separator)
{
	*reader =
	    (struct cell_reader){.separator = separator, .row = 1, .column = 1};
}

/* Full-width and other forms of the characters that matter. */
static uint32_t plain_form(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		return c - 0xFEE0;
	if (c == 0x2212 || c == 0xFE63)
		return '-';
	if (c == 0xFE62)
		return '+';
	if (c == 0xFE66)
		return '=';
	if (c == 0xFE6B)
		return '@';
	return c == 0x3000 || c == 0xA0 ? ' ' : c;
}

/* Whether what follows a sign can only be a number: no letters but one of an
 * exponent, no operator but dashes, nothing that refers to anything. */
static bool harmless(const uint32_t *text, size_t length)
{
	size_t digits = 0;
	size_t others = 0;

	for (size_t i = 0; i < length; i++) {
		uint32_t c = text[i];
		uint32_t before = i == 0 ? 0 : text[i - 1];

		if (c >= '0' && c <= '9') {
			digits++;
			continue;
		}
		others += c != '-' && c != ' ' && c != '"';
		if (c >= 0x80)
			continue;
		if ((c == 'e' || c == 'E') && before >= '0' && before <= '9')
			continue;
		if (c == '+' && (before == 'e' || before == 'E'))
			continue;
		if (c < 0x20 || strchr(" .,-/:()%$\\\"", (int)c) == NULL)
			return false;
	}
	return digits > 0 || others == 0;
}

static void judge(struct cell_reader *reader)
{
	size_t length = reader->length < CELL_HEAD ? reader->length : CELL_HEAD;
	uint32_t text[CELL_HEAD] = {0};
	size_t at = 0;
	bool blank = false;

	for (size_t i = 0; i < length; i++)
		text[i] = plain_form(reader->head[i]);
	if (length > 0)
		blank = text[0] == '\t' || text[0] == '\r';
	while (at < length &&
	       (text[at] == ' ' || text[at] == '"' || text[at] == '\t' ||
		text[at] == '\r' || text[at] == '\n'))
		at++;
	if (at == length)
		return;
	if (text[at] == '=' || text[at] == '@')
		reader->bad = true;
	else if (text[at] == '+' ||
		 (text[at] == '-' && reader->length > CELL_HEAD))
		reader->bad = reader->length > CELL_HEAD ||
			      !harmless(text + at + 1, length - at - 1);
	else if (text[at] == '-')
		reader->bad = !harmless(text + at + 1, length - at - 1);
	else if (blank)
		reader->bad = !harmless(text + at, length - at);
}

static void end_cell(struct cell_reader *reader)
{
	judge(reader);
	reader->length = 0;
	reader->quoted = false;
	reader->inside = false;
}

static void add(struct cell_reader *reader, uint32_t character)
{
	if (reader->length < CELL_HEAD)
		reader->head[reader->length] = character;
	reader->length++;
}

void cell_reader_push(struct cell_reader *reader, uint32_t character)
{
	if (reader->bad)
		return;
	if (character == '"') {
		if (!reader->quoted && reader->length == 0) {
			reader->quoted = true;
			reader->inside = true;
			return;
		}
		/* Two in a row close and open again, which is the same. */
		if (reader->quoted)
			reader->inside = !reader->inside;
		add(reader, character);
		return;
	}
	if (!reader->inside && character == reader->separator) {
		end_cell(reader);
		reader->column += !reader->bad;
	} else if (!reader->inside &&
		   (character == '\n' || character == '\r')) {
		end_cell(reader);
		if (!reader->bad) {
			reader->row += character == '\n';
			reader->column = 1;
		}
	} else {
		add(reader, character);
	}
}

void cell_reader_finish(struct cell_reader *reader)
{
	if (!reader->bad)
		end_cell(reader);
}
