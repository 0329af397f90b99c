#include "sanitizers/pdf/text_font.h"

#include "sanitizers/pdf/stream.h"
#include "sanitizers/pdf/text_encoding.h"
#include "sanitizers/pdf/to_unicode.h"
#include "sanitizers/plain/invisible.h"

#include "base/utf8.h"

#include "base/banned.h"

enum {
	WIDTHS_MAX = 70000,
	SPACE = 0x20,
	REPLACEMENT = 0xfffd,
	SIMPLE_WIDTH = 500,
	COMPOSITE_WIDTH = 1000,
	CMAP_SIZE_MAX = 8 * 1024 * 1024,
};

/* The character maps of ISO 32000-1, table 118, by what their codes are. */
static struct {
	const char *part; /* of the name */
	const char *charset;
	bool mixed;
	iconv_t converter;
} maps[] = {
    {"-UTF16-", "UTF-16BE", false, (iconv_t)-1},
    {"-UCS2-", "UTF-16BE", false, (iconv_t)-1},
    {"RKSJ-", "CP932", true, (iconv_t)-1},
    {"GBK", "GB18030", true, (iconv_t)-1},
    {"GB-EUC-", "GB18030", true, (iconv_t)-1},
    {"KSCms-UHC", "CP949", true, (iconv_t)-1},
    {"KSC-EUC-", "EUC-KR", true, (iconv_t)-1},
    {"B5pc-", "BIG5", true, (iconv_t)-1},
    {"ETen-B5-", "BIG5", true, (iconv_t)-1},
    {"EUC-", "EUC-JP", true, (iconv_t)-1},
};

int text_font_prepare(void)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		maps[i].converter = iconv_open("UTF-8", maps[i].charset);
		if (maps[i].converter == (iconv_t)-1)
			return -ERR_UNAVAILABLE;
	}
	return 0;
}

static void set_map(struct text_font *font, const char *name)
{
	size_t length = strlen(name);

	font->vertical =
	    length > 2 && name[length - 2] == '-' && name[length - 1] == 'V';
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (strstr(name, maps[i].part) != NULL) {
			font->converter = maps[i].converter;
			font->mixed = maps[i].mixed;
			return;
		}
}

static void set_differences(struct pdf *pdf, qpdf_oh array,
			    struct text_font *font)
{
	int count = qpdf_oh_get_array_n_items(pdf->qpdf, array);
	long long code = 0;

	for (int i = 0; i < count; i++) {
		qpdf_oh item = pdf_element(pdf, array, i);

		if (qpdf_oh_is_name(pdf->qpdf, item)) {
			if (code >= 0 && code < 256)
				font->simple[code] = text_name_character(
				    qpdf_oh_get_name(pdf->qpdf, item) + 1);
			code++;
		} else if (qpdf_oh_is_integer(pdf->qpdf, item)) {
			code = qpdf_oh_get_int_value(pdf->qpdf, item);
		}
		qpdf_oh_release(pdf->qpdf, item);
	}
}

static void load_simple(struct pdf *pdf, qpdf_oh dictionary,
			struct text_font *font)
{
	qpdf_oh encoding = pdf_key(pdf, dictionary, "/Encoding");
	bool macintosh =
	    qpdf_oh_is_name_and_equals(pdf->qpdf, encoding,
				       "/MacRomanEncoding") ||
	    pdf_has_name(pdf, encoding, "/BaseEncoding", "/MacRomanEncoding");
	qpdf_oh differences = pdf_key(pdf, encoding, "/Differences");

	for (unsigned i = 0; i < 256; i++)
		font->simple[i] = text_encoding_character(
		    macintosh ? TEXT_MACINTOSH : TEXT_WINDOWS, (uint8_t)i);
	if (qpdf_oh_is_array(pdf->qpdf, differences))
		set_differences(pdf, differences, font);
}

static void add_width(struct text_font *font, long long low, long long high,
		      double width)
{
	if (font->width_count < WIDTHS_MAX && low >= 0 && high >= low &&
	    high <= UINT32_MAX)
		font->widths[font->width_count++] =
		    (struct text_width){(uint32_t)low, (uint32_t)high, width};
}

