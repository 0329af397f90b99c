/*
 * Parsed expressions (2.2.2): a row of tokens, each of a size that its first
 * byte tells. One that is not known ends it: nothing behind it can be read.
 */
#include "sanitizers/biff/biff.h"
#include "sanitizers/biff/tokens.h"
#include "sanitizers/link.h"

#include "base/banned.h"

enum {
	FUNCTION_USER = 255,
	UNKNOWN = 0xFF,
	VARIES = 0xFE,
};

/* Bytes behind the token: BIFF8, BIFF5. */
static const uint8_t sizes[0x40][2] = {
    [0x00] = {UNKNOWN, UNKNOWN},
    [0x01] = {4, 4},
    [0x02] = {4, 4},
    [0x17] = {VARIES, VARIES},
    [0x18] = {UNKNOWN, UNKNOWN},
    [0x19] = {VARIES, VARIES},
    [0x1A] = {UNKNOWN, UNKNOWN},
    [0x1B] = {UNKNOWN, UNKNOWN},
    [0x1C] = {1, 1},
    [0x1D] = {1, 1},
    [0x1E] = {2, 2},
    [0x1F] = {8, 8},
    [0x20] = {7, 7},
    [0x21] = {2, 2},
    [0x22] = {3, 3},
    [0x23] = {4, 14},
    [0x24] = {4, 3},
    [0x25] = {8, 6},
    [0x26] = {6, 6},
    [0x27] = {6, 6},
    [0x28] = {6, 6},
    [0x29] = {2, 2},
    [0x2A] = {4, 3},
    [0x2B] = {8, 6},
    [0x2C] = {4, 3},
    [0x2D] = {8, 6},
    [0x2E] = {UNKNOWN, UNKNOWN},
    [0x2F] = {UNKNOWN, UNKNOWN},
    [0x30] = {UNKNOWN, UNKNOWN},
    [0x31] = {UNKNOWN, UNKNOWN},
    [0x32] = {UNKNOWN, UNKNOWN},
    [0x33] = {UNKNOWN, UNKNOWN},
    [0x34] = {UNKNOWN, UNKNOWN},
    [0x35] = {UNKNOWN, UNKNOWN},
    [0x36] = {UNKNOWN, UNKNOWN},
    [0x37] = {UNKNOWN, UNKNOWN},
    [0x38] = {UNKNOWN, UNKNOWN},
    [0x39] = {6, 24},
    [0x3A] = {6, 17},
    [0x3B] = {10, 20},
    [0x3C] = {6, 17},
    [0x3D] = {10, 20},
    [0x3E] = {UNKNOWN, UNKNOWN},
    [0x3F] = {UNKNOWN, UNKNOWN},
};

/* What the tokens of one formula say together. */
struct walk {
	const struct book *book;
	struct cursor cursor;
	struct biff_formula *formula;
	size_t tokens;
	struct biff_calls calls;
};

static bool refuse(struct walk *walk, const char *why)
{
	walk->formula->why = why;
	return false;
}

static bool function_allowed(struct walk *walk, uint16_t number)
{
	const char *why = biff_calls_function(&walk->calls, number);

	return why == NULL || refuse(walk, why);
}

/* Names are numbered from 1. */
static bool name_allowed(struct walk *walk, size_t number)
{
	if (number == 0 || number > walk->book->name_count)
		return refuse(walk, "name that is not there");
	if (walk->book->names[number - 1].gone)
		return refuse(walk, walk->book->names[number - 1].why);
	return true;
}

static bool extern_name_allowed(struct walk *walk, struct view bytes)
{
	const struct book *book = walk->book;
	struct cursor cursor = cursor_at(bytes, 0);
	size_t xti = cursor_u16le(&cursor);
	size_t number = cursor_u16le(&cursor);
	const struct biff_link *link;

	if (xti >= book->xti_count || book->xtis[xti].link >= book->link_count)
		return refuse(walk, "link that is not there");
	link = &book->links[book->xtis[xti].link];
	if (link->kind == BIFF_BOOK_SELF)
		return name_allowed(walk, number);
	if (link->kind == BIFF_BOOK_OTHER)
		return refuse(walk, "another workbook or DDE");
	if (number == 0 || number > link->name_count ||
	    !book->extern_names[link->first_name + number - 1].allowed)
		return refuse(walk, "function of an add-in");
	return true;
}

