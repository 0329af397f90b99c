/*
 * Expressions: each token by its class and number, the functions by their
 * numbers.
 */
#include "gateway/verifier/biff.h"

#include "base/banned.h"

enum { VARIABLE = -1, FORBIDDEN = -2 };

/* Worksheet functions: numbers and ranges of them. */
static bool is_worksheet_function(unsigned number)
{
	static const char *const ranges =
	    "0-52 56-78 82-83 86-86 97-102 105-105 109-109 111-121 124-131 "
	    "140-144 148-148 163-165 167-169 183-184 189-190 193-199 204-216 "
	    "219-222 227-235 244-244 247-247 252-252 255-255 261-261 269-332 "
	    "336-337 342-347 350-354 358-378 480-484 ";
	const char *at = ranges;

	while (*at != '\0') {
		char *end;
		unsigned long first = strtoul(at, &end, 10);
		unsigned long last = strtoul(end + 1, &end, 10);

		if (number >= first && number <= last)
			return true;
		at = end + 1;
	}
	return false;
}

/* How many bytes follow a token. */
static int length_of(const struct biff_walk *walk, unsigned token)
{
	bool biff8 = walk->biff8;

	if (token >= 0x03 && token <= 0x16)
		return 0;
	switch (token) {
	case 0x01:
	case 0x02:
		return 4;
	case 0x17:
	case 0x19:
		return VARIABLE;
	case 0x1C:
	case 0x1D:
		return 1;
	case 0x1E:
	case 0x21:
	case 0x29:
		return 2;
	case 0x1F:
		return 8;
	case 0x20:
		return 7;
	case 0x22:
		return 3;
	case 0x23:
		return biff8 ? 4 : 14;
	case 0x24:
	case 0x2A:
	case 0x2C:
		return biff8 ? 4 : 3;
	case 0x25:
	case 0x2B:
	case 0x2D:
		return biff8 ? 8 : 6;
	case 0x26:
	case 0x27:
	case 0x28:
		return 6;
	case 0x39:
		return biff8 ? 6 : 24;
	case 0x3A:
	case 0x3C:
		return biff8 ? 6 : 17;
	case 0x3B:
	case 0x3D:
		return biff8 ? 10 : 20;
	default:
		return FORBIDDEN;
	}
}

/* The two whose length is in themselves. */
static size_t variable_length(const struct biff_walk *walk, unsigned token,
			      struct view rest)
{
	if (token == 0x17 && walk->biff8)
		return 2 + check_number(rest, 0, 1) *
			       (size_t)(1 + (check_number(rest, 1, 1) & 1));
	if (token == 0x17)
		return 1 + check_number(rest, 0, 1);
	if ((check_number(rest, 0, 1) & 4) != 0)
		return 3 + 2 * ((size_t)check_number(rest, 1, 2) + 1);
	return 3;
}

static int check_reference(struct biff_walk *walk, unsigned token,
			   struct view rest)
{
	unsigned number = check_number(rest, 0, 2);
	uint8_t kind;

	if (!walk->biff8)
		return number >= 0x8000
			   ? 0
			   : biff_residue(walk, "another workbook");
	kind = number < walk->xti_count ? walk->xtis[number] : 0;
	if (kind == 's' || (kind == 'a' && token == 0x39))
		return 0;
	return biff_residue(walk, "another workbook");
}

static int check_token(struct biff_walk *walk, unsigned token, struct view rest)
{
	unsigned number;

	if (token == 0x21 || token == 0x22) {
		number = check_number(rest, token == 0x22, 2);
		return is_worksheet_function(number)
			   ? 0
			   : biff_residue(walk, "function");
	}
	if (token == 0x23) {
		number = check_number(rest, 0, 2);
		return number > 0 && number <= walk->name_count
			   ? 0
			   : biff_malformed(walk, "number of a name");
	}
	if (token >= 0x39 && token <= 0x3D)
		return check_reference(walk, token, rest);
	return 0;
}

int biff_check_tokens(struct biff_walk *walk, struct view tokens)
{
	size_t at = 0;

	while (at < tokens.size) {
		unsigned token = tokens.data[at++];
		struct view rest = view_slice(tokens, at, SIZE_MAX);
		size_t length;
		int known;
		int error;

		if (token > 0x7F)
			return biff_residue(walk, "token");
		if (token > 0x3F)
			token = 0x20 + (token & 0x1F);
		known = length_of(walk, token);
		if (known == FORBIDDEN)
			return biff_residue(walk, "token");
		length = known == VARIABLE ? variable_length(walk, token, rest)
					   : (size_t)known;
		if (length > rest.size)
			return biff_malformed(walk, "token");
		error = check_token(walk, token, rest);
		if (error != 0)
			return error;
		at += length;
	}
	return 0;
}
