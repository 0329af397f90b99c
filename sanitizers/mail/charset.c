#include "sanitizers/mail/charset.h"

#include "base/utf8.h"
#include "sanitizers/mail/bytes.h"
#include "sanitizers/plain/encoding.h"

#include <iconv.h>

#include "base/banned.h"

enum {
	TABLE_SINGLE = 256,
	JIS_ROWS = 94,
	ESCAPE = 0x1B,
	SHIFT_OUT = 0x0E,
	SHIFT_IN = 0x0F,
};

/* Charsets that are read by the decoder of plain texts. */
static const struct {
	const char *name;
	enum encoding encoding;
} own_charsets[] = {
    {"utf-8", ENCODING_UTF8},
    {"utf8", ENCODING_UTF8},
    {"unicode-1-1-utf-8", ENCODING_UTF8},
    {"iso-2022-jp", ENCODING_ISO_2022_JP},
    {"iso-2022-jp-1", ENCODING_ISO_2022_JP},
    {"iso-2022-jp-2", ENCODING_ISO_2022_JP},
    {"iso-2022-jp-3", ENCODING_ISO_2022_JP},
    {"iso-2022-jp-ms", ENCODING_ISO_2022_JP},
    {"csiso2022jp", ENCODING_ISO_2022_JP},
    {"cp50220", ENCODING_ISO_2022_JP},
    {"cp50221", ENCODING_ISO_2022_JP},
    {"cp50222", ENCODING_ISO_2022_JP},
    {"jis", ENCODING_ISO_2022_JP},
    {"shift_jis", ENCODING_CP932},
    {"shift-jis", ENCODING_CP932},
    {"sjis", ENCODING_CP932},
    {"x-sjis", ENCODING_CP932},
    {"cp932", ENCODING_CP932},
    {"windows-31j", ENCODING_CP932},
    {"cswindows31j", ENCODING_CP932},
    {"csshiftjis", ENCODING_CP932},
    {"ms_kanji", ENCODING_CP932},
    {"euc-jp", ENCODING_EUC_JP},
    {"x-euc-jp", ENCODING_EUC_JP},
    {"eucjp", ENCODING_EUC_JP},
    {"eucjp-ms", ENCODING_EUC_JP},
    {"eucjp-win", ENCODING_EUC_JP},
    {"cp51932", ENCODING_EUC_JP},
    {"iso-8859-1", ENCODING_CP1252},
    {"latin1", ENCODING_CP1252},
    {"iso8859-1", ENCODING_CP1252},
    {"windows-1252", ENCODING_CP1252},
    {"cp1252", ENCODING_CP1252},
    {"utf-16le", ENCODING_UTF16LE},
    {"utf-16be", ENCODING_UTF16BE},
};

/* Charsets of other countries, one or two bytes each, by tables of iconv. */
static struct foreign {
	const char *names; /* blank-separated, the first for iconv */
	bool wide;
	uint16_t single[TABLE_SINGLE];
	uint16_t (*pairs)[TABLE_SINGLE];
} foreigns[] = {
    {"iso-8859-2 latin2", false, {0}, NULL},
    {"iso-8859-4", false, {0}, NULL},
    {"iso-8859-5", false, {0}, NULL},
    {"iso-8859-7", false, {0}, NULL},
    {"iso-8859-8 iso-8859-8-i", false, {0}, NULL},
    {"iso-8859-9 latin5", false, {0}, NULL},
    {"iso-8859-13", false, {0}, NULL},
    {"iso-8859-15 latin9", false, {0}, NULL},
    {"windows-1250 cp1250", false, {0}, NULL},
    {"windows-1251 cp1251", false, {0}, NULL},
    {"windows-1253", false, {0}, NULL},
    {"windows-1254", false, {0}, NULL},
    {"windows-1255", false, {0}, NULL},
    {"windows-1256", false, {0}, NULL},
    {"windows-1257", false, {0}, NULL},
    {"windows-1258", false, {0}, NULL},
    {"koi8-r", false, {0}, NULL},
    {"koi8-u", false, {0}, NULL},
    {"tis-620 windows-874", false, {0}, NULL},
    {"macintosh x-mac-roman", false, {0}, NULL},
    {"gbk gb2312 gb18030 cp936 x-gbk", true, {0}, NULL},
    {"big5-hkscs big5 cp950", true, {0}, NULL},
    {"cp949 euc-kr ks_c_5601-1987 ks_c_5601 korean uhc", true, {0}, NULL},
};

