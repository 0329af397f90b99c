/*
 * Which encoding a text is in. Strict decoding decides; where several decode,
 * the characters that would come out do. A wrong guess between two that both
 * decode loses nothing: what stays is copied byte by byte.
 */
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

enum { WEIGH_BYTES = 65536, PROBE_CHARACTERS = 1024 };

/* What a reading would give. */
struct reading {
	bool valid;
	size_t characters; /* or bytes, roughly */
	size_t controls;   /* but tab, line ends, form feed and escape */
	size_t binary;     /* of these, those that only binary data has */
	size_t kana;
	size_t common; /* JIS level 1, full-width forms, punctuation */
	size_t rare;   /* JIS level 2, private use */
	size_t half;   /* half-width katakana */
	size_t pairs;  /* characters of two bytes and more */
};

static bool is_control(uint32_t value)
{
	if (value < 0x20)
		return value != '\t' && value != '\n' && value != '\r' &&
		       value != '\f' && value != 0x1B;
	return value >= 0x7F && value < 0xA0;
}

/* In both CP932 and EUC-JP the lead byte tells the level of a kanji. */
static bool is_level_one(enum encoding encoding, uint8_t lead)
{
	if (encoding == ENCODING_CP932)
		return lead <= 0x98;
	return encoding != ENCODING_EUC_JP || (lead >= 0xA1 && lead <= 0xCF);
}

static void count(struct reading *reading, const struct decoder *decoder,
		  const struct character *next)
{
	uint32_t value = next->value;

	reading->pairs += next->size > 1;
	if (value >= 0xFF61 && value <= 0xFF9F)
		reading->half++;
	else if (value >= 0x3041 && value <= 0x30FF)
		reading->kana++;
	else if ((value >= 0xE000 && value <= 0xF8FF) ||
		 !is_level_one(decoder->encoding,
			       decoder->input.data[next->offset]))
		reading->rare++;
	else
		reading->common++;
}

static struct reading read_as(struct view input, enum encoding encoding)
{
	struct decoder decoder = decoder_make(input, encoding);
	struct reading reading = {.valid = true};
	struct character next;

	for (;;) {
		size_t from = decoder.offset;

		(void)decoder_skip_plain(&decoder);
		reading.characters += decoder.offset - from;
		if (!decoder_next(&decoder, &next))
			return reading;
		if (next.value == CHARACTER_INVALID) {
			reading.valid = false;
			return reading;
		}
		if (next.value >= CHARACTER_INVALID)
			continue;
		reading.characters++;
		reading.controls += is_control(next.value);
		reading.binary += next.value == 0 || next.value >= 0x7F
				      ? is_control(next.value)
				      : 0;
	}
}

/* Also counts what kinds of characters there are, at the beginning. */
static void weigh(struct view input, enum encoding encoding,
		  struct reading *reading)
{
	struct decoder decoder =
	    decoder_make(view_slice(input, 0, WEIGH_BYTES), encoding);
	struct character next;

	while (decoder_next(&decoder, &next))
		if (next.value >= 0x80 && next.value < CHARACTER_INVALID)
			count(reading, &decoder, &next);
}

/* Control characters are taken out. Data bases write them into their tables,
 * vertical tabs for the lines of a cell among them; where they are one in four
 * characters, or NUL and C1 one in twenty, it is no text. */
static bool is_clean(const struct reading *reading)
{
	return reading->valid && reading->controls < reading->characters &&
	       reading->controls * 4 <= reading->characters + 4 &&
	       reading->binary * 20 <= reading->characters + 20;
}

/* Text in UTF-16 without a mark: nearly all characters are ASCII or those of
 * Japanese. */
static bool is_utf16(struct view input, enum encoding encoding)
{
	struct decoder decoder = decoder_make(input, encoding);
	struct character next;
	size_t good = 0;
	size_t all = 0;
	bool ascii = false;

	if (input.size < 4 || input.size % 2 != 0)
		return false;
	while (decoder_next(&decoder, &next)) {
		uint32_t value = next.value;

		if (value >= CHARACTER_INVALID)
			return false;
		all++;
		ascii |= value < 0x80;
		if (all == PROBE_CHARACTERS && good * 100 < all * 90)
			return false;
		good += (value >= 0x20 && value < 0x7F) || value == '\t' ||
			value == '\r' || value == '\n' ||
			(value >= 0x2010 && value <= 0x33FF) ||
			(value >= 0x4E00 && value <= 0x9FFF) ||
			(value >= 0xF900 && value <= 0xFAFF) ||
			(value >= 0xFF01 && value <= 0xFF9F);
	}
	/* Kanji in CP932 look like kanji in UTF-16, but for line ends. */
	return ascii && good * 100 >= all * 90;
}

