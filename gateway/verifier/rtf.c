/*
 * RTF read as a flat run of braces, words and text: seven bits, one group, no
 * word, destination or property that is not on this list, no binary run, fields
 * by keyword and address, pictures by their own readers.
 */
#include "gateway/verifier/check.h"
#include "gateway/verifier/picture.h"

#include "base/buffer.h"
#include "base/hex.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/banned.h"

enum { NAME_SIZE = 40, CODE_SIZE = 16384, DEPTH_MAX = 1100 };

enum kind { WORD, DESTINATION, PROPERTY };

static const struct {
	enum kind kind;
	const char *names;
} lists[] = {
#define NAMES(kind, names) {kind, names},
#include "gateway/verifier/rtf_names.def"
#undef NAMES
};

/* The lists, cut at their blanks and sorted. */
struct name {
	enum kind kind;
	struct view text;
};

enum { NAMES_MAX = 2048 };
static struct name names[NAMES_MAX];
static size_t name_count;

struct scan {
	struct check *check;
	const char *at;
	const char *end;
	size_t depth;
	bool star;
	size_t field;   /* depth of the instruction that is read, 0 for none */
	size_t picture; /* the same of a picture */
	size_t name;    /* the same of a property's name */
	char code[CODE_SIZE];
	size_t code_size;
	struct buffer bytes; /* of the picture */
	int digit;           /* the first of two; below 0: none */
	char property[NAME_SIZE];
	size_t property_size;
};

static int compare(const void *a, const void *b)
{
	const struct name *left = a;
	const struct name *right = b;
	size_t size = left->text.size;

	if (left->kind != right->kind)
		return (int)left->kind - (int)right->kind;
	if (size != right->text.size)
		return size < right->text.size ? -1 : 1;
	return size == 0 ? 0 : memcmp(left->text.data, right->text.data, size);
}

static int prepare_rtf(void)
{
	name_count = 0;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = lists[i].names;

		while (*at != '\0') {
			size_t size = strcspn(at, " ");

			if (name_count == NAMES_MAX)
				return -ERR_INTERNAL;
			names[name_count++] =
			    (struct name){lists[i].kind, view_of(at, size)};
			at += size;
			at += strspn(at, " ");
		}
	}
	qsort(names, name_count, sizeof(names[0]), compare);
	return 0;
}

static bool is_listed(enum kind kind, const char *text)
{
	struct name name = {kind, view_of_string(text)};

	return bsearch(&name, names, name_count, sizeof(names[0]), compare) !=
	       NULL;
}

static int residue(struct scan *scan, const char *what, const char *name)
{
	return check_fail(
	    scan->check, -ERR_VERIFY_RESIDUE, "%s %.100s at byte %zu", what,
	    name, (size_t)(scan->at - (const char *)scan->check->output.data));
}

static int malformed(struct scan *scan, const char *what)
{
	return check_fail(
	    scan->check, -ERR_VERIFY_MALFORMED, "%s at byte %zu", what,
	    (size_t)(scan->at - (const char *)scan->check->output.data));
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/* The first argument of a HYPERLINK that is no switch is its address. */
static bool is_allowed_address(const char *text)
{
	static const char *const schemes[] = {"http://", "https://",
					      "mailto:", "tel:", "#"};

	text += strspn(text, " ");
	while (*text == '\\' && text[1] != '\0') {
		bool place = text[1] == 'l' || text[1] == 'L';

		text += 2;
		text += strspn(text, " ");
		if (place)
			return true;
	}
	text += strspn(text, "\"");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (begins(text, schemes[i]))
			return true;
	return false;
}

static int check_field(struct scan *scan)
{
	static const char *const keywords[] = {
	    "PAGE",    "NUMPAGES", "SECTION",  "SECTIONPAGES", "TOC",
	    "TC",      "XE",       "INDEX",    "REF",          "PAGEREF",
	    "NOTEREF", "STYLEREF", "SEQ",      "LISTNUM",      "DATE",
	    "TIME",    "SYMBOL",   "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN",
	    "EQ",      "HYPERLINK"};
	enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };
	const char *text = scan->code;
	size_t size;
	size_t i = 0;

	scan->code[scan->code_size] = '\0';
	text += strspn(text, " ");
	size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz");
	while (i < KEYWORDS &&
	       (strlen(keywords[i]) != size || !begins(text, keywords[i])))
		i++;
	if (i == KEYWORDS)
		return residue(scan, "field", scan->code);
	if (i == KEYWORDS - 1 && !is_allowed_address(text + size))
		return residue(scan, "link", scan->code);
	return 0;
}

static int check_picture(struct scan *scan)
{
	if (scan->digit >= 0 || buffer_error(&scan->bytes) != 0)
		return malformed(scan, "a picture");
	return picture_verify_part(scan->check, "picture",
				   buffer_contents(&scan->bytes));
}

static int take_digit(struct scan *scan, char c)
{
	int digit = hex_digit((uint8_t)c);

	if (c == ' ')
		return 0;
	if (digit < 0)
		return residue(scan, "picture", "no digits");
	if (scan->digit >= 0)
		buffer_u8(&scan->bytes, (uint8_t)(scan->digit << 4 | digit));
	scan->digit = scan->digit >= 0 ? -1 : digit;
	return 0;
}