enum { FOREIGNS = sizeof(foreigns) / sizeof(foreigns[0]) };

/* The first word of a list. */
static void first_name(const char *names, char name[32])
{
	(void)snprintf(name, 32, "%.*s", (int)strcspn(names, " "), names);
}

static uint16_t convert(iconv_t converter, uint8_t *bytes, size_t size)
{
	uint8_t output[8];
	char *from = (char *)bytes;
	char *to = (char *)output;
	size_t left = size;
	size_t room = sizeof(output);

	(void)iconv(converter, NULL, NULL, NULL, NULL);
	if (iconv(converter, &from, &left, &to, &room) == (size_t)-1 ||
	    left != 0 || room != sizeof(output) - 2)
		return 0;
	return (uint16_t)(output[0] | output[1] << 8);
}

static int fill(struct foreign *foreign)
{
	char name[32];
	iconv_t converter;

	first_name(foreign->names, name);
	converter = iconv_open("UTF-16LE", name);
	if (converter == (iconv_t)-1)
		return 0; /* such texts are then read as what they look like */
	for (unsigned i = 0; i < TABLE_SINGLE; i++) {
		uint8_t byte[1] = {(uint8_t)i};

		foreign->single[i] = convert(converter, byte, 1);
	}
	if (foreign->wide)
		foreign->pairs = calloc(TABLE_SINGLE, sizeof(*foreign->pairs));
	for (unsigned i = 0x81; foreign->pairs != NULL && i < 0xFF; i++)
		for (unsigned k = 0x40; k < 0xFF; k++) {
			uint8_t pair[2] = {(uint8_t)i, (uint8_t)k};

			foreign->pairs[i][k] = convert(converter, pair, 2);
		}
	(void)iconv_close(converter);
	return 0;
}

/*
 * Unicode by row and cell of JIS X 0208, by way of CP932, so that the
 * characters of Windows (NEC row 13, IBM's in rows 89 to 92) are what their
 * writer saw; 0: no character.
 */
static uint16_t jisx0208[JIS_ROWS][JIS_ROWS];

static void fill_0208(void)
{
	for (unsigned row = 0x21; row <= 0x7E; row++)
		for (unsigned cell = 0x21; cell <= 0x7E; cell++) {
			unsigned lead = (row - 0x21) / 2 + 0x81;
			unsigned trail = row % 2 == 0   ? cell + 0x7E
					 : cell >= 0x60 ? cell + 0x20
							: cell + 0x1F;
			uint8_t bytes[2] = {
			    (uint8_t)(lead > 0x9F ? lead + 0x40 : lead),
			    (uint8_t)trail};
			struct decoder decoder =
			    decoder_make(view_of(bytes, 2), ENCODING_CP932);
			struct character next;

			if (decoder_next(&decoder, &next) &&
			    next.value < CHARACTER_INVALID)
				jisx0208[row - 0x21][cell - 0x21] =
				    (uint16_t)next.value;
		}
}

int charset_prepare(void)
{
	static bool filled; /* mail and pages need it */
	int error = 0;

	if (!filled)
		fill_0208();
	for (size_t i = 0; !filled && i < FOREIGNS && error == 0; i++)
		error = fill(&foreigns[i]);
	filled = error == 0;
	return error;
}

static bool is_named(const char *names, const char *name)
{
	size_t size = strlen(name);

	while (*names != '\0') {
		size_t word = strcspn(names, " ");

		if (word == size && strncasecmp(names, name, size) == 0)
			return true;
		names += word;
		names += strspn(names, " ");
	}
	return false;
}

static void write_foreign(struct buffer *out, struct view bytes,
			  const struct foreign *foreign, size_t *broken)
{
	for (size_t i = 0; i < bytes.size; i++) {
		uint16_t value = foreign->single[bytes.data[i]];

		if (value == 0 && bytes.data[i] != 0 &&
		    foreign->pairs != NULL && i + 1 < bytes.size) {
			value =
			    foreign->pairs[bytes.data[i]][bytes.data[i + 1]];
			i += value != 0;
		}
		if (value == 0 && bytes.data[i] != 0) {
			value = 0xFFFD;
			(*broken)++;
		}
		buffer_utf8(out, value);
	}
}

