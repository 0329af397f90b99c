#include "sanitizers/rtf/reader.h"

#include "base/hex.h"

#include "base/banned.h"

static int peek(const struct rtf_reader *reader)
{
	const struct cursor *cursor = &reader->cursor;

	return cursor_left(cursor) > 0 ? cursor->view.data[cursor->offset] : -1;
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* A hyphen is a sign only in front of a digit. */
static bool is_minus(const struct rtf_reader *reader)
{
	struct view rest =
	    view_slice(reader->cursor.view, reader->cursor.offset, 2);

	return rest.size == 2 && rest.data[0] == '-' && is_digit(rest.data[1]);
}

static void take_number(struct rtf_reader *reader, struct rtf_token *token)
{
	bool minus = is_minus(reader);
	int64_t number = 0;

	if (minus)
		cursor_skip(&reader->cursor, 1);
	while (is_digit(peek(reader))) {
		token->has_number = true;
		number = number * 10 + cursor_u8(&reader->cursor) - '0';
		if (number > INT32_MAX) {
			token->bad_number = true;
			number = INT32_MAX;
		}
	}
	token->number = (int32_t)(minus ? -number : number);
}

/* The bytes behind the number count from behind its delimiter. */
static void take_binary(struct rtf_reader *reader, struct rtf_token *token)
{
	size_t size = token->number > 0 ? (size_t)token->number : 0;

	token->kind = RTF_BINARY;
	if (token->bad_number || size > cursor_left(&reader->cursor)) {
		reader->cut = true;
		size = cursor_left(&reader->cursor);
	}
	token->bytes = cursor_take(&reader->cursor, size);
}

static void take_word(struct rtf_reader *reader, struct rtf_token *token)
{
	struct cursor *cursor = &reader->cursor;
	size_t start = cursor->offset;

	token->kind = RTF_WORD;
	while (is_letter(peek(reader)))
		cursor_skip(cursor, 1);
	token->bytes = view_slice(cursor->view, start, cursor->offset - start);
	if (is_digit(peek(reader)) || is_minus(reader))
		take_number(reader, token);
	if (peek(reader) == ' ')
		cursor_skip(cursor, 1);
	if (view_equal(token->bytes, view_of_string("bin")))
		take_binary(reader, token);
}

static void take_control(struct rtf_reader *reader, struct rtf_token *token)
{
	struct cursor *cursor = &reader->cursor;
	int high;
	int low;

	if (is_letter(peek(reader))) {
		take_word(reader, token);
		return;
	}
	token->kind = RTF_SYMBOL;
	token->byte = cursor_u8(cursor);
	if (token->byte != '\'')
		return;
	high = hex_digit((uint8_t)peek(reader));
	if (high < 0)
		return;
	cursor_skip(cursor, 1);
	low = hex_digit((uint8_t)peek(reader));
	if (low < 0)
		return;
	cursor_skip(cursor, 1);
	token->kind = RTF_BYTE;
	token->byte = (uint8_t)(high << 4 | low);
}

static bool is_text(int c)
{
	return c >= 0 && c != '\\' && c != '{' && c != '}' && c != '\r' &&
	       c != '\n' && c != '\0';
}

struct rtf_token rtf_next(struct rtf_reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	struct rtf_token token = {.kind = RTF_END};
	size_t start;
	int c = peek(reader);

	while (c == '\r' || c == '\n' || c == '\0') {
		cursor_skip(cursor, 1);
		c = peek(reader);
	}
	if (c < 0)
		return token;
	start = cursor->offset;
	if (is_text(c)) {
		token.kind = RTF_TEXT;
		while (is_text(peek(reader)))
			cursor_skip(cursor, 1);
		token.bytes =
		    view_slice(cursor->view, start, cursor->offset - start);
		return token;
	}
	cursor_skip(cursor, 1);
	if (c == '{')
		token.kind = RTF_OPEN;
	else if (c == '}')
		token.kind = RTF_CLOSE;
	else
		take_control(reader, &token);
	return token;
}
