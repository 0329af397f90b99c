#include "gateway/verifier/doc.h"

#include "base/banned.h"

enum { CODE_SIZE = 16384, DEPTH_MAX = 256, PARTS = 8 };

/* All text as UTF-16 units, as readers put it together. */
struct text {
	uint16_t *units;
	size_t count;
};

static int malformed(struct doc_scan *scan, const char *what, size_t at)
{
	return check_fail(scan->check, -ERR_VERIFY_MALFORMED, "%s at %zu", what,
			  at);
}

static int read_piece(struct doc_scan *scan, struct text *text,
		      uint32_t address, size_t from, size_t to)
{
	bool narrow = (address & 0x40000000) != 0;
	size_t offset = address & 0x3FFFFFFF;
	size_t width = narrow ? 1 : 2;
	int error;

	if (narrow)
		offset /= 2;
	if (to < from || to - from > scan->main.bytes.size)
		return malformed(scan, "piece", from);
	error = doc_use(scan, &scan->main, offset, (to - from) * width);
	for (size_t i = from; i < to && error == 0; i++)
		text->units[text->count++] = (uint16_t)doc_get(
		    scan->main.bytes, offset + (i - from) * width, width);
	return error;
}

static int read_text(struct doc_scan *scan, struct text *text)
{
	struct view clx = scan->clx;
	size_t at = 0;
	size_t count;
	size_t total;

	while (at < clx.size && clx.data[at] == 1)
		at += 3 + doc_get(clx, at + 1, 2);
	if (at >= clx.size || clx.data[at] != 2 || clx.size - at < 9)
		return malformed(scan, "Clx", at);
	clx = view_slice(clx, at + 5, doc_get(clx, at + 1, 4));
	count = (clx.size - 4) / 12;
	if (clx.size < 4 || (clx.size - 4) % 12 != 0)
		return malformed(scan, "pieces", at);
	total = doc_get(clx, 4 * count, 4);
	if (total > 64 * (scan->main.bytes.size + 1))
		return malformed(scan, "text", total);
	text->units =
	    arena_array(scan->check->arena, total + 1, sizeof(*text->units));
	if (text->units == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		int error;

		if (doc_get(clx, 4 * i, 4) != text->count ||
		    doc_get(clx, 4 * i + 4, 4) > total)
			return malformed(scan, "piece", i);
		error = read_piece(
		    scan, text, doc_get(clx, 4 * count + 4 + 8 * i + 2, 4),
		    doc_get(clx, 4 * i, 4), doc_get(clx, 4 * i + 4, 4));
		if (error != 0)
			return error;
	}
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* The first argument of a HYPERLINK that is no switch is its address. */
static bool is_allowed_address(const char *text)
{
	static const char *const schemes[] = {"http://", "https://",
					      "mailto:", "tel:", "#"};

	text = skip_blanks(text);
	while (*text == '\\' && text[1] != '\0') {
		if (text[1] == 'l' || text[1] == 'L')
			return true;
		text = skip_blanks(text + 2);
		if (strchr("oOtT", text[-1]) != NULL && *text == '"') {
			text += 1 + strcspn(text + 1, "\"");
			text = skip_blanks(text + (*text == '"'));
		}
	}
	text += strspn(text, "\"");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (begins(text, schemes[i]))
			return true;
	return false;
}

static int check_code(struct doc_scan *scan, const char *code)
{
	static const char *const keywords[] = {
	    "PAGE",    "NUMPAGES", "SECTION",  "SECTIONPAGES", "TOC",
	    "TC",      "XE",       "INDEX",    "REF",          "PAGEREF",
	    "NOTEREF", "STYLEREF", "SEQ",      "LISTNUM",      "DATE",
	    "TIME",    "SYMBOL",   "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN",
	    "EQ",      "HYPERLINK"};
	enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };
	const char *text = skip_blanks(code);
	size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz");
	size_t i = 0;

	/* What is left of one that went. */
	if (size == 5 && begins(text, "QUOTE"))
		return *skip_blanks(text + size) == '\0'
			   ? 0
			   : check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					"field %.100s", text);
	if (*text == '\0')
		return 0;
	while (i < KEYWORDS &&
	       (strlen(keywords[i]) != size || !begins(text, keywords[i])))
		i++;
	if (i == KEYWORDS)
		return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				  "field %.100s", text);
	if (i == KEYWORDS - 1 && !is_allowed_address(text + size))
		return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				  "link %.100s", text);
	return 0;
}