static void write_decoded(struct buffer *out, struct view bytes,
			  enum encoding encoding, size_t *broken)
{
	struct decoder decoder = decoder_make(bytes, encoding);
	struct character next;

	while (decoder_next(&decoder, &next)) {
		if (next.value == CHARACTER_SHIFT)
			continue;
		if (next.value >= CHARACTER_INVALID) {
			(*broken)++;
			buffer_utf8(out, 0xFFFD);
		} else if (next.value != 0xFEFF || next.offset != 0) {
			buffer_utf8(out, next.value);
		}
	}
}

/* The sets that an ISO-2022-JP text shifts in. */
enum set { SET_ASCII, SET_KANA, SET_0208, SET_0212 };

static const struct {
	const char *sequence;
	enum set set;
} shifts[] = {
    {"\x1B(B", SET_ASCII},      {"\x1B(J", SET_ASCII}, {"\x1B(H", SET_ASCII},
    {"\x1B(I", SET_KANA},       {"\x1B$@", SET_0208},  {"\x1B$B", SET_0208},
    {"\x1B$(D", SET_0212},      {"\x1B$(@", SET_0208}, {"\x1B$(B", SET_0208},
    {"\x1B&@\x1B$B", SET_0208},
};

static size_t shift_at(struct view bytes, size_t at, enum set *set)
{
	struct view left = view_slice(bytes, at, 6);

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		if (!view_starts_with(left, shifts[i].sequence))
			continue;
		*set = shifts[i].set;
		return strlen(shifts[i].sequence);
	}
	return 0;
}

/* JIS X 0212 by way of EUC. */
static void write_pair(struct buffer *out, uint8_t row, uint8_t cell,
		       enum set set, size_t *broken)
{
	uint16_t value = 0;

	row &= 0x7F;
	cell &= 0x7F;
	if (set == SET_0212) {
		uint8_t bytes[3] = {0x8F, row | 0x80, cell | 0x80};

		write_decoded(out, view_of(bytes, 3), ENCODING_EUC_JP, broken);
		return;
	}
	if (row >= 0x21 && row <= 0x7E && cell >= 0x21 && cell <= 0x7E)
		value = jisx0208[row - 0x21][cell - 0x21];
	*broken += value == 0;
	buffer_utf8(out, value == 0 ? 0xFFFD : value);
}

/* Printable ASCII, which most lines have some of, in one go. */
static size_t write_ascii(struct buffer *out, struct view bytes, size_t at)
{
	size_t end = at;

	while (end < bytes.size && bytes.data[end] > ' ' &&
	       bytes.data[end] < 0x7F)
		end++;
	buffer_view(out, view_slice(bytes, at, end - at));
	return end;
}

/* ISO-2022-JP as mailers write it: half-width katakana by ESC ( I, by shift
 * out and by eight bits, a line end in the middle of a set. */
static void write_2022(struct buffer *out, struct view bytes, size_t *broken)
{
	enum set set = SET_ASCII;
	bool shifted_out = false;
	size_t at = 0;

	while (at < bytes.size) {
		uint8_t byte = bytes.data[at];
		size_t taken = byte == ESCAPE ? shift_at(bytes, at, &set) : 0;
		bool kana = set == SET_KANA || shifted_out;

		if (taken > 0) {
			at += taken;
		} else if (byte == SHIFT_OUT || byte == SHIFT_IN) {
			shifted_out = byte == SHIFT_OUT;
			at++;
		} else if (byte <= ' ' || byte == 0x7F) {
			if (byte == '\n')
				set = SET_ASCII;
			buffer_u8(out, byte);
			at++;
		} else if (byte >= 0xA1 && byte <= 0xDF && set != SET_0208) {
			buffer_utf8(out, 0xFF61 + (uint32_t)byte - 0xA1);
			at++;
		} else if (kana && byte < 0x60) {
			buffer_utf8(out, 0xFF61 + (uint32_t)byte - 0x21);
			at++;
		} else if ((set == SET_0208 || set == SET_0212) &&
			   at + 1 < bytes.size &&
			   (bytes.data[at + 1] & 0x7F) > 0x20 &&
			   bytes.data[at + 1] != 0x7F) {
			write_pair(out, byte, bytes.data[at + 1], set, broken);
			at += 2;
		} else if (set == SET_ASCII && byte < 0x7F && !shifted_out) {
			at = write_ascii(out, bytes, at);
		} else if (set == SET_ASCII && byte < 0x7F) {
			buffer_u8(out, byte);
			at++;
		} else {
			(*broken)++;
			buffer_utf8(out, 0xFFFD);
			at++;
		}
	}
}

