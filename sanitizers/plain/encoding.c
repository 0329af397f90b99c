#include "sanitizers/plain/encoding.h"

#include "base/utf8.h"

#include <iconv.h>

#include "base/banned.h"

enum { ROWS = 94, SET_ROMAN = 1, SET_KANA, SET_0208, SET_0212 };

/* Unicode by the two bytes of CP932, and by row and cell of JIS X 0208 and
 * JIS X 0212 with Microsoft's extensions; 0: no character. */
static uint16_t cp932[256][256];
static uint16_t jisx0208[ROWS][ROWS];
static uint16_t jisx0212[ROWS][ROWS];

static uint16_t convert(iconv_t converter, const uint8_t *bytes, size_t size)
{
	char input[4];
	uint8_t output[8];
	char *from = input;
	char *to = (char *)output;
	size_t left = size;
	size_t room = sizeof(output);

	for (size_t i = 0; i < size; i++)
		input[i] = (char)bytes[i];
	(void)iconv(converter, NULL, NULL, NULL, NULL);
	if (iconv(converter, &from, &left, &to, &room) == (size_t)-1 ||
	    left != 0 || room != sizeof(output) - 4 || output[2] != 0 ||
	    output[3] != 0)
		return 0;
	return (uint16_t)(output[0] | output[1] << 8);
}

static int fill_cp932(void)
{
	iconv_t converter = iconv_open("UCS-4LE", "CP932");

	if (converter == (iconv_t)-1)
		return -ERR_UNAVAILABLE;
	for (unsigned lead = 0x81; lead <= 0xFC; lead++) {
		if (lead >= 0xA0 && lead <= 0xDF)
			continue;
		for (unsigned trail = 0x40; trail <= 0xFC; trail++) {
			uint8_t bytes[2] = {(uint8_t)lead, (uint8_t)trail};

			cp932[lead][trail] = convert(converter, bytes, 2);
		}
	}
	(void)iconv_close(converter);
	return 0;
}

static int fill_euc(void)
{
	iconv_t converter = iconv_open("UCS-4LE", "EUC-JP-MS");

	if (converter == (iconv_t)-1)
		return -ERR_UNAVAILABLE;
	for (unsigned row = 0; row < ROWS; row++) {
		for (unsigned cell = 0; cell < ROWS; cell++) {
			uint8_t bytes[3] = {0x8F, (uint8_t)(0xA1 + row),
					    (uint8_t)(0xA1 + cell)};

			jisx0208[row][cell] = convert(converter, bytes + 1, 2);
			jisx0212[row][cell] = convert(converter, bytes, 3);
		}
	}
	(void)iconv_close(converter);
	return 0;
}

int encoding_prepare(void)
{
	int error = fill_cp932();

	if (error == 0)
		error = fill_euc();
	/* あ in each: a table that is not what it says must not be used. */
	if (error == 0 &&
	    (cp932[0x82][0xA0] != 0x3042 || jisx0208[3][1] != 0x3042))
		error = -ERR_UNAVAILABLE;
	return error;
}

const char *encoding_name(enum encoding encoding)
{
	static const char *const names[ENCODING_COUNT] = {
	    "none",  "UTF-8",  "UTF-16LE",    "UTF-16BE",
	    "CP932", "EUC-JP", "ISO-2022-JP", "windows-1252",
	};

	return names[encoding];
}

static uint32_t table_value(uint16_t value)
{
	return value == 0 ? (uint32_t)CHARACTER_INVALID : value;
}

static void set(struct character *character, uint32_t value, size_t size)
{
	character->value = value;
	character->size = size;
}

static void next_utf8(const struct decoder *decoder, struct character *next)
{
	struct cursor cursor = cursor_at(decoder->input, decoder->offset);
	uint32_t value = utf8_next(&cursor);
	size_t size = cursor.offset - decoder->offset;
	size_t left = decoder->input.size - decoder->offset;
	uint8_t lead = decoder->input.data[decoder->offset];

	if (value == 0xFFFD && size == 1) {
		bool cut = (lead >= 0xC2 && left < 2) ||
			   (lead >= 0xE0 && left < 3) ||
			   (lead >= 0xF0 && left < 4);

		for (size_t i = 1; i < left && cut; i++)
			cut = (decoder->input.data[decoder->offset + i] &
			       0xC0) == 0x80;
		value = cut && lead <= 0xF4 ? CHARACTER_TRUNCATED
					    : CHARACTER_INVALID;
		size = cut ? left : 1;
	}
	set(next, value, size);
}

