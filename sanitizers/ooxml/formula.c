#include "sanitizers/ooxml/formula.h"

#include "sanitizers/formula_text.h"
#include "sanitizers/link.h"

#include "base/banned.h"

enum { FUNCTION_NAME_MAX = 64 };

static const char *const functions[] = {
#define FUNCTION(name) name,
#include "sanitizers/ooxml/functions.def"
#undef FUNCTION
};

struct scanner {
	const struct document_state *document;
	struct view text;
	size_t at;
	bool indirect; /* references are built from text */
};

static uint8_t peek(const struct scanner *scanner)
{
	return scanner->at < scanner->text.size
		   ? scanner->text.data[scanner->at]
		   : 0;
}

/* A sheet has a formula in every other cell: no calls for each byte. */
static bool is_name(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte >= 0x80 || byte == '_' ||
	       byte == '.' || byte == '$' || byte == '?' || byte == '\\';
}

static void skip_blanks(struct scanner *scanner)
{
	while (peek(scanner) == ' ' || peek(scanner) == '\n' ||
	       peek(scanner) == '\r' || peek(scanner) == '\t')
		scanner->at++;
}

/* Table columns: [..] with inner brackets; ' escapes the next character. */
static bool bracketed(struct scanner *scanner)
{
	size_t depth = 0;

	while (scanner->at < scanner->text.size) {
		uint8_t byte = scanner->text.data[scanner->at++];

		if (byte == '\'')
			scanner->at++;
		else if (byte == '[')
			depth++;
		else if (byte == ']' && --depth == 0)
			return true;
	}
	return false;
}

static int compare_function(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

/* Without what Excel writes in front of newer functions, and of functions
 * that are handed over by name (_xlfn._xlws.SORT, _xleta.SUM). */
static struct view bare_name(struct view name, bool *ret_by_name)
{
	static const char *const prefixes[] = {"_xlfn.", "_xlws.", "_xleta."};
	bool found = true;

	*ret_by_name = false;
	while (found && name.size > 0 && name.data[0] == '_') {
		found = false;
		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]);
		     i++) {
			size_t size = strlen(prefixes[i]);

			if (!view_equal_nocase(view_slice(name, 0, size),
					       prefixes[i]))
				continue;
			name = view_slice(name, size, SIZE_MAX);
			*ret_by_name = true;
			found = true;
		}
	}
	return name;
}

bool formula_may_name(struct view name)
{
	static const char *const names[] = {
	    "CALL",        "REGISTER",   "REGISTER.ID", "UNREGISTER", "EXEC",
	    "RTD",         "WEBSERVICE", "FILTERXML",   "IMAGE",      "DDE",
	    "SQL.REQUEST", "PY",         "EVALUATE",    "RUN",        "FOPEN",
	    "INITIATE",    "EXECUTE",    "POKE",        "REQUEST",    "OPEN",
	    "STOCKHISTORY"};
	bool prefixed;

	(void)bare_name(name, &prefixed);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_equal_nocase(name, names[i]))
			return false;
	return !prefixed;
}

static bool function_allowed(const struct document_state *document,
			     struct view name)
{
	char upper[FUNCTION_NAME_MAX + 1];
	bool prefixed;

	name = bare_name(name, &prefixed);
	/* A parameter of LET or LAMBDA. */
	if (view_equal_nocase(view_slice(name, 0, 6), "_xlpm."))
		return true;
	if (name.size == 0 || name.size > FUNCTION_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.size; i++)
		upper[i] = (char)toupper(name.data[i]);
	upper[name.size] = '\0';
	if (bsearch(upper, functions, sizeof(functions) / sizeof(functions[0]),
		    sizeof(functions[0]), compare_function) != NULL)
		return true;
	return !prefixed && name_list_has(&document->kept_names, name);
}

/* HYPERLINK("literal"...: a target that can be read here, or a place in this
 * workbook, whatever is joined to it. */