static bool is_seven_bit(struct view bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] >= 0x80)
			return false;
	return true;
}

static bool has_shift(struct view bytes)
{
	return view_find(bytes, view_of("\x1B$", 2), 0) != SIZE_MAX ||
	       view_find(bytes, view_of("\x1B(", 2), 0) != SIZE_MAX;
}

/* What a text is read as that is not what it says. */
static void write_guessed(struct buffer *out, struct view bytes, size_t *broken)
{
	enum encoding encoding;

	if (has_shift(bytes)) {
		write_2022(out, bytes, broken);
		return;
	}
	encoding = encoding_of(bytes);
	write_decoded(out, bytes,
		      encoding == ENCODING_NONE ? ENCODING_UTF8 : encoding,
		      broken);
}

static bool decodes(struct view bytes, enum encoding encoding)
{
	struct decoder decoder = decoder_make(bytes, encoding);
	struct character next;

	while (decoder_next(&decoder, &next))
		if (next.value >= CHARACTER_INVALID &&
		    next.value != CHARACTER_SHIFT)
			return false;
	return true;
}

static enum encoding own_charset(const char *charset)
{
	for (size_t i = 0; i < sizeof(own_charsets) / sizeof(own_charsets[0]);
	     i++)
		if (strcasecmp(own_charsets[i].name, charset) == 0)
			return own_charsets[i].encoding;
	return ENCODING_NONE;
}

void charset_decode(struct buffer *out, struct view bytes, const char *charset,
		    size_t *ret_broken)
{
	enum encoding encoding = own_charset(charset);

	if (is_seven_bit(bytes) && !has_shift(bytes) &&
	    !view_has(bytes, SHIFT_OUT) && encoding != ENCODING_UTF16LE &&
	    encoding != ENCODING_UTF16BE) {
		buffer_view(out, bytes);
		return;
	}
	for (size_t i = 0; i < FOREIGNS; i++) {
		if (!is_named(foreigns[i].names, charset))
			continue;
		write_foreign(out, bytes, &foreigns[i], ret_broken);
		return;
	}
	if (encoding == ENCODING_UTF8 && utf8_valid(bytes)) {
		size_t mark = view_starts_with(bytes, "\xEF\xBB\xBF") ? 3 : 0;

		buffer_view(out, view_slice(bytes, mark, bytes.size));
		return;
	}
	if (encoding == ENCODING_ISO_2022_JP &&
	    (has_shift(bytes) || is_seven_bit(bytes) ||
	     view_has(bytes, SHIFT_OUT)))
		write_2022(out, bytes, ret_broken);
	else if (encoding != ENCODING_NONE &&
		 encoding != ENCODING_ISO_2022_JP && decodes(bytes, encoding))
		write_decoded(out, bytes, encoding, ret_broken);
	else
		write_guessed(out, bytes, ret_broken);
}

const char *charset_of_code_page(uint64_t code_page)
{
	static const struct {
		uint16_t number;
		const char *name;
	} pages[] = {
	    {874, "tis-620"},        {936, "gbk"},
	    {949, "cp949"},          {950, "big5-hkscs"},
	    {1250, "windows-1250"},  {1251, "windows-1251"},
	    {1252, "windows-1252"},  {1253, "windows-1253"},
	    {1254, "windows-1254"},  {1255, "windows-1255"},
	    {1256, "windows-1256"},  {1257, "windows-1257"},
	    {1258, "windows-1258"},  {10000, "macintosh"},
	    {20127, "windows-1252"}, {20866, "koi8-r"},
	    {20932, "euc-jp"},       {21866, "koi8-u"},
	    {28591, "iso-8859-1"},   {28592, "iso-8859-2"},
	    {28595, "iso-8859-5"},   {28597, "iso-8859-7"},
	    {28599, "iso-8859-9"},   {28605, "iso-8859-15"},
	    {50220, "iso-2022-jp"},  {50221, "iso-2022-jp"},
	    {50222, "iso-2022-jp"},  {51932, "euc-jp"},
	    {51949, "cp949"},        {54936, "gbk"},
	    {65001, "utf-8"},
	};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].number == code_page)
			return pages[i].name;
	return "cp932";
}
