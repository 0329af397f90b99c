/*
 * Readers do not need the header: where it is missing, or no table leads to
 * the objects, they look for `1 0 obj` at the beginnings of lines and open the
 * file all the same. What would be opened so must not pass as a text; a text
 * that quotes some lines of a PDF must.
 */
#include "sanitizers/pdf/document.h"
#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

enum { HEADER_WITHIN = 1024, DIGITS_MAX = 10 };

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' ||
	       byte == '\f' || byte == '\0';
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool has(struct view input, const char *word, size_t from)
{
	return view_find(input, view_of_string(word), from) != SIZE_MAX;
}

static size_t skip_number(struct view input, size_t at)
{
	size_t start = at;

	while (at < input.size && at - start <= DIGITS_MAX &&
	       is_digit(input.data[at]))
		at++;
	return at == start || at - start > DIGITS_MAX ? SIZE_MAX : at;
}

static size_t skip_space(struct view input, size_t at)
{
	while (at < input.size && is_space(input.data[at]))
		at++;
	return at;
}

static bool has_word(struct view input, size_t at, const char *word)
{
	return view_starts_with(view_slice(input, at, strlen(word)), word);
}

/* `1 0 obj`, or a table that begins here. */
static bool is_body(struct view input, size_t at)
{
	if (has_word(input, at, "xref"))
		return skip_number(input, skip_space(input, at + 4)) !=
		       SIZE_MAX;
	at = skip_number(input, at);
	if (at == SIZE_MAX || skip_space(input, at) == at)
		return false;
	at = skip_number(input, skip_space(input, at));
	return at != SIZE_MAX && has_word(input, skip_space(input, at), "obj");
}

/* Where the first thing is that is neither white space nor a remark. */
static size_t first_token(struct view input)
{
	size_t at = view_starts_with(input, "\xEF\xBB\xBF") ? 3 : 0;

	for (at = skip_space(input, at);
	     at < input.size && input.data[at] == '%';
	     at = skip_space(input, at))
		while (at < input.size && input.data[at] != '\n' &&
		       input.data[at] != '\r')
			at++;
	return at;
}

/* What tells a document from an object that somebody quotes: readers find
 * the pages by one of these. */
static bool has_root(struct view input)
{
	static const char *const words[] = {"/Catalog", "/Root", "trailer",
					    "startxref", "/XRef"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has(input, words[i], 0))
			return true;
	return false;
}

/* An object whose head begins a line. */
static bool has_body(struct view input)
{
	const struct view word = view_of_string("obj");
	size_t at = 0;

	while ((at = view_find(input, word, at)) != SIZE_MAX) {
		size_t start = at > 2 * DIGITS_MAX ? at - 2 * DIGITS_MAX : 0;
		size_t line = at;

		while (line > start && input.data[line - 1] != '\n' &&
		       input.data[line - 1] != '\r')
			line--;
		if (is_body(input, skip_space(input, line)))
			return true;
		at += word.size;
	}
	return false;
}

enum claim pdf_claims(struct view input)
{
	size_t header = view_find(view_slice(input, 0, HEADER_WITHIN),
				  view_of_string("%PDF-"), 0);

	if (header == 0)
		return CLAIM_EXACT;
	/* Office for Mac puts a PDF of the drawing into a comment of the
	 * metafile, which is not among the records that stay. */
	if (metafile_is_enhanced(input))
		return CLAIM_NONE;
	/* Junk in front is common; a text about PDF is not one. */
	if (header != SIZE_MAX && has(input, "endobj", header))
		return CLAIM_EXACT;
	if (is_body(input, first_token(input)) && has(input, "endobj", 0) &&
	    has_root(input))
		return CLAIM_EXACT;
	/* With a PDF's name, readers look this far. */
	if (has(input, "endobj", 0) && has_body(input))
		return CLAIM_LIKELY;
	return CLAIM_NONE;
}
