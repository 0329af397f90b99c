#include "sanitizers/mail/charset.h"
#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

/* Destinations in the middle of a group add braces of their own. */
enum { FRAMES_MAX = 2 * RTF_DEPTH_MAX, CHARSET_MAX = 256 };

struct frame {
	bool silent; /* no text of the page */
	bool note;
	bool fonts;
	int32_t font;
};

struct reading {
	struct rtf *rtf;
	struct buffer *out;
	struct buffer bytes; /* of one charset, not yet decoded */
	uint8_t *charsets;   /* of each font */
	const char *fallback;
	uint32_t surrogate; /* the first half of a pair, 0 */
	struct frame frames[FRAMES_MAX];
	size_t depth;
};

/* Names of charset_decode() by \fcharset. */
static const char *charset_name(const struct reading *reading, int32_t font)
{
	static const struct {
		uint8_t charset;
		const char *name;
	} names[] = {
	    {128, "shift_jis"},    {129, "ks_c_5601-1987"},
	    {134, "gb2312"},       {136, "big5"},
	    {161, "windows-1253"}, {162, "windows-1254"},
	    {177, "windows-1255"}, {178, "windows-1256"},
	    {186, "windows-1257"}, {204, "windows-1251"},
	    {222, "windows-874"},  {238, "windows-1250"},
	};
	uint8_t charset = reading->charsets[font];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].charset == charset)
			return names[i].name;
	return reading->fallback;
}

static struct frame *top(struct reading *reading)
{
	return &reading->frames[reading->depth - 1];
}

static void flush(struct reading *reading)
{
	size_t broken = 0;

	if (reading->bytes.size > 0)
		charset_decode(reading->out, buffer_contents(&reading->bytes),
			       charset_name(reading, top(reading)->font),
			       &broken);
	reading->bytes.size = 0;
}

static void put(struct reading *reading, const char *text)
{
	if (top(reading)->silent)
		return;
	flush(reading);
	buffer_text(reading->out, text);
}

/* A row's last cell ends with the row. */
static void end_row(struct reading *reading)
{
	struct buffer *out = reading->out;

	if (top(reading)->silent)
		return;
	flush(reading);
	if (out->size > 0 && out->data[out->size - 1] == '\t')
		out->size--;
	buffer_u8(out, '\n');
}

static void put_unicode(struct reading *reading, int32_t number)
{
	uint32_t unit = (uint32_t)number & 0xFFFF;

	if (top(reading)->silent)
		return;
	flush(reading);
	if (unit >= 0xD800 && unit < 0xDC00) {
		reading->surrogate = unit;
		return;
	}
	if (unit >= 0xDC00 && unit < 0xE000 && reading->surrogate != 0)
		unit = 0x10000 + ((reading->surrogate - 0xD800) << 10) + unit -
		       0xDC00;
	reading->surrogate = 0;
	buffer_utf8(reading->out, unit);
}

static bool is_silent(struct view name)
{
	static const char *const words[] = {
	    "fonttbl",
	    "colortbl",
	    "stylesheet",
	    "listtable",
	    "listoverridetable",
	    "revtbl",
	    "sp",
	    "pict",
	    "fldinst",
	    "bkmkstart",
	    "bkmkend",
	    "atnid",
	    "atnauthor",
	    "atntime",
	    "atndate",
	    "atnref",
	    "atnparent",
	    "atrfstart",
	    "atrfend",
	    "atnicn",
	    "xe",
	    "tc",
	    "tcn",
	    "background",
	    "pnseclvl",
	    "pn",
	    "defchp",
	    "defpap",
	    "ftnsep",
	    "ftnsepc",
	    "ftncn",
	    "aftnsep",
	    "aftnsepc",
	    "aftncn",
	    "fchars",
	    "lchars",
	    "mmathPr",
	    "nonesttables",
	    "mctrlPr",
	    "mvfmf",
	    "mvfml",
	    "mvtof",
	    "mvtol",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_equal(name, view_of_string(words[i])))
			return true;
	return false;
}