static double number_at(struct pdf *pdf, qpdf_oh array, int at)
{
	qpdf_oh item = pdf_element(pdf, array, at);
	double value = 0;

	(void)qpdf_oh_get_value_as_number(pdf->qpdf, item, &value);
	qpdf_oh_release(pdf->qpdf, item);
	return value > -1e6 && value < 1e6 ? value : 0;
}

/* "c [w w w]" or "first last w". */
static void load_composite_widths(struct pdf *pdf, qpdf_oh array,
				  struct text_font *font)
{
	int count = qpdf_oh_get_array_n_items(pdf->qpdf, array);

	for (int i = 0; i + 1 < count;) {
		long long first = (long long)number_at(pdf, array, i);
		qpdf_oh next = pdf_element(pdf, array, i + 1);

		if (!qpdf_oh_is_array(pdf->qpdf, next)) {
			if (i + 2 < count)
				add_width(
				    font, first,
				    (long long)number_at(pdf, array, i + 1),
				    number_at(pdf, array, i + 2));
			i += 3;
			continue;
		}
		for (int k = 0; k < qpdf_oh_get_array_n_items(pdf->qpdf, next);
		     k++)
			add_width(font, first + k, first + k,
				  number_at(pdf, next, k));
		i += 2;
	}
}

static void load_simple_widths(struct pdf *pdf, qpdf_oh dictionary,
			       struct text_font *font)
{
	qpdf_oh array = pdf_key(pdf, dictionary, "/Widths");
	long long first = pdf_integer(pdf, dictionary, "/FirstChar", 0);

	font->default_width = SIMPLE_WIDTH;
	if (!qpdf_oh_is_array(pdf->qpdf, array))
		return;
	for (int i = 0;
	     i < qpdf_oh_get_array_n_items(pdf->qpdf, array) && i < 256; i++)
		add_width(font, first + i, first + i, number_at(pdf, array, i));
}

static int load_to_unicode(struct pdf *pdf, qpdf_oh dictionary,
			   struct text_font *font)
{
	qpdf_oh object = pdf_key(pdf, dictionary, "/ToUnicode");
	STREAM_CLEANUP struct pdf_stream stream = {0};

	if (!qpdf_oh_is_stream(pdf->qpdf, object) ||
	    pdf_stream_load(pdf, object, &stream) != 0 ||
	    pdf_stream_decode(&stream, CMAP_SIZE_MAX) != 0)
		return 0;
	return to_unicode_read(pdf->job->arena, buffer_contents(&stream.data),
			       &font->ranges, &font->range_count);
}

int text_font_load(struct pdf *pdf, qpdf_oh dictionary,
		   struct text_font *ret_font)
{
	struct text_font *font = ret_font;
	qpdf_oh encoding = pdf_key(pdf, dictionary, "/Encoding");
	qpdf_oh descendant = pdf_key(pdf, dictionary, "/DescendantFonts");
	qpdf_oh widths;

	*font = (struct text_font){.converter = (iconv_t)-1};
	font->widths =
	    arena_array(pdf->job->arena, WIDTHS_MAX, sizeof(*font->widths));
	if (font->widths == NULL)
		return -ERR_MEMORY;
	font->composite = pdf_has_name(pdf, dictionary, "/Subtype", "/Type0");
	if (!font->composite) {
		load_simple(pdf, dictionary, font);
		load_simple_widths(pdf, dictionary, font);
		return load_to_unicode(pdf, dictionary, font);
	}
	font->default_width = COMPOSITE_WIDTH;
	if (qpdf_oh_is_name(pdf->qpdf, encoding))
		set_map(font, qpdf_oh_get_name(pdf->qpdf, encoding));
	if (qpdf_oh_is_array(pdf->qpdf, descendant))
		descendant = pdf_element(pdf, descendant, 0);
	font->default_width =
	    (double)pdf_integer(pdf, descendant, "/DW", COMPOSITE_WIDTH);
	widths = pdf_key(pdf, descendant, "/W");
	/* Widths go by glyph, which is the code only without a map. */
	if (qpdf_oh_is_array(pdf->qpdf, widths) &&
	    font->converter == (iconv_t)-1)
		load_composite_widths(pdf, widths, font);
	return load_to_unicode(pdf, dictionary, font);
}

