#include "sanitizers/odf/formula.h"

#include "sanitizers/formula_text.h"
#include "sanitizers/link.h"

#include "base/banned.h"

enum { FUNCTION_NAME_MAX = 64 };

static const char *const functions[] = {
#define FUNCTION(name) name,
#include "sanitizers/ooxml/functions.def"
#undef FUNCTION
};

static const char *const more_functions[] = {
#define FUNCTION(name) name,
#include "sanitizers/odf/functions.def"
#undef FUNCTION
};

/* Who made a function, in front of its name. */
static const char *const makers[] = {
    "COM.MICROSOFT.",
    "ORG.LIBREOFFICE.",
    "ORG.OPENOFFICE.",
    "LEGACY.",
    "COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GET",
    "COM.SUN.STAR.SHEET.ADDIN.DATEFUNCTIONS.GET",
};

struct scanner {
	const struct policy *policy;
	struct view text;
	size_t at;
	enum odf_formula form;
	bool indirect; /* references are built from text */
};

static uint8_t peek(const struct scanner *scanner)
{
	return scanner->at < scanner->text.size
		   ? scanner->text.data[scanner->at]
		   : 0;
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_name(const struct scanner *scanner, uint8_t byte)
{
	return is_letter(byte) || (byte >= '0' && byte <= '9') ||
	       byte >= 0x80 || byte == '_' || byte == '.' || byte == '$' ||
	       (byte == '-' && scanner->form != ODF_FORMULA_CELL);
}

static void skip_blanks(struct scanner *scanner)
{
	while (peek(scanner) == ' ' || peek(scanner) == '\n' ||
	       peek(scanner) == '\r' || peek(scanner) == '\t')
		scanner->at++;
}

static int compare_function(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

static bool listed(const char *name, const char *const *list, size_t count)
{
	return bsearch(name, list, count, sizeof(*list), compare_function) !=
	       NULL;
}

static struct view without_maker(struct view name)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (view_starts_with_nocase(name, makers[i]))
			return view_slice(name, strlen(makers[i]), SIZE_MAX);
	return name;
}

static bool function_listed(struct view name)
{
	char exact[FUNCTION_NAME_MAX + 1];
	char upper[FUNCTION_NAME_MAX + 1];
	const size_t more = sizeof(more_functions) / sizeof(more_functions[0]);

	name = without_maker(name);
	if (name.size == 0 || name.size > FUNCTION_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		exact[i] = (char)name.data[i];
		upper[i] = (char)toupper(name.data[i]);
	}
	exact[name.size] = upper[name.size] = '\0';
	return listed(upper, functions,
		      sizeof(functions) / sizeof(functions[0])) ||
	       listed(upper, more_functions, more) ||
	       listed(exact, more_functions, more);
}

/* HYPERLINK("literal"; ...): a target that can be read here. */
static bool hyperlink_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view target;

	ahead.at++;
	skip_blanks(&ahead);
	if (peek(&ahead) != '"' ||
	    !formula_take_quoted(ahead.text, &ahead.at, &target))
		return false;
	skip_blanks(&ahead);
	return (peek(&ahead) == ';' || peek(&ahead) == ',' ||
		peek(&ahead) == ')') &&
	       link_allowed(scanner->policy, target);
}

static bool call_allowed(struct scanner *scanner, struct view name)
{
	size_t dash = view_find_last(name, view_of_string("-"));

	if (view_equal_nocase(without_maker(name), "HYPERLINK"))
		return hyperlink_allowed(scanner);
	if (function_listed(name))
		return true;
	/* In a condition: A1-SUM(...). */
	return dash != SIZE_MAX && scanner->form == ODF_FORMULA_CONDITION &&
	       !view_equal_nocase(
		   without_maker(view_slice(name, dash + 1, SIZE_MAX)),
		   "HYPERLINK") &&
	       (dash + 1 == name.size ||
		function_listed(view_slice(name, dash + 1, SIZE_MAX)));
}

/* The name of a sheet, which has none of these: else it is a file's. */
static bool sheet_allowed(struct scanner *scanner)
{
	struct view text;

	return formula_take_quoted(scanner->text, &scanner->at, &text) &&
	       !formula_has_any(text, "/\\:[]#") && peek(scanner) != '#';
}