/* References with a sheet: into this workbook alone. In BIFF5 a negative
 * number says so. */
static bool extern_allowed(struct walk *walk, uint8_t token, struct view bytes)
{
	const struct book *book = walk->book;
	struct cursor cursor = cursor_at(bytes, 0);
	uint16_t xti = cursor_u16le(&cursor);

	if (!book->biff8) {
		if (xti < 0x8000)
			return refuse(walk, "another workbook or DDE");
		if (token != TOKEN_EXTERN_NAME)
			return true;
		cursor_skip(&cursor, 8);
		return name_allowed(walk, cursor_u16le(&cursor));
	}
	if (token == TOKEN_EXTERN_NAME)
		return extern_name_allowed(walk, bytes);
	if (xti >= book->xti_count ||
	    book->xtis[xti].link >= book->link_count ||
	    book->links[book->xtis[xti].link].kind != BIFF_BOOK_SELF)
		return refuse(walk, "another workbook or DDE");
	return true;
}

static bool is_foreign_text(const char *text)
{
	return strpbrk(text, "[|\\/") != NULL;
}

static bool take_string(struct walk *walk)
{
	bool wide;
	struct view characters =
	    biff_string_take(walk->book, &walk->cursor, false, &wide);
	const char *text;

	if (walk->cursor.failed)
		return refuse(walk, "malformed");
	text = biff_text(walk->book, characters, wide);
	if (text == NULL)
		return refuse(walk, "malformed");
	walk->calls.foreign_text |= is_foreign_text(text);
	if (walk->tokens == 0)
		walk->calls.link_literal =
		    link_allowed(walk->book->job->policy,
				 view_of_string(text)) &&
		    (text[0] != '#' || !is_foreign_text(text));
	return true;
}

static bool take_operand(struct walk *walk, uint8_t token, struct view bytes)
{
	struct cursor cursor = cursor_at(bytes, 0);

	switch (token) {
	case TOKEN_EXP:
		walk->formula->expands = true;
		walk->formula->row = cursor_u16le(&cursor);
		walk->formula->column = cursor_u16le(&cursor);
		return true;
	case TOKEN_ARRAY:
	case TOKEN_MEMORY_AREA:
		walk->formula->extra = true;
		return true;
	case TOKEN_FUNCTION:
		return function_allowed(walk, cursor_u16le(&cursor));
	case TOKEN_FUNCTION_VARIABLE:
		cursor_skip(&cursor, 1);
		return function_allowed(walk, cursor_u16le(&cursor));
	case TOKEN_NAME:
		return name_allowed(walk, cursor_u16le(&cursor));
	default:
		if (token >= TOKEN_EXTERN_NAME &&
		    token <= TOKEN_EXTERN_AREA_GONE)
			return extern_allowed(walk, token, bytes);
		return true;
	}
}

static bool take_token(struct walk *walk)
{
	uint8_t token = cursor_u8(&walk->cursor);
	uint8_t size;

	if (token >= 0x80)
		return refuse(walk, "unknown token");
	/* The class of an operand is in its upper bits. */
	if (token >= 0x40)
		token = (token & 0x1F) | 0x20;
	size = sizes[token][walk->book->biff8 ? 0 : 1];
	if (size == UNKNOWN)
		return refuse(walk, "unknown token");
	biff_calls_token(&walk->calls, token);
	if (token == TOKEN_STRING)
		return take_string(walk);
	if (token == TOKEN_ATTRIBUTE) {
		biff_skip_attribute(&walk->cursor);
		return true;
	}
	return take_operand(walk, token, cursor_take(&walk->cursor, size));
}

bool biff_formula_allowed(const struct book *book, struct view tokens,
			  struct biff_formula *ret_formula)
{
	struct walk walk = {
	    .book = book,
	    .cursor = cursor_at(tokens, 0),
	    .formula = ret_formula,
	};
	const char *why;

	*ret_formula = (struct biff_formula){0};
	while (cursor_left(&walk.cursor) > 0) {
		if (!take_token(&walk))
			return false;
		walk.tokens++;
	}
	if (walk.cursor.failed)
		return refuse(&walk, "malformed");
	why = biff_calls_refused(&walk.calls);
	return why == NULL || refuse(&walk, why);
}