static const char *sign(struct view name)
{
	static const struct {
		const char *word;
		const char *text;
	} signs[] = {
	    {"par", "\n"},
	    {"line", "\n"},
	    {"sect", "\n"},
	    {"page", "\n"},
	    {"column", "\n"},
	    {"lbr", "\n"},
	    {"cell", "\t"},
	    {"nestcell", "\t"},
	    {"tab", "\t"},
	    {"emdash", "—"},
	    {"endash", "–"},
	    {"bullet", "•"},
	    {"lquote", "‘"},
	    {"rquote", "’"},
	    {"ldblquote", "“"},
	    {"rdblquote", "”"},
	    {"emspace", "\xE2\x80\x83"},
	    {"enspace", "\xE2\x80\x82"},
	    {"qmspace", "\xE2\x80\x85"},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (view_equal(name, view_of_string(signs[i].word)))
			return signs[i].text;
	return NULL;
}

/* The output has valid numbers only: see take_format() of filter.c. */
static void take_font(struct reading *reading, const struct rtf_token *token)
{
	struct frame *frame = top(reading);

	if (view_equal(token->bytes, view_of_string("f"))) {
		flush(reading);
		if (token->number >= 0 && token->number <= RTF_FONT_NUMBER)
			frame->font = token->number;
	} else if (frame->fonts &&
		   view_equal(token->bytes, view_of_string("fcharset"))) {
		reading->charsets[frame->font] = (uint8_t)token->number;
	} else if (view_equal(token->bytes, view_of_string("ansicpg")) &&
		   token->number == 932) {
		reading->fallback = "shift_jis";
	}
}

static void take_word(struct reading *reading, const struct rtf_token *token)
{
	const char *text = sign(token->bytes);
	struct rtf_token unit;

	if (text != NULL) {
		put(reading, text);
	} else if (view_equal(token->bytes, view_of_string("row")) ||
		   view_equal(token->bytes, view_of_string("nestrow"))) {
		end_row(reading);
	} else if (view_equal(token->bytes, view_of_string("u"))) {
		put_unicode(reading, token->number);
		/* The unit of fallback stands alone or before other text. */
		unit = rtf_next(&reading->rtf->reader);
		if (unit.kind == RTF_TEXT && unit.bytes.size > 1 &&
		    !top(reading)->silent)
			buffer_view(&reading->bytes,
				    view_slice(unit.bytes, 1, SIZE_MAX));
	} else if (view_equal(token->bytes, view_of_string("fonttbl"))) {
		top(reading)->fonts = true;
		top(reading)->silent = true;
	} else if (view_equal(token->bytes, view_of_string("footnote")) ||
		   view_equal(token->bytes, view_of_string("annotation"))) {
		put(reading, "[");
		top(reading)->note = true;
	} else if (is_silent(token->bytes)) {
		top(reading)->silent = true;
	} else {
		take_font(reading, token);
	}
}

static void take_symbol(struct reading *reading, uint8_t byte)
{
	if (byte == '~')
		put(reading, "\xC2\xA0");
	else if (byte == '_')
		put(reading, "\xE2\x80\x91");
	else if ((byte == '\\' || byte == '{' || byte == '}') &&
		 !top(reading)->silent)
		buffer_u8(&reading->bytes, byte);
}

static int open_frame(struct reading *reading)
{
	if (reading->depth == FRAMES_MAX)
		return -ERR_LIMIT_DEPTH;
	if (reading->depth > 0) {
		flush(reading);
		reading->frames[reading->depth] =
		    reading->frames[reading->depth - 1];
		reading->frames[reading->depth].note = false;
	}
	reading->depth++;
	return 0;
}

static void close_frame(struct reading *reading)
{
	flush(reading);
	if (top(reading)->note)
		put(reading, "]");
	reading->depth--;
}

static int take(struct reading *reading, const struct rtf_token *token)
{
	if (token->kind == RTF_OPEN)
		return open_frame(reading);
	if (reading->depth == 0)
		return -ERR_INTERNAL;
	if (token->kind == RTF_CLOSE)
		close_frame(reading);
	else if (token->kind == RTF_WORD)
		take_word(reading, token);
	else if (token->kind == RTF_SYMBOL)
		take_symbol(reading, token->byte);
	else if (top(reading)->silent)
		return 0;
	else if (token->kind == RTF_BYTE)
		buffer_u8(&reading->bytes, token->byte);
	else
		buffer_view(&reading->bytes, token->bytes);
	return buffer_error(&reading->bytes);
}

int rtf_text(struct rtf *rtf, struct buffer *out)
{
	size_t room = rtf->job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer written = rtf->out;
	struct reading *reading =
	    arena_alloc(rtf->job->arena, sizeof(*reading));
	int error = 0;

	rtf->out = buffer_make(room);
	if (reading == NULL)
		return -ERR_MEMORY;
	reading->rtf = rtf;
	reading->out = out;
	reading->bytes = buffer_make(room);
	reading->fallback = "windows-1252";
	reading->charsets =
	    arena_array(rtf->job->arena, RTF_FONT_NUMBER + 1, 1);
	if (reading->charsets == NULL)
		return -ERR_MEMORY;
	rtf->reader = rtf_reader_at(buffer_contents(&written), 0);
	while (error == 0) {
		struct rtf_token token = rtf_next(&rtf->reader);

		if (token.kind == RTF_END)
			break;
		error = take(reading, &token);
	}
	buffer_free(&reading->bytes);
	return error != 0 ? error : buffer_error(out);
}
