#include "sanitizers/plain/invisible.h"

#include "base/banned.h"

struct range {
	uint32_t first;
	uint32_t last;
	enum trait trait;
};

/* In ascending order; everything else is plain. */
static const struct range ranges[] = {
    {0x00, 0x08, TRAIT_CONTROL},         {0x0B, 0x0B, TRAIT_CONTROL},
    {0x0E, 0x1F, TRAIT_CONTROL},         {0x7F, 0x9F, TRAIT_CONTROL},
    {0xAD, 0xAD, TRAIT_INVISIBLE},       {0x034F, 0x034F, TRAIT_INVISIBLE},
    {0x061C, 0x061C, TRAIT_BIDI},        {0x115F, 0x1160, TRAIT_INVISIBLE},
    {0x17B4, 0x17B5, TRAIT_INVISIBLE},   {0x180B, 0x180F, TRAIT_INVISIBLE},
    {0x200B, 0x200B, TRAIT_INVISIBLE},   {0x200C, 0x200D, TRAIT_JOINER},
    {0x200E, 0x200F, TRAIT_BIDI},        {0x2028, 0x2029, TRAIT_SEPARATOR},
    {0x202A, 0x202E, TRAIT_BIDI},        {0x2060, 0x2065, TRAIT_INVISIBLE},
    {0x2066, 0x2069, TRAIT_BIDI},        {0x206A, 0x206F, TRAIT_INVISIBLE},
    {0x3164, 0x3164, TRAIT_INVISIBLE},   {0xFDD0, 0xFDEF, TRAIT_CONTROL},
    {0xFE00, 0xFE0F, TRAIT_SELECTOR},    {0xFEFF, 0xFEFF, TRAIT_INVISIBLE},
    {0xFFA0, 0xFFA0, TRAIT_INVISIBLE},   {0xFFF0, 0xFFFB, TRAIT_INVISIBLE},
    {0xFFFE, 0xFFFF, TRAIT_CONTROL},     {0x1BCA0, 0x1BCA3, TRAIT_INVISIBLE},
    {0x1D173, 0x1D17A, TRAIT_INVISIBLE}, {0xE0000, 0xE00FF, TRAIT_INVISIBLE},
    {0xE0100, 0xE01EF, TRAIT_SELECTOR},  {0xE01F0, 0xE0FFF, TRAIT_INVISIBLE},
};

enum trait trait_of(uint32_t character)
{
	size_t low = 0;
	size_t high = sizeof(ranges) / sizeof(ranges[0]);

	/* ASCII, kana, kanji and Hangul: nearly everything that is asked
	 * about. */
	if ((character >= 0x20 && character < 0x7F) ||
	    (character >= 0x2070 && character < 0xFDD0 && character != 0x3164))
		return TRAIT_PLAIN;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (character < ranges[middle].first)
			high = middle;
		else if (character > ranges[middle].last)
			low = middle + 1;
		else
			return ranges[middle].trait;
	}
	return (character & 0xFFFE) == 0xFFFE ? TRAIT_CONTROL : TRAIT_PLAIN;
}

static bool is_emoji(uint32_t c)
{
	return (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FAFF) ||
	       c == 0x3030 || c == 0x303D || c == 0x3297 || c == 0x3299 ||
	       c == 0xA9 || c == 0xAE || c == 0x203C || c == 0x2049 ||
	       c == 0x2122 || c == 0x2139;
}

static bool is_joining_script(uint32_t c)
{
	return (c >= 0x0600 && c <= 0x07FF) || (c >= 0x08A0 && c <= 0x0DFF) ||
	       (c >= 0x0F00 && c <= 0x109F) || (c >= 0x1780 && c <= 0x18AF) ||
	       (c >= 0xA840 && c <= 0xA9FF);
}

static bool is_kanji(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
	       (c >= 0x20000 && c <= 0x3FFFD) || c == 0x3005 || c == 0x3007;
}

bool joins(uint32_t joiner, uint32_t before, uint32_t after)
{
	if (joiner == 0x200D && (is_emoji(before) || before == 0xFE0F) &&
	    is_emoji(after))
		return true;
	return is_joining_script(before);
}

bool selects(uint32_t selector, uint32_t before)
{
	if (selector >= 0xE0100)
		return is_kanji(before);
	if (is_kanji(before))
		return selector <= 0xFE02;
	if (selector >= 0xFE0E)
		return is_emoji(before) || (before >= '0' && before <= '9') ||
		       before == '#' || before == '*';
	/* Standardised variants of punctuation and mathematical signs. */
	return selector <= 0xFE01 &&
	       ((before >= 0x2200 && before <= 0x2AFF) ||
		(before >= 0x3001 && before <= 0x3002) ||
		(before >= 0xFF01 && before <= 0xFF1F) || before == '0' ||
		(before >= 0x1000 && before <= 0x109F) ||
		(before >= 0x2018 && before <= 0x201D));
}
