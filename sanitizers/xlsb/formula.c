/*
 * Parsed expressions (2.5.97): as in BIFF8, with wider rows, and numbers of
 * names and sheets that mean something else. One token that is not known ends
 * it: nothing behind it can be read.
 */
#include "sanitizers/biff/tokens.h"
#include "sanitizers/link.h"
#include "sanitizers/xlsb/xlsb.h"

#include "base/banned.h"

enum {
	EXTENDED_LIST = 0x19,
	LIST_SIZE = 12,
	ITEM_NUMBER = 0,
	ITEM_TEXT = 1,
	ITEM_BOOLEAN = 2,
	ITEM_ERROR = 4,
	XX = 0xFF, /* no token */
	VV = 0xFE, /* its size is in itself */
};

/* Bytes behind the token. */
static const uint8_t sizes[0x40] = {
    XX, 4,  XX, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 0,  0,  0,
    0,  0,  0,  0,  0,  0,  0,  VV, VV, VV, XX, XX, 1, 1,  2,  8,
    14, 2,  3,  4,  6,  12, 6,  6,  6,  2,  6,  12, 6, 12, XX, XX,
    XX, XX, XX, XX, XX, XX, XX, XX, XX, 6,  8,  14, 8, 14, XX, XX,
};

/* What the tokens of one formula say together. */
struct walk {
	const struct package *package;
	const struct xlsb_book *book;
	struct cursor cursor; /* in the tokens */
	struct cursor extra;  /* in the constants behind them */
	struct xlsb_verdict *verdict;
	size_t tokens;
	struct biff_calls calls;
};

static bool refuse(struct walk *walk, const char *why)
{
	walk->verdict->why = why;
	return false;
}

static bool is_foreign_text(struct view units)
{
	for (size_t i = 0; i + 1 < units.size; i += 2)
		if (units.data[i + 1] == 0 && units.data[i] != 0 &&
		    strchr("[|\\/", units.data[i]) != NULL)
			return true;
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
	walk->calls.link_computed = true;
	if (number == 0 || number > walk->book->name_count)
		return refuse(walk, "name that is not there");
	if (walk->book->names[number - 1].gone)
		return refuse(walk, walk->book->names[number - 1].why);
	return true;
}

/* References with a sheet, names and tables: into this workbook alone. */
static bool reference_allowed(struct walk *walk, size_t number)
{
	if (number >= walk->book->reference_count ||
	    walk->book->references[number] == XLSB_LINK_OTHER)
		return refuse(walk, "another workbook or DDE");
	if (walk->book->references[number] == XLSB_LINK_ADD_IN)
		return refuse(walk, "function of an add-in");
	return true;
}

static bool take_string(struct walk *walk)
{
	size_t count = cursor_u16le(&walk->cursor);
	struct view units = cursor_take(&walk->cursor, 2 * count);
	bool foreign = is_foreign_text(units);
	const char *text;

	walk->calls.foreign_text |= foreign;
	if (walk->tokens > 0)
		return true;
	text = xlsb_text(walk->package->job->arena, units);
	if (text == NULL)
		return refuse(walk, "malformed");
	walk->calls.link_literal =
	    link_allowed(walk->package->job->policy, view_of_string(text)) &&
	    (text[0] != '#' || !foreign);
	return true;
}

/* A column of a table; nothing else of the extended tokens. */
static bool take_extended(struct walk *walk)
{
	if (cursor_u8(&walk->cursor) != EXTENDED_LIST)
		return refuse(walk, "unknown token");
	walk->calls.link_computed = true;
	if (!reference_allowed(walk, cursor_u16le(&walk->cursor)))
		return false;
	cursor_skip(&walk->cursor, LIST_SIZE - 2);
	return true;
}

