/*
 * Cells of Visio shapes, looked at once more: every call by name, and what
 * the four functions that write or lead somewhere are given.
 */
#include "gateway/verifier/ooxml.h"

#include "gateway/verifier/ooxml_names.h"

#include "base/banned.h"

enum { NAME_MAX_SIZE = 40 };

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("_.$?", c) != NULL);
}

static const char *past_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* Behind the closing quote; NULL where there is none. */
static const char *past_string(const char *at)
{
	const char quote = *at++;

	while (*at != '\0') {
		if (*at++ != quote)
			continue;
		if (*at != quote)
			return at;
		at++;
	}
	return NULL;
}

/* The string that an argument consists of, with nothing joined to it and no
 * quotes in it; NULL where it is something else. */
static const char *whole_string(struct opc *opc, const char *at)
{
	const char *start = past_blanks(at);
	size_t size;

	if (*start != '"')
		return NULL;
	size = strcspn(start + 1, "\"");
	at = past_blanks(start + 1 + size + (start[1 + size] == '"'));
	if (start[1 + size] != '"' || *at == '\0' || strchr(",;)", *at) == NULL)
		return NULL;
	return arena_format(opc->check->arena, "%.*s", (int)size, start + 1);
}

static bool has_word(const char *text, const char *word)
{
	for (; *text != '\0'; text++)
		if (strncasecmp(text, word, strlen(word)) == 0)
			return true;
	return false;
}

static bool acts(const char *cell)
{
	static const char *const words[] = {"address",   "action",    "event",
					    "thetext",   "thedata",   "help",
					    "hyperlink", "subaddress"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(cell, words[i]))
			return true;
	return false;
}

/* "cell, ...": the first argument, up to the comma. */
static const char *first_argument(struct opc *opc, const char *at)
{
	size_t size = 0;
	unsigned depth = 0;

	for (; at[size] != '\0'; size++) {
		if (depth == 0 && strchr(",;)", at[size]) != NULL)
			break;
		depth += at[size] == '(';
		depth -= at[size] == ')';
	}
	return arena_format(opc->check->arena, "%.*s", (int)size, at);
}

/* SETF: what is written must not become a formula that was not seen. */
static int check_set(const struct opc_scan *scan, const char *at)
{
	const char *cell = first_argument(scan->opc, at);
	const char *value;
	const char *text;

	if (cell == NULL)
		return -ERR_MEMORY;
	if (acts(cell) || strchr(cell, '&') != NULL)
		return opc_residue(scan, "written cell", cell);
	value = at + strlen(cell);
	if (*value == '\0' || *value == ')')
		return opc_residue(scan, "written cell", at);
	value = past_blanks(value + 1);
	text = first_argument(scan->opc, value);
	if (text == NULL)
		return -ERR_MEMORY;
	if (has_word(text, "SETF"))
		return opc_residue(scan, "written formula", value);
	if (*value != '"')
		return isdigit((unsigned char)*value) ||
			       strchr("+-.", *value) != NULL ||
			       strncasecmp(value, "NOT(", 4) == 0 ||
			       strncasecmp(value, "TRUE", 4) == 0 ||
			       strncasecmp(value, "FALSE", 5) == 0
			   ? 0
			   : opc_residue(scan, "written formula", value);
	text = whole_string(scan->opc, value);
	/* Without quotes in it, it can write no further text. */
	return text == NULL ? opc_residue(scan, "written formula", value)
			    : opc_check_cell_formula(scan, text);
}

static int check_link(const struct opc_scan *scan, const char *at)
{
	const char *address = whole_string(scan->opc, at);

	/* HYPERLINK(,"Page-2") */
	if (*past_blanks(at) != '\0' && strchr(",;)", *past_blanks(at)))
		return 0;
	if (address != NULL &&
	    (address[0] == '\0' ||
	     opc_link_is_safe(scan->opc->check->policy, address)))
		return 0;
	return opc_residue(scan, "link", at);
}

static int check_page(const struct opc_scan *scan, const char *at)
{
	const char *page = whole_string(scan->opc, at);

	return page != NULL && strpbrk(page, ".:/\\@") == NULL
		   ? 0
		   : opc_residue(scan, "page", at);
}