static double width_of(const struct text_font *font, uint32_t code)
{
	for (size_t i = 0; i < font->width_count; i++)
		if (code >= font->widths[i].low && code <= font->widths[i].high)
			return font->widths[i].width;
	return font->default_width;
}

/* The last character written; 0 at the beginning. */
static uint32_t last_character(const struct buffer *out)
{
	size_t at = out->size;
	struct cursor cursor;

	while (at > 0 && out->size - at < 4 &&
	       (out->data[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0)
		return 0;
	cursor = cursor_at(buffer_contents(out), at - 1);
	return utf8_next(&cursor);
}

/* Only what the text format lets stand. */
static void put_character(struct buffer *out, uint32_t character)
{
	if (character == 0xa0 || character == '\t' || character == '\n' ||
	    character == '\r' || character == '\f')
		character = SPACE;
	switch (trait_of(character)) {
	case TRAIT_PLAIN:
		buffer_utf8(out, character);
		break;
	case TRAIT_SELECTOR:
		if (selects(character, last_character(out)))
			buffer_utf8(out, character);
		break;
	case TRAIT_SEPARATOR:
		buffer_u8(out, SPACE);
		break;
	default:
		break;
	}
}

static bool put_mapped(const struct text_font *font, uint32_t code,
		       struct buffer *out)
{
	const struct text_range *range =
	    to_unicode_find(font->ranges, font->range_count, code);

	if (range == NULL)
		return false;
	for (unsigned i = 0; i < range->length; i++)
		put_character(out, range->text[i] + (i + 1 == range->length
							 ? code - range->low
							 : 0));
	return true;
}

static bool put_converted(const struct text_font *font, struct view bytes,
			  struct buffer *out)
{
	char text[16];
	char *in = (char *)(uintptr_t)bytes.data;
	char *to = text;
	size_t in_left = bytes.size;
	size_t to_left = sizeof(text);
	struct cursor cursor;

	(void)iconv(font->converter, NULL, NULL, NULL, NULL);
	if (iconv(font->converter, &in, &in_left, &to, &to_left) == (size_t)-1)
		return false;
	cursor = cursor_at(view_of(text, sizeof(text) - to_left), 0);
	while (cursor_left(&cursor) > 0)
		put_character(out, utf8_next(&cursor));
	return true;
}

static bool is_lead(uint8_t byte)
{
	return (byte >= 0x81 && byte <= 0x9f) || byte >= 0xe0 || byte == 0x8e;
}

static struct view next_code(const struct text_font *font,
			     struct cursor *cursor)
{
	struct cursor ahead = *cursor;
	uint8_t first = cursor_u8(&ahead);
	size_t size = 1;

	if (font->composite)
		size = font->mixed && !is_lead(first) &&
			       !(first >= 0xa1 && first <= 0xdf &&
				 font->converter != maps[2].converter)
			   ? 1
			   : 2;
	/* A character outside the first plane takes two units. */
	if (font->composite && !font->mixed && font->converter != (iconv_t)-1 &&
	    (first & 0xfc) == 0xd8)
		size = 4;
	if (size > cursor_left(cursor))
		size = cursor_left(cursor);
	return cursor_take(cursor, size);
}

bool text_font_next(const struct text_font *font, struct cursor *cursor,
		    struct buffer *out, double *ret_width, bool *ret_blank)
{
	struct view bytes;
	uint32_t code = 0;

	if (cursor_left(cursor) == 0)
		return false;
	bytes = next_code(font, cursor);
	for (size_t i = 0; i < bytes.size; i++)
		code = code << 8 | bytes.data[i];
	*ret_width = width_of(font, code);
	*ret_blank = bytes.size == 1 && code == SPACE;
	if (font->mixed && bytes.size == 1)
		*ret_width = font->default_width / 2;
	if (put_mapped(font, code, out))
		return true;
	if (!font->composite) {
		if (font->simple[code & 0xff] != 0)
			put_character(out, font->simple[code & 0xff]);
	} else if (font->converter == (iconv_t)-1 ||
		   !put_converted(font, bytes, out)) {
		buffer_utf8(out, REPLACEMENT);
	}
	return true;
}
