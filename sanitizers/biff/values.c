#include "sanitizers/biff/values.h"

#include "base/banned.h"

/* Functions of worksheets by number (2.5.198.17). Not here: commands and
 * functions of macro sheets, CALL, REGISTER.ID, RTD, and those of servers. */
static const struct {
	uint16_t first;
	uint16_t last;
} functions[] = {
    {0, 52},    {56, 78},   {82, 83},   {86, 86},   {97, 102},  {105, 105},
    {109, 109}, {111, 121}, {124, 131}, {140, 144}, {148, 148}, {163, 165},
    {167, 169}, {183, 184}, {189, 190}, {193, 199}, {204, 216}, {219, 222},
    {227, 235}, {244, 244}, {247, 247}, {252, 252}, {255, 255}, {261, 261},
    {269, 332}, {336, 337}, {342, 347}, {350, 354}, {358, 378}, {480, 484},
};

static const char *const function_names[] = {
#define FUNCTION(name) name,
#include "sanitizers/ooxml/functions.def"
#undef FUNCTION
};

static int compare_names(const void *key, const void *element)
{
	const char *const *name = element;

	return strcmp(key, *name);
}

bool biff_function_number_listed(uint16_t number)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (number >= functions[i].first && number <= functions[i].last)
			return true;
	return false;
}

bool biff_function_listed(const char *name)
{
	char upper[64];
	size_t size;

	if (strncasecmp(name, "_xlfn.", 6) == 0)
		name += 6;
	if (strncasecmp(name, "_xlws.", 6) == 0)
		name += 6;
	size = strlen(name);
	if (size >= sizeof(upper))
		return false;
	for (size_t i = 0; i <= size; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	return bsearch(upper, function_names,
		       sizeof(function_names) / sizeof(function_names[0]),
		       sizeof(function_names[0]), compare_names) != NULL;
}

/* ---- numbers and texts ---- */

double biff_double(uint64_t bits)
{
	union {
		uint64_t bits;
		double value;
	} both = {.bits = bits};

	return both.value;
}

/* 2.5.217: 30 bits of a number, whole or the upper half of a double, maybe to
 * be divided by 100. */
double biff_packed_number(uint32_t packed)
{
	double value;

	if ((packed & 2) != 0)
		value = (double)((int32_t)packed >> 2);
	else
		value = biff_double((uint64_t)(packed & ~UINT32_C(3)) << 32);
	return (packed & 1) != 0 ? value / 100 : value;
}

const char *biff_error_text(uint8_t code)
{
	switch (code) {
	case 0x00:
		return "#NULL!";
	case 0x07:
		return "#DIV/0!";
	case 0x0F:
		return "#VALUE!";
	case 0x17:
		return "#REF!";
	case 0x1D:
		return "#NAME?";
	case 0x24:
		return "#NUM!";
	default:
		return "#N/A";
	}
}

void biff_put_character(struct buffer *out, uint32_t c)
{
	buffer_utf8(out, c < 0x20 && c != '\n' && c != '\t' ? ' ' : c);
}

void biff_put_wide(struct buffer *out, struct view units)
{
	struct cursor cursor = cursor_at(units, 0);

	while (cursor_left(&cursor) >= 2) {
		uint32_t c = cursor_u16le(&cursor);

		if (c >= 0xD800 && c < 0xDC00 && cursor_left(&cursor) >= 2) {
			struct cursor ahead = cursor;
			uint32_t low = cursor_u16le(&ahead);

			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) +
				    (low - 0xDC00);
				cursor = ahead;
			}
		}
		biff_put_character(out, c);
	}
}
