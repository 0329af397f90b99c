/*
 * may carry: calls of add-ons, macros, commands and programs; other documents;
 *   formulas that are put together from text and written into other cells.
 * keep: geometry, colours, texts, references inside this document.
 * drop: the whole formula, where anything in it is not known to be harmless.
 * specification: [MS-VSDX] 2.5; ShapeSheet reference.
 */
#include "sanitizers/ooxml/cell_formula.h"

#include "sanitizers/formula_text.h"
#include "sanitizers/link.h"

#include "base/banned.h"

enum { FUNCTION_NAME_MAX = 40 };

static const char *const functions[] = {
#define CELL_FUNCTION(name) name,
#include "sanitizers/ooxml/cell_functions.def"
#undef CELL_FUNCTION
};

struct scanner {
	const struct policy *policy;
	struct view text;
	size_t at;
};

static uint8_t peek(const struct scanner *scanner)
{
	return scanner->at < scanner->text.size
		   ? scanner->text.data[scanner->at]
		   : 0;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_name(uint8_t byte)
{
	return isalnum(byte) || byte >= 0x80 || byte == '_' || byte == '.' ||
	       byte == '$' || byte == '?';
}

static void skip_blanks(struct scanner *scanner)
{
	while (is_blank(peek(scanner)))
		scanner->at++;
}

static struct view trimmed(struct view text)
{
	while (text.size > 0 && is_blank(text.data[0]))
		text = view_slice(text, 1, SIZE_MAX);
	while (text.size > 0 && is_blank(text.data[text.size - 1]))
		text.size--;
	return text;
}

static bool has_word(struct view text, const char *word)
{
	for (size_t i = 0; i < text.size; i++)
		if (view_equal_nocase(view_slice(text, i, strlen(word)), word))
			return true;
	return false;
}

/* One string and nothing else; what is in it, as long as no quote is. */
static bool only_string(struct view text, struct view *ret_text)
{
	struct scanner scanner = {.text = trimmed(text)};

	return peek(&scanner) == '"' &&
	       formula_take_quoted(scanner.text, &scanner.at, ret_text) &&
	       scanner.at == scanner.text.size &&
	       !formula_has_any(*ret_text, "\"");
}

/* The argument that begins here, up to its end, at which the scanner stands
 * then; false when it does not end. */
static bool argument(struct scanner *scanner, struct view *ret_argument)
{
	size_t start = scanner->at;
	size_t depth = 0;
	struct view skipped;

	while (scanner->at < scanner->text.size) {
		uint8_t byte = peek(scanner);

		if (byte == '"' || byte == '\'') {
			if (!formula_take_quoted(scanner->text, &scanner->at,
						 &skipped))
				return false;
			continue;
		}
		if (depth == 0 && (byte == ',' || byte == ';' || byte == ')')) {
			*ret_argument = trimmed(view_slice(
			    scanner->text, start, scanner->at - start));
			return true;
		}
		depth += byte == '(';
		depth -= byte == ')';
		scanner->at++;
	}
	return false;
}

/* A cell that acts, or leads to where its text says: nothing may be written
 * into it, whatever is on the way. */
static bool may_be_written(struct view cell)
{
	static const char *const words[] = {"Address", "Action",  "Event",
					    "TheText", "TheData", "Hyperlink",
					    "Help"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(cell, words[i]))
			return false;
	return true;
}

/* GETREF(Sheet.5!User.Row), or the same as a string: readable here. */
static bool is_target(struct view text)
{
	static const char getref[] = "GETREF(";
	const size_t size = sizeof(getref) - 1;
	struct view name;

	if (!only_string(text, &name)) {
		if (!view_equal_nocase(view_slice(text, 0, size), getref) ||
		    text.data[text.size - 1] != ')')
			return false;
		name = view_slice(text, size, text.size - size - 1);
	}
	return name.size > 0 && !formula_has_any(name, "()\"&[]\\/|,;") &&
	       may_be_written(name);
}

static bool is_number(struct view text)
{
	if (view_equal_nocase(text, "TRUE") || view_equal_nocase(text, "FALSE"))
		return true;
	for (size_t i = 0; i < text.size; i++)
		if (!isalnum(text.data[i]) &&
		    strchr(" +-.%", text.data[i]) == NULL)
			return false;
	return text.size > 0 && (isdigit(text.data[0]) || text.data[0] == '+' ||
				 text.data[0] == '-');
}

/* What is no text, or a text that can be judged here: SETF makes a formula of
 * the text that it is given. */
static bool is_harmless_value(struct scanner *scanner, struct view text)
{
	struct view string;
	bool negation = view_equal_nocase(view_slice(text, 0, 4), "NOT(");

	if (negation) {
		struct scanner inner = {.text = text, .at = 4};
		struct view whole;

		/* ...and nothing joined to it. Each SETF reads its arguments
		 * ahead: none in another. */
		return !has_word(text, "SETF") && argument(&inner, &whole) &&
		       peek(&inner) == ')' && inner.at + 1 == text.size;
	}
	/* No string is in the string: this goes one step down, not more. */
	if (only_string(text, &string))
		return !has_word(string, "SETF") &&
		       !has_word(string, "SETATREF") &&
		       cell_formula_allowed(scanner->policy, string);
	return is_number(text);
}

/* SETF(cell, formula) */
static bool set_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view cell;
	struct view value;

	if (!argument(&ahead, &cell) || peek(&ahead) == ')' || !is_target(cell))
		return false;
	ahead.at++;
	return argument(&ahead, &value) && peek(&ahead) == ')' &&
	       is_harmless_value(scanner, value);
}