/* The instruction as ASCII; a picture in it is data of a form or link. */
static int check_field(struct doc_scan *scan, const struct text *text,
		       size_t from, size_t to)
{
	static char code[CODE_SIZE];
	size_t size = 0;
	size_t nested = 0;

	for (size_t i = from; i < to; i++) {
		uint16_t unit = text->units[i];

		if (size == CODE_SIZE - 1)
			return malformed(scan, "a long instruction", from);
		nested += unit == 0x13;
		if (unit == 1 || (unit >= 0x13 && unit <= 0x15))
			unit = ' ';
		code[size++] = unit > 0 && unit < 0x7F ? (char)unit : '?';
	}
	code[size] = '\0';
	if (nested > 0 && *skip_blanks(code) != '\0' &&
	    !(begins(skip_blanks(code), "QUOTE") &&
	      *skip_blanks(skip_blanks(code) + 5) == '\0'))
		return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				  "a field within %.100s", code);
	return check_code(scan, code);
}

/* Fields of one part of the text: every sign has its place. */
static int check_part(struct doc_scan *scan, const struct text *text,
		      size_t from, size_t to)
{
	size_t begins_at[DEPTH_MAX];
	bool separated[DEPTH_MAX];
	size_t depth = 0;
	int error = 0;

	for (size_t i = from; i < to && error == 0; i++) {
		uint16_t unit = text->units[i];

		if (unit < 0x13 || unit > 0x15)
			continue;
		if (unit == 0x13) {
			if (depth == DEPTH_MAX)
				return malformed(scan, "fields too deep", i);
			separated[depth] = false;
			begins_at[depth++] = i + 1;
			continue;
		}
		if (depth == 0 || (unit == 0x14 && separated[depth - 1]))
			return malformed(scan, "a sign of a field", i);
		if (!separated[depth - 1])
			error =
			    check_field(scan, text, begins_at[depth - 1], i);
		separated[depth - 1] = true;
		depth -= unit == 0x15;
	}
	if (error == 0 && depth != 0)
		error = malformed(scan, "a field without an end", from);
	return error;
}

/* The types in the tables of fields name what runs by itself. */
static int check_kinds(struct doc_scan *scan, unsigned number)
{
	static const char allowed[] =
	    "\x03\x04\x08\x09\x0A\x0C\x0D\x1A\x1F\x20\x21\x23\x25\x31\x39\x41"
	    "\x42\x46\x47\x48\x53\x58\x5A";
	struct view region = doc_scan_region(scan, number);
	size_t count = region.size < 4 ? 0 : (region.size - 4) / 6;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = region.data + 4 * (count + 1) + 2 * i;

		if ((entry[0] & 0x1F) == 0x13 &&
		    memchr(allowed, entry[1], sizeof(allowed) - 1) == NULL)
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "field type %u", (unsigned)entry[1]);
	}
	return 0;
}

int doc_check_text(struct doc_scan *scan)
{
	static const uint8_t tables[] = {16, 17, 18, 19, 48, 57, 59};
	struct text text = {NULL, 0};
	size_t from = 0;
	int error = read_text(scan, &text);

	if (error != 0 || text.units == NULL)
		return error != 0 ? error : -ERR_MEMORY;
	for (size_t i = 0; i < PARTS && error == 0; i++) {
		size_t count = doc_get(scan->main.bytes, 76 + 4 * i, 4);

		if (i == 3)
			count = 0;
		if (count > text.count - from)
			return malformed(scan, "part", i);
		error = check_part(scan, &text, from, from + count);
		from += count;
	}
	for (size_t i = 0; i < sizeof(tables) && error == 0; i++)
		error = check_kinds(scan, tables[i]);
	return error;
}