static bool is_2022(struct view input)
{
	static const char *const marks[] = {"\x1B$B", "\x1B$@", "\x1B(I",
					    "\x1B(J", "\x1B$("};

	if (view_find(input, view_of_string("\x1B"), 0) == SIZE_MAX)
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (view_find(input, view_of_string(marks[i]), 0) != SIZE_MAX) {
			struct reading reading =
			    read_as(input, ENCODING_ISO_2022_JP);

			return is_clean(&reading);
		}
	return false;
}

static long score(const struct reading *reading)
{
	return 4 * (long)reading->kana + 2 * (long)reading->common -
	       3 * (long)reading->rare - 2 * (long)reading->half;
}

/* Whether the byte at `i` has no other byte of 0x80 and above beside it. */
static bool stands_alone(struct view input, size_t i)
{
	return (i == 0 || input.data[i - 1] < 0x80) &&
	       (i + 1 == input.size || input.data[i + 1] < 0x80);
}

/* Ellipsis, quotation marks, bullet, dashes, as word processors put them. */
static bool is_western_mark(uint8_t byte)
{
	return byte == 0x85 || (byte >= 0x91 && byte <= 0x97);
}

/* Western letters stand next to ASCII letters, marks alone among ASCII; bytes
 * of anything else that nothing else decodes do not. Where there are marks
 * only, they have to be few. */
static bool is_western(struct view input)
{
	size_t letters = 0;
	size_t beside = 0;
	size_t marks = 0;
	size_t high = 0;

	input = view_slice(input, 0, WEIGH_BYTES);
	if (input.data == NULL)
		return false;
	for (size_t i = 0; i < input.size; i++) {
		uint8_t byte = input.data[i];
		bool next;

		if (byte < 0x80)
			continue;
		high++;
		marks += is_western_mark(byte) && stands_alone(input, i);
		if (byte < 0xC0 || byte == 0xD7 || byte == 0xF7)
			continue;
		letters++;
		next = (i > 0 && isalpha(input.data[i - 1])) ||
		       (i + 1 < input.size && isalpha(input.data[i + 1]));
		beside += next;
	}
	if (letters == 0)
		return marks == high && high * 8 <= input.size;
	return high * 3 <= input.size && (letters + marks) * 10 >= high * 4 &&
	       beside * 10 >= letters * 7;
}

static enum encoding eight_bit(struct view input)
{
	struct reading euc = read_as(input, ENCODING_EUC_JP);
	struct reading sjis = read_as(input, ENCODING_CP932);
	struct reading western = {0};
	bool euc_fits = is_clean(&euc);
	bool sjis_fits = is_clean(&sjis);

	if (euc_fits)
		weigh(input, ENCODING_EUC_JP, &euc);
	if (sjis_fits)
		weigh(input, ENCODING_CP932, &sjis);
	/* Half-width katakana alone come in pairs that EUC-JP takes for rare
	 * kanji; a text without any kana is not Japanese. */
	if (euc_fits && sjis_fits)
		euc_fits = sjis.pairs == 0 ? euc.kana * 8 >= euc.pairs
					   : score(&euc) > score(&sjis);
	if (euc_fits)
		return ENCODING_EUC_JP;
	if (sjis_fits && (score(&sjis) > 0 || sjis.pairs == 0))
		return ENCODING_CP932;
	if (is_western(input))
		western = read_as(input, ENCODING_CP1252);
	if (is_clean(&western))
		return ENCODING_CP1252;
	sjis_fits &= sjis.controls == 0 && sjis.rare * 2 <= sjis.pairs + 2;
	return sjis_fits ? ENCODING_CP932 : ENCODING_NONE;
}

static enum encoding checked(struct view input, enum encoding encoding)
{
	struct reading reading = read_as(input, encoding);

	return is_clean(&reading) ? encoding : ENCODING_NONE;
}

enum encoding encoding_of(struct view input)
{
	struct reading reading;

	if (view_starts_with(input, "\xFF\xFE"))
		return checked(input, ENCODING_UTF16LE);
	if (view_starts_with(input, "\xFE\xFF"))
		return checked(input, ENCODING_UTF16BE);
	reading = read_as(input, ENCODING_UTF8);
	if (reading.valid && is_2022(input))
		return ENCODING_ISO_2022_JP;
	if (is_clean(&reading))
		return ENCODING_UTF8;
	if (is_utf16(input, ENCODING_UTF16LE))
		return ENCODING_UTF16LE;
	if (is_utf16(input, ENCODING_UTF16BE))
		return ENCODING_UTF16BE;
	return reading.valid ? ENCODING_NONE : eight_bit(input);
}

static struct {
	struct view input;
	enum encoding encoding;
} remembered;

enum encoding encoding_of_again(struct view input)
{
	if (remembered.input.data != input.data ||
	    remembered.input.size != input.size || input.data == NULL) {
		remembered.encoding = encoding_of(input);
		remembered.input = input;
	}
	return remembered.encoding;
}

void encoding_forget(void)
{
	remembered.input = view_of(NULL, 0);
}