/* SETATREF(cell...): what is set here goes there. */
static bool pass_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view cell;

	return argument(&ahead, &cell) && !formula_has_any(cell, "\"&(") &&
	       may_be_written(cell);
}

static bool hyperlink_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view text;

	/* None, or one string: "Inh" would be a name here. */
	return argument(&ahead, &text) &&
	       (text.size == 0 || text.data[0] == '"') &&
	       cell_address_allowed(scanner->policy, text);
}

/* A page that is not there is taken for a host's name. */
static bool page_allowed(struct scanner *scanner)
{
	struct scanner ahead = *scanner;
	struct view text;
	struct view page;

	return argument(&ahead, &text) && only_string(text, &page) &&
	       !formula_has_any(page, ".:/\\@?#");
}

static int compare_function(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

/* The scanner stands behind the opening bracket. */
static bool call_allowed(struct scanner *scanner, struct view name)
{
	static const struct {
		const char *name;
		bool (*check)(struct scanner *scanner);
	} special[] = {
	    {"SETF", set_allowed},
	    {"SETATREF", pass_allowed},
	    {"HYPERLINK", hyperlink_allowed},
	    {"GOTOPAGE", page_allowed},
	};
	char upper[FUNCTION_NAME_MAX + 1];

	if (name.size == 0 || name.size > FUNCTION_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.size; i++)
		upper[i] = (char)toupper(name.data[i]);
	upper[name.size] = '\0';
	if (bsearch(upper, functions, sizeof(functions) / sizeof(functions[0]),
		    sizeof(functions[0]), compare_function) == NULL)
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strcmp(upper, special[i].name) == 0)
			return special[i].check(scanner);
	return true;
}

/* Only names are called. */
static bool is_called(struct scanner *scanner)
{
	skip_blanks(scanner);
	return peek(scanner) == '(';
}

/* Pages[Page-1]!, Char.Size[2]: what stands in brackets behind a name. */
static bool bracket_allowed(struct scanner *scanner, struct view name)
{
	size_t start = ++scanner->at;
	bool digits = true;
	struct view inside;

	while (peek(scanner) != 0 && peek(scanner) != ']') {
		digits &= isdigit(peek(scanner)) != 0;
		scanner->at++;
	}
	if (peek(scanner) != ']')
		return false;
	inside = view_slice(scanner->text, start, scanner->at - start);
	scanner->at++;
	return inside.size > 0 && !is_called(scanner) &&
	       (digits || view_equal_nocase(name, "Pages") ||
		view_equal_nocase(name, "Masters") ||
		view_equal_nocase(name, "Styles")) &&
	       !formula_has_any(inside, "\\/:|[\"'*?<>");
}

static bool name_allowed(struct scanner *scanner)
{
	size_t start = scanner->at;
	struct view name;

	while (is_name(peek(scanner)))
		scanner->at++;
	name = view_slice(scanner->text, start, scanner->at - start);
	if (peek(scanner) == '[')
		return bracket_allowed(scanner, name);
	if (!is_called(scanner))
		return true;
	scanner->at++;
	return call_allowed(scanner, name);
}

static bool token_allowed(struct scanner *scanner)
{
	uint8_t byte = peek(scanner);
	struct view text;

	if (byte == '"')
		return formula_take_quoted(scanner->text, &scanner->at, &text);
	/* 'A name with blanks'!Width; no path of another document. */
	if (byte == '\'')
		return formula_take_quoted(scanner->text, &scanner->at,
					   &text) &&
		       !formula_has_any(text, "\\/:|[]\"") &&
		       peek(scanner) != '[' && !is_name(peek(scanner)) &&
		       !is_called(scanner);
	if (byte == '#') {
		while (isalnum(peek(scanner)) ||
		       (peek(scanner) != 0 &&
			strchr("#/!?_", peek(scanner)) != NULL))
			scanner->at++;
		return !is_called(scanner);
	}
	if (is_name(byte))
		return name_allowed(scanner);
	scanner->at++;
	return byte != 0 && strchr("+-*/^&=<>(),;!% \t\r\n", byte) != NULL;
}

bool cell_formula_is_void(struct view formula)
{
	return formula.size == 0 || view_equal_nocase(formula, "No Formula") ||
	       view_equal_nocase(formula, "Inh");
}

bool cell_address_allowed(const struct policy *policy, struct view formula)
{
	struct view address;

	if (cell_formula_is_void(formula))
		return true;
	return only_string(formula, &address) &&
	       (address.size == 0 || link_allowed(policy, address));
}

bool cell_formula_allowed(const struct policy *policy, struct view formula)
{
	struct scanner scanner = {.policy = policy, .text = formula};

	while (scanner.at < formula.size)
		if (!token_allowed(&scanner))
			return false;
	return true;
}
