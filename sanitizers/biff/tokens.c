#include "sanitizers/biff/tokens.h"

#include "sanitizers/biff/values.h"

#include "base/banned.h"

enum {
	ATTRIBUTE_CHOOSE = 0x04,
	CALLS_COMMAND = 0x8000,
	FUNCTION_INDIRECT = 148,
	FUNCTION_HYPERLINK = 359,
};

void biff_calls_token(struct biff_calls *calls, uint8_t token)
{
	calls->ended = false;
	if (token < TOKEN_STRING && token != TOKEN_CONCAT &&
	    token != TOKEN_PAREN && token != TOKEN_MISSING)
		calls->link_computed = true;
}

void biff_skip_attribute(struct cursor *cursor)
{
	uint8_t kind = cursor_u8(cursor);
	size_t count = cursor_u16le(cursor);

	if ((kind & ATTRIBUTE_CHOOSE) != 0)
		cursor_skip(cursor, 2 * (count + 1));
}

const char *biff_calls_function(struct biff_calls *calls, uint16_t number)
{
	if ((number & CALLS_COMMAND) != 0)
		return "command of a macro";
	calls->indirect |= number == FUNCTION_INDIRECT;
	if (number == FUNCTION_HYPERLINK) {
		calls->link = true;
		calls->ended = true;
	} else {
		calls->link_computed = true;
	}
	if (biff_function_number_listed(number))
		return NULL;
	return "function that is not on the list";
}

const char *biff_calls_refused(const struct biff_calls *calls)
{
	if (calls->indirect && calls->foreign_text)
		return "another workbook by INDIRECT";
	if (calls->link &&
	    (!calls->link_literal || calls->link_computed || !calls->ended))
		return "link that is not allowed";
	return NULL;
}
