#include "sanitizers/html/writer.h"

#include "base/utf8.h"

#include <utf8proc.h>

#include "base/banned.h"

enum { LINES_DUE_MAX = 3 };

struct writer writer_make(struct buffer *out)
{
	return (struct writer){.out = out, .begin = out->size};
}

unsigned character_width(uint32_t character)
{
	int width = utf8proc_charwidth((utf8proc_int32_t)character);

	return width < 0 ? 0 : (unsigned)width;
}

static void write_quotes(struct writer *writer, unsigned quotes, bool blank)
{
	for (unsigned i = 0; i < quotes; i++)
		buffer_text(writer->out, i + 1 < quotes || blank ? "> " : ">");
}

static void begin_line(struct writer *writer)
{
	size_t marker = strlen(writer->marker);

	write_quotes(writer, writer->quotes, true);
	if (marker > 0) {
		unsigned columns = 0;
		struct cursor cursor =
		    cursor_at(view_of_string(writer->marker), 0);

		while (cursor_left(&cursor) > 0)
			columns += character_width(utf8_next(&cursor));
		if (writer->indent > columns)
			buffer_fill(writer->out, ' ', writer->indent - columns);
		buffer_text(writer->out, writer->marker);
		writer->marker[0] = '\0';
	} else {
		buffer_fill(writer->out, ' ', writer->indent);
	}
}

/* Writes what is due before a character. */
static void settle(struct writer *writer, uint32_t next)
{
	bool first = writer->out->size == writer->begin;
	/* A line end in the source between two wide characters is none that
	 * readers of Japanese see (CSS Text 3, 4.1.3). */
	bool vanishes = writer->blank_is_line_end &&
			character_width(writer->last) == 2 &&
			character_width(next) == 2;

	if (first || writer->lines_due > 0) {
		unsigned inner = writer->quotes < writer->quotes_before
				     ? writer->quotes
				     : writer->quotes_before;

		for (unsigned i = 0; !first && i < writer->lines_due; i++) {
			buffer_u8(writer->out, '\n');
			if (i + 1 < writer->lines_due)
				write_quotes(writer, inner, false);
		}
		begin_line(writer);
	} else if (writer->blank_due && !vanishes) {
		buffer_u8(writer->out, ' ');
	}
	writer->lines_due = 0;
	writer->blank_due = false;
	writer->blank_is_line_end = false;
}

static void write_character(struct writer *writer, uint32_t character)
{
	settle(writer, character);
	buffer_utf8(writer->out, character);
	writer->last = character;
}

static void write_verbatim(struct writer *writer, uint32_t character)
{
	if (character == '\n')
		writer_line_end(writer);
	else if (character == '\t')
		write_character(writer, ' ');
	else if (character != '\r')
		write_character(writer, character == 0xA0 ? ' ' : character);
}

void writer_text(struct writer *writer, struct view text)
{
	struct cursor cursor = cursor_at(text, 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (writer->verbatim > 0) {
			write_verbatim(writer, character);
		} else if (character == ' ' || character == '\t' ||
			   character == '\n' || character == '\r' ||
			   character == '\f') {
			bool line_end = character == '\n' || character == '\r';

			writer->blank_is_line_end =
			    line_end &&
			    (!writer->blank_due || writer->blank_is_line_end);
			/* Blanks around a line end belong to it. */
			writer->blank_is_line_end |= line_end;
			writer->blank_due = true;
		} else {
			write_character(writer,
					character == 0xA0 ? ' ' : character);
		}
	}
}

void writer_raw(struct writer *writer, struct view text)
{
	struct cursor cursor = cursor_at(text, 0);

	while (cursor_left(&cursor) > 0)
		write_character(writer, utf8_next(&cursor));
}

void writer_break(struct writer *writer, unsigned empty)
{
	if (writer->lines_due == 0)
		writer->quotes_before = writer->quotes;
	if (writer->quotes < writer->quotes_before)
		writer->quotes_before = writer->quotes;
	if (writer->lines_due < empty + 1)
		writer->lines_due = empty + 1;
	writer->blank_due = false;
	writer->blank_is_line_end = false;
}

void writer_line_end(struct writer *writer)
{
	if (writer->lines_due == 0)
		writer->quotes_before = writer->quotes;
	if (writer->lines_due < LINES_DUE_MAX || writer->verbatim > 0)
		writer->lines_due++;
	writer->blank_due = false;
	writer->blank_is_line_end = false;
}