/* #REF!, #N/A, #DIV/0!; anywhere else `#` ends the name of a file. */
static bool error_allowed(struct scanner *scanner)
{
	static const char *const errors[] = {"#REF!",   "#N/A",  "#DIV/0!",
					     "#VALUE!", "#NUM!", "#NAME?",
					     "#NULL!",  "#ERR5"};

	if (scanner->at > 0 &&
	    (is_name(scanner, scanner->text.data[scanner->at - 1]) ||
	     scanner->text.data[scanner->at - 1] == '\'') &&
	    scanner->text.data[scanner->at - 1] != '.' &&
	    scanner->text.data[scanner->at - 1] != '$')
		return false;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		size_t size = strlen(errors[i]);

		if (view_equal_nocase(
			view_slice(scanner->text, scanner->at, size),
			errors[i])) {
			scanner->at += size;
			return true;
		}
	}
	return false;
}

/* [.A1:.B2], ['Sheet'.A1], <Table.A1>. */
static bool reference_allowed(struct scanner *scanner, uint8_t end)
{
	scanner->at++;
	while (scanner->at < scanner->text.size) {
		uint8_t byte = peek(scanner);

		if (byte == end) {
			scanner->at++;
			return true;
		}
		if (byte == '\'') {
			if (!sheet_allowed(scanner))
				return false;
		} else if (byte == '#') {
			if (!error_allowed(scanner))
				return false;
		} else if (is_name(scanner, byte) ||
			   strchr(":! ~-", byte) != NULL) {
			scanner->at++;
		} else {
			return false;
		}
	}
	return false;
}

static bool name_allowed(struct scanner *scanner)
{
	size_t start = scanner->at;
	struct view name;
	size_t end;

	while (is_name(scanner, peek(scanner)))
		scanner->at++;
	name = view_slice(scanner->text, start, scanner->at - start);
	end = scanner->at;
	skip_blanks(scanner);
	if (peek(scanner) == '(')
		return call_allowed(scanner, name);
	scanner->at = end;
	return peek(scanner) != '#';
}

/* Where a table of Writer is meant and nothing is compared: <A1>, <T.A1:A9>. */
static bool is_table_reference(const struct scanner *scanner)
{
	struct scanner ahead = *scanner;

	return reference_allowed(&ahead, '>');
}

static bool term_allowed(struct scanner *scanner)
{
	uint8_t byte = peek(scanner);
	struct view text;

	if (byte == '"') {
		if (!formula_take_quoted(scanner->text, &scanner->at, &text))
			return false;
		return !scanner->indirect || !formula_has_any(text, "#/\\:|");
	}
	if (byte == '\'')
		return sheet_allowed(scanner);
	if (byte == '[')
		return reference_allowed(scanner, ']');
	if (byte == '<' && is_table_reference(scanner))
		return reference_allowed(scanner, '>');
	if (byte == '#')
		return error_allowed(scanner);
	if (is_name(scanner, byte))
		return name_allowed(scanner);
	scanner->at++;
	if (byte == 0)
		return false;
	if (scanner->form == ODF_FORMULA_RANGE)
		return strchr(": ;,~!()", byte) != NULL;
	return strchr("+-*/^&=<>(),;:%{}|@!~ \t\r\n", byte) != NULL;
}

/* "of:=", "oooc:=", "ooow:": the grammar. Excel's own is not read here. */
static bool skip_grammar(struct scanner *scanner)
{
	static const char *const grammars[] = {"of:", "oooc:", "ooow:"};
	size_t letters = 0;

	for (size_t i = 0; i < sizeof(grammars) / sizeof(grammars[0]); i++)
		if (view_starts_with(scanner->text, grammars[i])) {
			scanner->at = strlen(grammars[i]);
			return true;
		}
	while (letters < scanner->text.size &&
	       is_letter(scanner->text.data[letters]))
		letters++;
	/* Another grammar's prefix: "msoxl:=". */
	return letters + 1 >= scanner->text.size ||
	       scanner->text.data[letters] != ':' ||
	       scanner->text.data[letters + 1] != '=';
}

bool odf_formula_allowed(const struct policy *policy, struct view formula,
			 enum odf_formula form)
{
	struct scanner scanner = {
	    .policy = policy, .text = formula, .form = form};

	for (size_t i = 0; i < formula.size; i++)
		scanner.indirect |=
		    (formula.data[i] == 'I' || formula.data[i] == 'i') &&
		    view_equal_nocase(view_slice(formula, i, 8), "INDIRECT");
	if (!skip_grammar(&scanner))
		return false;
	while (scanner.at < formula.size)
		if (!term_allowed(&scanner))
			return false;
	return true;
}