static bool hyperlink_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view target;

	ahead.at++;
	skip_blanks(&ahead);
	if (peek(&ahead) != '"' ||
	    !formula_take_quoted(ahead.text, &ahead.at, &target))
		return false;
	if (target.size > 0 && target.data[0] == '#')
		return !formula_has_any(target, "[|\\");
	skip_blanks(&ahead);
	return (peek(&ahead) == ',' || peek(&ahead) == ')') &&
	       link_allowed(scanner->document->package->job->policy, target);
}

static bool call_allowed(struct scanner *scanner, struct view name)
{
	bool prefixed;

	if (view_equal_nocase(bare_name(name, &prefixed), "HYPERLINK") &&
	    !hyperlink_allowed(scanner))
		return false;
	return function_allowed(scanner->document, name);
}

/* What follows the brackets of a table would make them a workbook's:
 * \\host\share\[book.xlsx]Sheet!A1. */
static bool table_allowed(struct scanner *scanner, struct view name)
{
	return !formula_has_any(name, "\\") && bracketed(scanner) &&
	       !is_name(peek(scanner)) && peek(scanner) != '!' &&
	       peek(scanner) != '\'';
}

static bool name_allowed(struct scanner *scanner)
{
	size_t start = scanner->at;
	struct view name;
	bool prefixed;

	while (is_name(peek(scanner)))
		scanner->at++;
	name = view_slice(scanner->text, start, scanner->at - start);
	switch (peek(scanner)) {
	case '[':
		return table_allowed(scanner, name);
	case '!':
		scanner->at++;
		/* No sheet's name has one: the path of a workbook. */
		return !formula_has_any(name, "\\?");
	default:
		break;
	}
	/* Blanks may stand between a function and its arguments. */
	skip_blanks(scanner);
	if (peek(scanner) == '(')
		return call_allowed(scanner, name);
	(void)bare_name(name, &prefixed);
	if (prefixed)
		return function_allowed(scanner->document, name);
	return !name_list_has(&scanner->document->dropped_names, name);
}

/* `[` where a term begins: [@Column] of the own table, or [1]Sheet!A1 of
 * another workbook. */
static bool bracket_allowed(struct scanner *scanner)
{
	if (!bracketed(scanner))
		return false;
	return !is_name(peek(scanner)) && peek(scanner) != '!' &&
	       peek(scanner) != '\'';
}

static bool term_allowed(struct scanner *scanner)
{
	uint8_t byte = peek(scanner);
	struct view text;

	if (byte == '"') {
		if (!formula_take_quoted(scanner->text, &scanner->at, &text))
			return false;
		return !scanner->indirect || !formula_has_any(text, "[|\\/");
	}
	if (byte == '\'') {
		if (!formula_take_quoted(scanner->text, &scanner->at, &text) ||
		    formula_has_any(text, "[]|\\/") || peek(scanner) != '!')
			return false;
		scanner->at++;
		return true;
	}
	if (byte == '[')
		return bracket_allowed(scanner);
	if (byte == '#') {
		scanner->at++;
		while (isalpha(peek(scanner)) || peek(scanner) == '/' ||
		       peek(scanner) == '0' || peek(scanner) == '!' ||
		       peek(scanner) == '?')
			scanner->at++;
		return true;
	}
	if (is_name(byte))
		return name_allowed(scanner);
	scanner->at++;
	/* `|` and everything else that is no operator: DDE, or unknown. */
	return byte != 0 && strchr("+-*/^&=<>(),;:%{}@!~ \t\r\n", byte) != NULL;
}

bool formula_allowed(const struct document_state *document, struct view formula)
{
	struct scanner scanner = {.document = document, .text = formula};

	/* Its argument may be made far in front of it, by LET. */
	for (size_t i = 0; i < formula.size; i++)
		scanner.indirect |=
		    (formula.data[i] == 'I' || formula.data[i] == 'i') &&
		    view_equal_nocase(view_slice(formula, i, 8), "INDIRECT");

	while (scanner.at < formula.size)
		if (!term_allowed(&scanner))
			return false;
	return true;
}