/* A name with a bracket behind it; `at` is behind the bracket. */
static int check_call(const struct opc_scan *scan, const char *name,
		      size_t size, const char *at)
{
	char upper[NAME_MAX_SIZE + 1];

	if (size == 0 || size > NAME_MAX_SIZE)
		return opc_residue(scan, "call", name);
	for (size_t i = 0; i < size; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	upper[size] = '\0';
	if (!opc_knows_cell_function(upper))
		return opc_residue(scan, "call", upper);
	if (strcmp(upper, "SETF") == 0)
		return check_set(scan, at);
	if (strcmp(upper, "HYPERLINK") == 0)
		return check_link(scan, at);
	if (strcmp(upper, "GOTOPAGE") == 0)
		return check_page(scan, at);
	if (strcmp(upper, "SETATREF") == 0) {
		const char *cell = first_argument(scan->opc, at);

		if (cell == NULL)
			return -ERR_MEMORY;
		if (acts(cell) || strpbrk(cell, "\"&(") != NULL)
			return opc_residue(scan, "written cell", cell);
	}
	return 0;
}

int opc_check_cell_formula(const struct opc_scan *scan, const char *text)
{
	const char *at = text;

	while (*at != '\0') {
		const char *start = at;
		const char *next;

		if (*at == '"' || *at == '\'') {
			next = past_string(at);
			if (next == NULL ||
			    (*at == '\'' && *past_blanks(next) == '('))
				return opc_residue(scan, "formula", at);
			at = next;
			continue;
		}
		if (strchr("\\|{}@~`", *at) != NULL ||
		    (*at == '[' && (at == text || !in_name(at[-1]))))
			return opc_residue(scan, "outside reference", at);
		while (in_name(*at))
			at++;
		next = past_blanks(at);
		if (at > start && *next == '(') {
			int error = check_call(scan, start,
					       (size_t)(at - start), next + 1);

			if (error != 0)
				return error;
		}
		if (at > start && *at == '[') {
			at += strcspn(at, "]");
			if (*at == '\0' || *past_blanks(at + 1) == '(')
				return opc_residue(scan, "formula", start);
		}
		at += at == start || *at == ']';
	}
	return 0;
}

static bool is_void(const char *formula)
{
	return formula[0] == '\0' || strcasecmp(formula, "Inh") == 0 ||
	       strcasecmp(formula, "No Formula") == 0;
}

static int check_address(const struct opc_scan *scan, const char *value,
			 const char *formula)
{
	const char *literal;

	if (value[0] != '\0' &&
	    !opc_link_is_safe(scan->opc->check->policy, value))
		return opc_residue(scan, "address", value);
	if (is_void(formula))
		return 0;
	literal = whole_string(
	    scan->opc, arena_format(scan->opc->check->arena, "%s)", formula));
	return literal != NULL &&
		       (literal[0] == '\0' ||
			opc_link_is_safe(scan->opc->check->policy, literal))
		   ? 0
		   : opc_residue(scan, "address", formula);
}

int opc_check_cell(const struct opc_scan *scan,
		   const struct opc_element *element)
{
	const char *name = opc_attribute(scan->opc, element, NULL, "N");
	const char *value = opc_attribute(scan->opc, element, NULL, "V");
	const char *formula = opc_attribute(scan->opc, element, NULL, "F");

	name = name == NULL ? "" : name;
	value = value == NULL ? "" : value;
	formula = formula == NULL ? "" : formula;
	if (strcasecmp(name, "Address") == 0)
		return check_address(scan, value, formula);
	if (strcasecmp(name, "HelpTopic") == 0 &&
	    (value[0] != '\0' || !is_void(formula)))
		return opc_residue(scan, "help file", value);
	if (strcasecmp(name, "SubAddress") == 0 &&
	    (strchr(value, '\\') != NULL || strstr(value, "://") != NULL))
		return opc_residue(scan, "place", value);
	return opc_check_cell_formula(scan, formula);
}

int opc_check_foreign(const struct opc_scan *scan,
		      const struct opc_element *element)
{
	const char *type =
	    opc_attribute(scan->opc, element, NULL, "ForeignType");

	if (type != NULL && strcmp(type, "Bitmap") != 0 &&
	    strcmp(type, "EnhMetaFile") != 0 && strcmp(type, "MetaFile") != 0)
		return opc_residue(scan, "foreign data", type);
	return 0;
}