static void next_utf16(const struct decoder *decoder, struct character *next)
{
	const uint8_t *bytes = decoder->input.data + decoder->offset;
	size_t left = decoder->input.size - decoder->offset;
	unsigned high = decoder->encoding == ENCODING_UTF16LE ? 1 : 0;
	uint32_t first;
	uint32_t second;

	if (left < 2) {
		set(next, CHARACTER_TRUNCATED, left);
		return;
	}
	first = (uint32_t)bytes[high] << 8 | bytes[1 - high];
	if (first < 0xD800 || first > 0xDFFF) {
		set(next, first, 2);
		return;
	}
	if (first > 0xDBFF || left < 4) {
		set(next,
		    first > 0xDBFF ? CHARACTER_INVALID : CHARACTER_TRUNCATED,
		    first > 0xDBFF ? 2 : left);
		return;
	}
	second = (uint32_t)bytes[2 + high] << 8 | bytes[3 - high];
	if (second < 0xDC00 || second > 0xDFFF)
		set(next, CHARACTER_INVALID, 2);
	else
		set(next, 0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF)),
		    4);
}

static void next_cp932(const struct decoder *decoder, struct character *next)
{
	const uint8_t *bytes = decoder->input.data + decoder->offset;
	size_t left = decoder->input.size - decoder->offset;

	if (bytes[0] < 0x80)
		set(next, bytes[0], 1);
	else if (bytes[0] >= 0xA1 && bytes[0] <= 0xDF)
		set(next, 0xFF61 + (uint32_t)bytes[0] - 0xA1, 1);
	else if (bytes[0] == 0x80 || bytes[0] == 0xA0 || bytes[0] > 0xFC)
		set(next, CHARACTER_INVALID, 1);
	else if (left < 2)
		set(next, CHARACTER_TRUNCATED, 1);
	else
		set(next, table_value(cp932[bytes[0]][bytes[1]]), 2);
}

static uint32_t row_cell(uint16_t table[ROWS][ROWS], uint8_t row, uint8_t cell)
{
	row = (uint8_t)((row & 0x7F) - 0x21);
	cell = (uint8_t)((cell & 0x7F) - 0x21);
	if (row >= ROWS || cell >= ROWS)
		return CHARACTER_INVALID;
	return table_value(table[row][cell]);
}

static void next_euc(const struct decoder *decoder, struct character *next)
{
	const uint8_t *bytes = decoder->input.data + decoder->offset;
	size_t left = decoder->input.size - decoder->offset;
	size_t size = bytes[0] < 0x80 ? 1 : bytes[0] == 0x8F ? 3 : 2;

	if (bytes[0] < 0x80) {
		set(next, bytes[0], 1);
		return;
	}
	for (size_t i = 1; i < size && i < left; i++)
		if (bytes[i] < 0xA1 || bytes[i] == 0xFF) {
			set(next, CHARACTER_INVALID, 1);
			return;
		}
	if (left < size)
		set(next, CHARACTER_TRUNCATED, left);
	else if (bytes[0] == 0x8E)
		set(next,
		    bytes[1] > 0xDF ? (uint32_t)CHARACTER_INVALID
				    : 0xFF61 + (uint32_t)bytes[1] - 0xA1,
		    2);
	else if (bytes[0] == 0x8F)
		set(next, row_cell(jisx0212, bytes[1], bytes[2]), 3);
	else if (bytes[0] < 0xA1 || bytes[0] == 0xFF)
		set(next, CHARACTER_INVALID, 1);
	else
		set(next, row_cell(jisx0208, bytes[0], bytes[1]), 2);
}

