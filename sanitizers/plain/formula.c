#include "sanitizers/plain/formula.h"

#include "base/banned.h"

enum { NUMBER_MAX = 48, REST_MAX = 256, BLANKS_MAX = 32, UNIT_MAX = 4 };

bool is_separator(const struct separators *separators, uint32_t value)
{
	return value != 0 && (value == separators->values[0] ||
			      value == separators->values[1] ||
			      value == separators->values[2]);
}

/* Full-width ASCII as ASCII, with the signs that stand for plus and minus. */
static uint32_t narrow(uint32_t value)
{
	if (value >= 0xFF01 && value <= 0xFF5E)
		return value - 0xFF01 + '!';
	switch (value) {
	case 0x2212:
	case 0xFE63:
		return '-';
	case 0xFE62:
		return '+';
	case 0xFE66:
		return '=';
	case 0xFE6B:
		return '@';
	case 0x3000:
	case 0xA0:
		return ' ';
	default:
		return value;
	}
}

/* The next character that is one, without shifts; 0 at the end. */
static uint32_t next_value(struct decoder *decoder)
{
	struct character next;

	while (decoder_next(decoder, &next))
		if (next.value != CHARACTER_SHIFT)
			return narrow(next.value);
	return 0;
}

static bool ends_cell(uint32_t value, bool quoted,
		      const struct separators *separators)
{
	if (value == 0)
		return true;
	if (quoted)
		return value == '"';
	return value == '\r' || value == '\n' ||
	       is_separator(separators, value);
}

static bool is_digit(uint32_t value)
{
	return value >= '0' && value <= '9';
}

/* Characters between the digits of numbers, dates, times, telephone numbers
 * and amounts. None of them begins a function or a reference. */
static bool is_filler(uint32_t value)
{
	switch (value) {
	case '.':
	case ',':
	case '-':
	case '/':
	case ':':
	case ' ':
	case '(':
	case ')':
	case '%':
	case '$':
	case '\\':
	case 0xA5:   /* ¥ */
	case 0xFFE5: /* full-width ¥ */
	case 0xA3:
	case 0x20AC:
	case 0x2030: /* per mille */
	case 0x25B3: /* △: minus in Japanese tables */
	case 0x25B2:
		return true;
	default:
		return false;
	}
}

/* The e of an exponent, or the plus sign behind it. */
static bool is_exponent(uint32_t before, uint32_t value)
{
	if (value == 'e' || value == 'E')
		return is_digit(before);
	return value == '+' && (before == 'e' || before == 'E');
}

/* What follows the sign is a number, perhaps with a unit that is no ASCII
 * (℃, 円), or nothing but dashes. */
static bool is_number(struct decoder decoder, uint32_t sign, bool quoted,
		      const struct separators *separators)
{
	unsigned digits = 0;
	unsigned units = 0;
	bool dashes = sign == '-';
	uint32_t before = sign;

	for (int i = 0; i < NUMBER_MAX; i++) {
		uint32_t value = next_value(&decoder);

		if (ends_cell(value, quoted, separators))
			return digits > 0 || dashes;
		if (value != '-' && value != ' ')
			dashes = false;
		if (is_digit(value)) {
			digits++;
			if (units > 0)
				return false;
		} else if (is_exponent(before, value)) {
			/* 1E+05 */
		} else if (value >= 0x80 && value < CHARACTER_INVALID &&
			   digits > 0 && !is_filler(value)) {
			if (++units > UNIT_MAX)
				return false;
		} else if (!is_filler(value) || (value == '(' && units > 0)) {
			return false;
		}
		before = value;
	}
	return false;
}

bool cell_is_formula(struct decoder decoder, bool quoted,
		     const struct separators *separators)
{
	bool first = true;
	bool blank = false; /* begins with TAB or CR */
	uint32_t value;

	for (;; first = false) {
		value = next_value(&decoder);
		if (value == '\t' || value == '\r' || value == '\n') {
			if (!quoted &&
			    (value != '\t' || is_separator(separators, value)))
				return false;
			blank |= first && value != '\n';
		} else if (value == '"') {
			/* The quote that closes; what follows is a tail. */
			quoted = false;
		} else if (value != ' ') {
			break;
		}
		if (is_separator(separators, value) && !quoted)
			return false;
	}
	switch (value) {
	case '=':
	case '@':
		return true;
	case '+':
	case '-':
		return !is_number(decoder, value, quoted, separators);
	default:
		break;
	}
	if (!blank || ends_cell(value, false, separators))
		return false;
	return !is_digit(value) || !is_number(decoder, '0', quoted, separators);
}

static bool is_name_character(uint32_t value)
{
	return (value >= 'a' && value <= 'z') || is_digit(value) ||
	       (value >= 'A' && value <= 'Z') || value == '.' || value == '_';
}

bool rest_is_formula(struct decoder decoder)
{
	uint32_t first = ' ';
	uint32_t before = 0;

	/* Both loops are short: this is asked again at every line end and
	 * every tab, and nothing but such may follow. */
	for (int i = 0;
	     i < BLANKS_MAX && (first == ' ' || first == '"' || first == '\t');
	     i++)
		first = next_value(&decoder);
	if (first != '=' && first != '@' && first != '+' && first != '-')
		return false;
	for (int i = 0; i < REST_MAX; i++) {
		uint32_t value = next_value(&decoder);

		if (value == 0 || value == '\n' || value == '\r')
			return false;
		if (value == '!' || value == '|')
			return true;
		if (value == '(' &&
		    (first == '=' || first == '@' || is_name_character(before)))
			return true;
		before = value;
	}
	return false;
}
