#include "sanitizers/mail/text.h"

#include "base/utf8.h"
#include "sanitizers/plain/encoding.h"
#include "sanitizers/plain/invisible.h"

#include "base/banned.h"

struct filter {
	struct cursor cursor;
	uint32_t previous;
	struct text_losses *losses;
};

static uint32_t peek(const struct filter *filter)
{
	struct cursor ahead = filter->cursor;

	return cursor_left(&ahead) == 0 ? 0 : utf8_next(&ahead);
}

/* Whether a character stays; what is taken out is counted. */
static bool stays(struct filter *filter, uint32_t character)
{
	switch (trait_of(character)) {
	case TRAIT_PLAIN:
		return true;
	case TRAIT_CONTROL:
		filter->losses->control++;
		return false;
	case TRAIT_BIDI:
		filter->losses->bidi++;
		return false;
	case TRAIT_JOINER:
		if (joins(character, filter->previous, peek(filter)))
			return true;
		break;
	case TRAIT_SELECTOR:
		if (selects(character, filter->previous))
			return true;
		break;
	case TRAIT_INVISIBLE:
	case TRAIT_SEPARATOR:
		break;
	}
	filter->losses->invisible++;
	return false;
}

void text_write_line(struct buffer *out, struct view text,
		     struct text_losses *losses)
{
	struct filter filter = {cursor_at(text, 0), 0, losses};
	bool blank = false;
	size_t start = out->size;

	while (cursor_left(&filter.cursor) > 0) {
		uint32_t character = utf8_next(&filter.cursor);

		if (character == ' ' || character == '\t' ||
		    character == '\r' || character == '\n' ||
		    character == '\f' || character == 0xA0 ||
		    trait_of(character) == TRAIT_SEPARATOR) {
			blank = true;
			continue;
		}
		if (!stays(&filter, character))
			continue;
		if (blank && out->size > start)
			buffer_u8(out, ' ');
		blank = false;
		buffer_utf8(out, character);
		filter.previous = character;
	}
}

/* Takes blanks back that were written at the end of a line. */
static void trim(struct buffer *out, size_t start)
{
	while (out->size > start && (out->data[out->size - 1] == ' ' ||
				     out->data[out->size - 1] == '\t'))
		out->size--;
}

/* Most of every text: characters that no rule is about, in one go. */
static void copy_plain(struct filter *filter, struct buffer *out)
{
	struct decoder decoder =
	    decoder_make(filter->cursor.view, ENCODING_UTF8);
	size_t from = filter->cursor.offset;
	uint32_t last;

	decoder.offset = from;
	last = decoder_skip_plain(&decoder);
	if (last == 0)
		return;
	buffer_view(
	    out, view_slice(filter->cursor.view, from, decoder.offset - from));
	cursor_skip(&filter->cursor, decoder.offset - from);
	filter->previous = last;
}

void text_write_lines(struct buffer *out, struct view text,
		      struct text_losses *losses)
{
	struct filter filter = {cursor_at(text, 0), 0, losses};
	size_t line = out->size;
	size_t empty = 0; /* lines that are not written yet */
	size_t start = out->size;

	while (cursor_left(&filter.cursor) > 0) {
		uint32_t character;

		if (empty == 0 && filter.previous != '\n')
			copy_plain(&filter, out);
		if (cursor_left(&filter.cursor) == 0)
			break;
		character = utf8_next(&filter.cursor);
		if (character == '\r' && peek(&filter) == '\n')
			continue;
		if (character == '\n' || character == '\r' ||
		    trait_of(character) == TRAIT_SEPARATOR) {
			trim(out, line);
			empty++;
			line = out->size;
			filter.previous = '\n';
			continue;
		}
		if (character == '\f')
			character = ' ';
		if (!stays(&filter, character))
			continue;
		for (; empty > 0; empty--)
			buffer_text(out, "\r\n");
		if (filter.previous == '\n')
			line = out->size;
		buffer_utf8(out, character);
		filter.previous = character;
	}
	trim(out, line);
	while (out->size >= start + 2 && out->data[out->size - 1] == '\n')
		out->size -= 2;
	if (out->size > start)
		buffer_text(out, "\r\n");
}