static bool take_item(struct walk *walk)
{
	struct cursor *extra = &walk->extra;
	size_t count;

	switch (cursor_u8(extra)) {
	case ITEM_NUMBER:
		cursor_skip(extra, 8);
		return true;
	case ITEM_TEXT:
		count = cursor_u16le(extra);
		walk->calls.foreign_text |=
		    is_foreign_text(cursor_take(extra, 2 * count));
		return true;
	case ITEM_BOOLEAN:
		cursor_skip(extra, 1);
		return true;
	case ITEM_ERROR:
		cursor_skip(extra, 4);
		return true;
	default:
		return refuse(walk, "unknown constant");
	}
}

static bool take_array(struct walk *walk)
{
	uint64_t columns = cursor_u32le(&walk->extra);
	uint64_t count = columns * cursor_u32le(&walk->extra);

	/* Each takes at least two bytes. */
	if (columns > UINT16_MAX || count > cursor_left(&walk->extra))
		return refuse(walk, "malformed");
	for (uint64_t i = 0; i < count && !walk->extra.failed; i++)
		if (!take_item(walk))
			return false;
	return true;
}

static bool take_operand(struct walk *walk, uint8_t token, struct view bytes)
{
	struct cursor cursor = cursor_at(bytes, 0);
	uint64_t count;

	switch (token) {
	case TOKEN_EXP:
		walk->verdict->expands = true;
		walk->verdict->row = cursor_u32le(&cursor);
		walk->verdict->column = cursor_u32le(&walk->extra);
		return true;
	case TOKEN_ARRAY:
		return take_array(walk);
	case TOKEN_MEMORY_AREA:
		count = cursor_u32le(&walk->extra);
		if (count > cursor_left(&walk->extra) / 16)
			return refuse(walk, "malformed");
		cursor_skip(&walk->extra, (size_t)count * 16);
		return true;
	case TOKEN_FUNCTION:
		return function_allowed(walk, cursor_u16le(&cursor));
	case TOKEN_FUNCTION_VARIABLE:
		cursor_skip(&cursor, 1);
		return function_allowed(walk, cursor_u16le(&cursor));
	case TOKEN_NAME:
		return name_allowed(walk, cursor_u32le(&cursor));
	case TOKEN_EXTERN_NAME:
		return reference_allowed(walk, cursor_u16le(&cursor)) &&
		       name_allowed(walk, cursor_u32le(&cursor));
	default:
		return token < TOKEN_EXTERN_REF ||
		       token > TOKEN_EXTERN_AREA_GONE ||
		       reference_allowed(walk, cursor_u16le(&cursor));
	}
}

static bool take_token(struct walk *walk)
{
	uint8_t token = cursor_u8(&walk->cursor);

	if (token >= 0x80)
		return refuse(walk, "unknown token");
	/* The class of an operand is in its upper bits. */
	if (token >= 0x40)
		token = (token & 0x1F) | 0x20;
	if (sizes[token] == XX)
		return refuse(walk, "unknown token");
	biff_calls_token(&walk->calls, token);
	switch (token) {
	case TOKEN_STRING:
		return take_string(walk);
	case TOKEN_EXTENDED:
		return take_extended(walk);
	case TOKEN_ATTRIBUTE:
		biff_skip_attribute(&walk->cursor);
		return true;
	default:
		break;
	}
	return take_operand(walk, token,
			    cursor_take(&walk->cursor, sizes[token]));
}

bool xlsb_formula_allowed(const struct package *package,
			  const struct xlsb_book *book,
			  const struct xlsb_formula *formula,
			  struct xlsb_verdict *ret_verdict)
{
	struct walk walk = {
	    .package = package,
	    .book = book,
	    .cursor = cursor_at(formula->tokens, 0),
	    .extra = cursor_at(formula->extra, 0),
	    .verdict = ret_verdict,
	};
	const char *why;

	*ret_verdict = (struct xlsb_verdict){0};
	while (cursor_left(&walk.cursor) > 0) {
		if (!take_token(&walk))
			return false;
		walk.tokens++;
	}
	if (walk.cursor.failed || walk.extra.failed ||
	    cursor_left(&walk.extra) > 0 ||
	    (ret_verdict->expands && walk.tokens > 1))
		return refuse(&walk, "malformed");
	why = biff_calls_refused(&walk.calls);
	return why == NULL || refuse(&walk, why);
}