/* RFC 1468, with the half-width katakana and JIS X 0212 that mailers use. */
static const struct {
	const char *sequence;
	uint8_t set;
} shifts[] = {
    {"\x1B(B", 0},         {"\x1B(J", SET_ROMAN}, {"\x1B(I", SET_KANA},
    {"\x1B$@", SET_0208},  {"\x1B$B", SET_0208},  {"\x1B$(D", SET_0212},
    {"\x1B$(@", SET_0208}, {"\x1B$(B", SET_0208},
};

static void next_2022(struct decoder *decoder, struct character *next)
{
	const uint8_t *bytes = decoder->input.data + decoder->offset;
	size_t left = decoder->input.size - decoder->offset;

	for (size_t i = 0;
	     bytes[0] == 0x1B && i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		if (!view_starts_with(view_of(bytes, left), shifts[i].sequence))
			continue;
		decoder->set = shifts[i].set;
		set(next, CHARACTER_SHIFT, strlen(shifts[i].sequence));
		return;
	}
	if (bytes[0] >= 0x80)
		set(next, CHARACTER_INVALID, 1);
	else if (decoder->set == 0 || decoder->set == SET_ROMAN)
		set(next, bytes[0], 1);
	else if (bytes[0] < 0x21 || bytes[0] == 0x7F)
		/* Lines end in ASCII, or what follows means two things. */
		set(next, bytes[0] == ' ' ? ' ' : (uint32_t)CHARACTER_INVALID,
		    1);
	else if (decoder->set == SET_KANA)
		set(next,
		    bytes[0] > 0x5F ? (uint32_t)CHARACTER_INVALID
				    : 0xFF61 + (uint32_t)bytes[0] - 0x21,
		    1);
	else if (left < 2)
		set(next, CHARACTER_TRUNCATED, 1);
	else
		set(next,
		    row_cell(decoder->set == SET_0208 ? jisx0208 : jisx0212,
			     bytes[0], bytes[1]),
		    2);
}

static void next_1252(const struct decoder *decoder, struct character *next)
{
	static const uint16_t upper[32] = {
	    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
	    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
	};
	uint8_t byte = decoder->input.data[decoder->offset];

	set(next,
	    byte >= 0x80 && byte < 0xA0 ? table_value(upper[byte - 0x80])
					: byte,
	    1);
}

bool decoder_next(struct decoder *decoder, struct character *ret_character)
{
	if (decoder->offset >= decoder->input.size)
		return false;
	ret_character->offset = decoder->offset;
	switch (decoder->encoding) {
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		next_utf16(decoder, ret_character);
		break;
	case ENCODING_CP932:
		next_cp932(decoder, ret_character);
		break;
	case ENCODING_EUC_JP:
		next_euc(decoder, ret_character);
		break;
	case ENCODING_ISO_2022_JP:
		next_2022(decoder, ret_character);
		break;
	case ENCODING_CP1252:
		next_1252(decoder, ret_character);
		break;
	case ENCODING_UTF8:
	case ENCODING_NONE:
	case ENCODING_COUNT:
		next_utf8(decoder, ret_character);
		break;
	}
	decoder->offset += ret_character->size;
	return true;
}

static bool is_plain_value(uint32_t value)
{
	return (value >= 0x3000 && value < 0xD800 && value != 0x3164) ||
	       (value >= 0xE000 && value < 0xFDD0) ||
	       (value >= 0xFF01 && value <= 0xFF9F);
}

static bool is_plain_byte(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7F;
}

static size_t skip_utf8(const uint8_t *bytes, size_t size, uint32_t *last)
{
	size_t at = 0;

	while (at < size) {
		uint32_t value = bytes[at];

		if (is_plain_byte(bytes[at])) {
			at++;
		} else if (value >= 0xE3 && value <= 0xEF && size - at >= 3 &&
			   (bytes[at + 1] & 0xC0) == 0x80 &&
			   (bytes[at + 2] & 0xC0) == 0x80) {
			value = (value & 0x0F) << 12 |
				(uint32_t)(bytes[at + 1] & 0x3F) << 6 |
				(bytes[at + 2] & 0x3F);
			if (!is_plain_value(value))
				break;
			at += 3;
		} else {
			break;
		}
		*last = value;
	}
	return at;
}