static int close_group(struct scan *scan)
{
	int error = 0;

	if (scan->depth == scan->field) {
		error = check_field(scan);
		scan->field = 0;
	} else if (scan->depth == scan->picture) {
		error = check_picture(scan);
		scan->picture = 0;
	} else if (scan->depth == scan->name) {
		scan->property[scan->property_size] = '\0';
		if (!is_listed(PROPERTY, scan->property))
			error = residue(scan, "property", scan->property);
		scan->name = 0;
	}
	scan->depth--;
	return error;
}

static void enter(struct scan *scan, const char *name)
{
	if (strcmp(name, "fldinst") == 0) {
		scan->field = scan->depth;
		scan->code_size = 0;
	} else if (strcmp(name, "pict") == 0) {
		scan->picture = scan->depth;
		scan->bytes.size = 0;
		scan->digit = -1;
	} else if (strcmp(name, "sn") == 0) {
		scan->name = scan->depth;
		scan->property_size = 0;
	}
}

static int take_word(struct scan *scan)
{
	char name[NAME_SIZE];
	size_t size = 0;
	bool star = scan->star;

	while (scan->at < scan->end && isalpha((unsigned char)*scan->at)) {
		if (size == sizeof(name) - 1)
			return malformed(scan, "a long word");
		name[size++] = *scan->at++;
	}
	name[size] = '\0';
	scan->star = false;
	if (scan->at < scan->end && *scan->at == '-')
		scan->at++;
	while (scan->at < scan->end && isdigit((unsigned char)*scan->at))
		scan->at++;
	if (scan->at < scan->end && *scan->at == ' ')
		scan->at++;
	if (!is_listed(star ? DESTINATION : WORD, name))
		return residue(scan, star ? "destination" : "word", name);
	if (scan->field != 0 && strcmp(name, "field") == 0)
		return residue(scan, "field", "in a field");
	enter(scan, name);
	return 0;
}

static int take_text(struct scan *scan, char c)
{
	if (scan->star)
		return malformed(scan, "text behind a star");
	if (scan->field == scan->depth && scan->field != 0) {
		if (scan->code_size == CODE_SIZE - 1)
			return malformed(scan, "a long instruction");
		scan->code[scan->code_size++] = c;
	} else if (scan->picture == scan->depth && scan->picture != 0) {
		return take_digit(scan, c);
	} else if (scan->name == scan->depth && scan->name != 0 &&
		   scan->property_size < NAME_SIZE - 1) {
		scan->property[scan->property_size++] = c;
	}
	return 0;
}

static int take_control(struct scan *scan)
{
	char c;

	if (scan->at == scan->end)
		return malformed(scan, "the end");
	if (isalpha((unsigned char)*scan->at))
		return take_word(scan);
	c = *scan->at++;
	if (c == '*') {
		scan->star = true;
		return 0;
	}
	if (c == '\'') {
		if (scan->end - scan->at < 2 ||
		    !isxdigit((unsigned char)scan->at[0]) ||
		    !isxdigit((unsigned char)scan->at[1]))
			return malformed(scan, "a code");
		scan->at += 2;
		return take_text(scan, '?');
	}
	if (strchr("\\{}~-_:", c) == NULL)
		return residue(scan, "symbol", (char[]){c, '\0'});
	return take_text(scan, c);
}

static int take(struct scan *scan)
{
	char c = *scan->at++;

	if (c == '\n')
		return 0;
	if (c < 0x20 || c > 0x7E)
		return malformed(scan, "a byte that is no ASCII");
	if (c == '{') {
		if (++scan->depth > DEPTH_MAX)
			return malformed(scan, "too deep");
		return scan->star ? malformed(scan, "a star") : 0;
	}
	if (c == '}')
		return close_group(scan);
	return c == '\\' ? take_control(scan) : take_text(scan, c);
}

/* Any container, written out in digits. */
static bool holds_digits(struct view output, const char *digits)
{
	size_t size = strlen(digits);
	size_t found = 0;

	for (size_t i = 0; i < output.size; i++) {
		if (output.data[i] == '\n')
			continue;
		if (tolower(output.data[i]) == digits[found])
			found++;
		else
			found = tolower(output.data[i]) == digits[0];
		if (found == size)
			return true;
	}
	return false;
}

static int take_all(struct scan *scan)
{
	while (scan->at < scan->end) {
		int error = take(scan);

		if (error != 0)
			return error;
		if (scan->depth == 0)
			break;
	}
	if (scan->depth != 0 || scan->end - scan->at != 1 || *scan->at != '\n')
		return malformed(scan, "the end is elsewhere");
	return 0;
}

static int verify_rtf(struct check *check)
{
	struct view output = check->output;
	struct scan *scan = arena_alloc(check->arena, sizeof(*scan));
	int error;

	if (scan == NULL)
		return -ERR_MEMORY;
	*scan = (struct scan){
	    .check = check,
	    .at = (const char *)output.data,
	    .end = (const char *)output.data + output.size,
	    .bytes = buffer_make(output.size),
	};
	if (!view_starts_with(output, "{\\rtf1\\uc1"))
		return check_fail(check, -ERR_VERIFY_TYPE, "no RTF");
	if (holds_digits(output, "d0cf11e0"))
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "a compound file in digits");
	error = take_all(scan);
	buffer_free(&scan->bytes);
	return error;
}

const struct verifier verifier_rtf = {
    .family = "rtf",
    .verify = verify_rtf,
    .prepare = prepare_rtf,
};
