/*
 * Expressions of BIFF12: each token by its class and number, the functions by
 * their numbers; the constants behind them to their last byte.
 */
#include "gateway/verifier/xlsb.h"

#include "base/banned.h"

enum { VARIABLE = -1, FORBIDDEN = -2 };

uint32_t xlsb_number(struct view bytes, size_t at, size_t width)
{
	uint32_t number = 0;

	for (size_t i = width; i > 0; i--)
		if (at < bytes.size && i - 1 < bytes.size - at)
			number = number << 8 | bytes.data[at + i - 1];
	return number;
}

static bool is_worksheet_function(unsigned number)
{
	static const uint16_t ends[] = {
	    0,   52,  56,  78,  82,  83,  86,  86,  97,  102, 105, 105,
	    109, 109, 111, 121, 124, 131, 140, 144, 148, 148, 163, 165,
	    167, 169, 183, 184, 189, 190, 193, 199, 204, 216, 219, 222,
	    227, 235, 244, 244, 247, 247, 252, 252, 255, 255, 261, 261,
	    269, 332, 336, 337, 342, 347, 350, 354, 358, 378, 480, 484,
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i += 2)
		if (number >= ends[i] && number <= ends[i + 1])
			return true;
	return false;
}

/* How many bytes follow a token. */
static int length_of(unsigned token)
{
	if (token >= 0x03 && token <= 0x16)
		return 0;
	switch (token) {
	case 0x17:
	case 0x18:
	case 0x19:
		return VARIABLE;
	case 0x1C:
	case 0x1D:
		return 1;
	case 0x1E:
	case 0x21:
	case 0x29:
		return 2;
	case 0x22:
		return 3;
	case 0x01:
	case 0x23:
		return 4;
	case 0x24:
	case 0x26:
	case 0x27:
	case 0x28:
	case 0x2A:
	case 0x2C:
	case 0x39:
		return 6;
	case 0x1F:
	case 0x3A:
	case 0x3C:
		return 8;
	case 0x25:
	case 0x2B:
	case 0x2D:
		return 12;
	case 0x20:
	case 0x3B:
	case 0x3D:
		return 14;
	default:
		return FORBIDDEN;
	}
}

static size_t variable_length(unsigned token, struct view rest)
{
	if (token == 0x17)
		return 2 + (size_t)2 * xlsb_number(rest, 0, 2);
	if (token == 0x18)
		return 13;
	if ((xlsb_number(rest, 0, 1) & 4) != 0)
		return 3 + (size_t)2 * (xlsb_number(rest, 1, 2) + 1);
	return 3;
}

/* Behind the constants of an array; SIZE_MAX where one is unknown. */
static size_t behind_array(struct view extra, size_t at)
{
	uint64_t count =
	    (uint64_t)xlsb_number(extra, at, 4) * xlsb_number(extra, at + 4, 4);

	at += 8;
	for (uint64_t i = 0; i < count && at < extra.size; i++) {
		switch (extra.data[at++]) {
		case 0:
			at += 8;
			break;
		case 1:
			at += 2 + (size_t)2 * xlsb_number(extra, at, 2);
			break;
		case 2:
			at += 1;
			break;
		case 4:
			at += 4;
			break;
		default:
			return SIZE_MAX;
		}
	}
	return at;
}

static size_t behind_extra(unsigned token, struct view extra, size_t at)
{
	switch (token) {
	case 0x01:
		return at + 4;
	case 0x20:
		return behind_array(extra, at);
	case 0x26:
		return at + 4 + (size_t)16 * xlsb_number(extra, at, 4);
	default:
		return at;
	}
}

static int check_reference(const struct opc_scan *scan, struct view rest,
			   size_t at)
{
	const struct xlsb_numbers *numbers = scan->opc->numbers;
	size_t number = xlsb_number(rest, at, 2);

	if (numbers != NULL && number < numbers->reference_count &&
	    numbers->references[number] == 's')
		return 0;
	return opc_residue(scan, "formula", "another workbook");
}

static int check_name(const struct opc_scan *scan, struct view rest, size_t at)
{
	size_t number = xlsb_number(rest, at, 4);

	if (scan->opc->numbers != NULL && number > 0 &&
	    number <= scan->opc->numbers->names)
		return 0;
	return opc_residue(scan, "formula", "number of a name");
}

static int check_token(const struct opc_scan *scan, unsigned token,
		       struct view rest)
{
	int error;

	switch (token) {
	case 0x18:
		if (xlsb_number(rest, 0, 1) != 0x19)
			return opc_residue(scan, "formula", "token");
		return check_reference(scan, rest, 1);
	case 0x21:
	case 0x22:
		return is_worksheet_function(
			   xlsb_number(rest, token == 0x22, 2))
			   ? 0
			   : opc_residue(scan, "formula", "function");
	case 0x23:
		return check_name(scan, rest, 0);
	case 0x39:
		error = check_reference(scan, rest, 0);
		return error != 0 ? error : check_name(scan, rest, 2);
	case 0x3A:
	case 0x3B:
	case 0x3C:
	case 0x3D:
		return check_reference(scan, rest, 0);
	default:
		return 0;
	}
}

int xlsb_check_tokens(const struct opc_scan *scan, struct view tokens,
		      struct view extra)
{
	size_t behind = 0;
	size_t at = 0;

	while (at < tokens.size) {
		unsigned token = tokens.data[at++];
		struct view rest = view_slice(tokens, at, SIZE_MAX);
		size_t length;
		int known;
		int error;

		if (token > 0x7F)
			return opc_residue(scan, "formula", "token");
		if (token > 0x3F)
			token = 0x20 + (token & 0x1F);
		known = length_of(token);
		if (known == FORBIDDEN)
			return opc_residue(scan, "formula", "token");
		length = known == VARIABLE ? variable_length(token, rest)
					   : (size_t)known;
		if (length > rest.size)
			return opc_residue(scan, "formula", "cut token");
		error = check_token(scan, token, rest);
		if (error != 0)
			return error;
		at += length;
		behind = behind_extra(token, extra, behind);
		if (behind > extra.size)
			return opc_residue(scan, "formula", "constants");
	}
	return behind == extra.size
		   ? 0
		   : opc_residue(scan, "formula", "bytes behind it");
}