static size_t skip_cp932(const uint8_t *bytes, size_t size, uint32_t *last)
{
	size_t at = 0;

	while (at < size) {
		uint32_t value = bytes[at];

		if (is_plain_byte(bytes[at])) {
			at++;
		} else if (value >= 0x81 && value != 0xA0 && value <= 0xFC &&
			   (value < 0xA0 || value > 0xDF) && size - at >= 2) {
			value = cp932[bytes[at]][bytes[at + 1]];
			if (!is_plain_value(value))
				break;
			at += 2;
		} else {
			break;
		}
		*last = value;
	}
	return at;
}

static size_t skip_euc(const uint8_t *bytes, size_t size, uint32_t *last)
{
	size_t at = 0;

	while (at < size) {
		uint32_t value = bytes[at];

		if (is_plain_byte(bytes[at])) {
			at++;
		} else if (value >= 0xA1 && size - at >= 2 &&
			   bytes[at + 1] >= 0xA1) {
			value = row_cell(jisx0208, bytes[at], bytes[at + 1]);
			if (!is_plain_value(value))
				break;
			at += 2;
		} else {
			break;
		}
		*last = value;
	}
	return at;
}

static size_t skip_utf16(const uint8_t *bytes, size_t size, bool little,
			 uint32_t *last)
{
	size_t high = little ? 1 : 0;
	size_t at = 0;

	for (; size - at >= 2; at += 2) {
		uint32_t value =
		    (uint32_t)bytes[at + high] << 8 | bytes[at + 1 - high];

		if ((value < 0x20 || value > 0x7E) && !is_plain_value(value))
			break;
		*last = value;
	}
	return at;
}

static size_t skip_2022(const struct decoder *decoder, const uint8_t *bytes,
			size_t size, uint32_t *last)
{
	size_t at = 0;

	if (decoder->set == 0)
		while (at < size && is_plain_byte(bytes[at]))
			*last = bytes[at++];
	if (decoder->set != SET_0208)
		return at;
	while (size - at >= 2 && bytes[at] > 0x20 && bytes[at] < 0x7F &&
	       bytes[at + 1] > 0x20 && bytes[at + 1] < 0x7F) {
		uint32_t value = row_cell(jisx0208, bytes[at], bytes[at + 1]);

		if (!is_plain_value(value))
			break;
		*last = value;
		at += 2;
	}
	return at;
}

uint32_t decoder_skip_plain(struct decoder *decoder)
{
	const uint8_t *bytes = decoder->input.data + decoder->offset;
	size_t size = decoder->input.size - decoder->offset;
	uint32_t last = 0;

	switch (decoder->encoding) {
	case ENCODING_UTF8:
		decoder->offset += skip_utf8(bytes, size, &last);
		break;
	case ENCODING_CP932:
		decoder->offset += skip_cp932(bytes, size, &last);
		break;
	case ENCODING_EUC_JP:
		decoder->offset += skip_euc(bytes, size, &last);
		break;
	case ENCODING_UTF16LE:
	case ENCODING_UTF16BE:
		decoder->offset += skip_utf16(
		    bytes, size, decoder->encoding == ENCODING_UTF16LE, &last);
		break;
	case ENCODING_ISO_2022_JP:
		decoder->offset += skip_2022(decoder, bytes, size, &last);
		break;
	case ENCODING_CP1252:
		for (size_t i = 0; i < size && is_plain_byte(bytes[i]); i++) {
			last = bytes[i];
			decoder->offset++;
		}
		break;
	case ENCODING_NONE:
	case ENCODING_COUNT:
		break;
	}
	return last;
}

void encoding_write_ascii(struct buffer *buffer, enum encoding encoding,
			  char character)
{
	if (encoding == ENCODING_UTF16LE)
		buffer_u16le(buffer, (uint8_t)character);
	else if (encoding == ENCODING_UTF16BE)
		buffer_u16be(buffer, (uint8_t)character);
	else
		buffer_u8(buffer, (uint8_t)character);
}
