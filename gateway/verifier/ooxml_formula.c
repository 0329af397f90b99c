/*
 * Formulas of Excel, read once more by what they must not have, and every call
 * by a list of functions of the verifier's own.
 */
#include "gateway/verifier/ooxml.h"

#include "gateway/verifier/ooxml_names.h"

#include "base/banned.h"

enum { LAMBDAS_MAX = 4096, NAME_MAX_SIZE = 255 };

static const char blanks[] = " \t\r\n";

/* A sheet has a formula in every other cell: no calls for each byte. */
static bool is_name(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte & 0x80) != 0 ||
	       byte == '_' || byte == '.' || byte == '\\';
}

static bool has_indirect(const char *text)
{
	for (; *text != '\0'; text++)
		if ((*text == 'I' || *text == 'i') &&
		    strncasecmp(text, "INDIRECT", 8) == 0)
			return true;
	return false;
}

/* Never, whatever the lists and the workbook's own names say. */
static bool is_forbidden(const char *name)
{
	static const char *const calls[] = {
	    "CALL",         "REGISTER",     "REGISTER.ID", "EXEC",
	    "RTD",          "WEBSERVICE",   "IMAGE",       "FILTERXML",
	    "EVALUATE",     "FOPEN",        "GET.CELL",    "RUN",
	    "STOCKHISTORY", "SQL.REQUEST",  "CUBEVALUE",   "CUBEMEMBER",
	    "DDE",          "GET.WORKBOOK", "FILES",       "PY",
	    "INITIATE",     "EXECUTE",      "POKE",        "REQUEST",
	    "UNREGISTER",   "OPEN",
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcasecmp(name, calls[i]) == 0)
			return true;
	return false;
}

static bool is_lambda(const struct opc *opc, const char *name)
{
	for (size_t i = 0; i < opc->lambda_count; i++)
		if (strcasecmp(opc->lambdas[i], name) == 0)
			return true;
	return false;
}

/* Without what Excel writes in front of newer functions and of functions that
 * are handed over by name. */
static const char *skip_prefixes(const char *name)
{
	static const char *const prefixes[] = {"_xlfn.", "_xlws.", "_xleta."};

	for (size_t i = 0;
	     *name == '_' && i < sizeof(prefixes) / sizeof(prefixes[0]);) {
		size_t size = strlen(prefixes[i]);

		if (strncasecmp(name, prefixes[i], size) != 0) {
			i++;
			continue;
		}
		name += size;
		i = 0;
	}
	return name;
}

/* A name that is called, or handed over to be called. */
static bool call_is_safe(const struct opc *opc, const char *at)
{
	const char *bare = skip_prefixes(at);
	char name[NAME_MAX_SIZE + 1];
	size_t size = 0;

	while (is_name(bare[size]))
		size++;
	if (strncasecmp(at, "_xll.", 5) == 0)
		return false;
	if (bare == at && bare[size + strspn(bare + size, blanks)] != '(')
		return true;
	if (size == 0 || size > NAME_MAX_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		name[i] = (char)toupper((unsigned char)bare[i]);
	name[size] = '\0';
	if (strncmp(name, "_XLPM.", 6) == 0)
		return true;
	if (is_forbidden(name))
		return false;
	return opc_knows_function(name) || (bare == at && is_lambda(opc, name));
}

/* HYPERLINK needs a target that can be read here: "..." alone, or "#..." with
 * anything behind it, as it leads into this workbook. */
static bool hyperlink_is_safe(const struct policy *policy, const char *at)
{
	const char *end;

	at = skip_prefixes(at);
	if ((*at != 'H' && *at != 'h') ||
	    strncasecmp(at, "HYPERLINK", 9) != 0 || is_name(at[9]))
		return true;
	at += 9 + strspn(at + 9, blanks);
	if (*at++ != '(')
		return true;
	at += strspn(at, blanks);
	if (*at++ != '"')
		return false;
	end = strchr(at, '"');
	if (end == NULL)
		return false;
	if (*at == '#')
		return strcspn(at, "[|\\\"") == (size_t)(end - at);
	end += 1 + strspn(end + 1, blanks);
	return (*end == ',' || *end == ')') && opc_link_is_safe(policy, at);
}

/* The path of a workbook, outside quotes: \\host\share\[book]Sheet. */
static bool is_path(const char *at)
{
	size_t size = 0;

	while (is_name(at[size]))
		size++;
	return memchr(at, '\\', size) != NULL &&
	       (at[size] == '[' || at[size] == '!');
}

/* Behind a quoted piece, its quotes doubled inside; NULL where it does not
 * end or has one of these bytes. */
static const char *skip_quoted(const char *at, const char *without)
{
	char quote = *at++;

	for (; *at != '\0'; at++) {
		if (*at == quote && at[1] != quote)
			return at + 1;
		at += *at == quote;
		if (strchr(without, *at) != NULL)
			return NULL;
	}
	return NULL;
}

/* Behind the columns of a table; NULL where they do not end, or where what
 * follows makes them another workbook. `'` escapes. */
static const char *skip_brackets(const char *at)
{
	size_t depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '\'' && at[1] != '\0')
			at++;
		else if (*at == '[')
			depth++;
		else if (*at == ']' && --depth == 0)
			return is_name(at[1]) || at[1] == '!' || at[1] == '\''
				   ? NULL
				   : at + 1;
	}
	return NULL;
}

static int check_name(const struct opc_scan *scan, const char *at)
{
	if (!call_is_safe(scan->opc, at))
		return opc_residue(scan, "call", at);
	if (is_path(at))
		return opc_residue(scan, "outside reference", at);
	if (!hyperlink_is_safe(scan->opc->check->policy, at))
		return opc_residue(scan, "link", at);
	return 0;
}

int opc_check_formula(const struct opc_scan *scan, const char *text)
{
	/* INDIRECT makes references from text, wherever LET puts it. */
	const char *no_text = has_indirect(text) ? "[|\\/" : "";
	const char *at = text;

	while (*at != '\0') {
		const char *next = at + 1;
		int error = 0;

		if (*at == '"')
			next = skip_quoted(at, no_text);
		else if (*at == '\'')
			next = skip_quoted(at, "[]|\\/");
		else if (*at == '[')
			next = skip_brackets(at);
		else if (*at == '|')
			next = NULL;
		else if (is_name(*at))
			error = check_name(scan, at);
		if (error != 0)
			return error;
		if (next == NULL)
			return opc_residue(scan, "outside reference", text);
		if (is_name(*at))
			while (is_name(*next))
				next++;
		at = next;
	}
	return 0;
}

/* ---- names that may be called ---- */

struct names {
	struct opc *opc;
	const char *name;
};

static int on_start(void *context, const struct opc_element *element)
{
	struct names *names = context;

	names->name = strcmp(element->name, "definedName") == 0
			  ? opc_attribute(names->opc, element, NULL, "name")
			  : NULL;
	return 0;
}

static int on_end(void *context, const char *name, const char *text)
{
	struct names *names = context;
	struct opc *opc = names->opc;

	(void)name;
	if (names->name == NULL || text == NULL ||
	    strstr(text, "LAMBDA(") == NULL || is_forbidden(names->name) ||
	    skip_prefixes(names->name) != names->name)
		return 0;
	if (opc->lambda_count < LAMBDAS_MAX)
		opc->lambdas[opc->lambda_count++] = names->name;
	names->name = NULL;
	return 0;
}

int opc_read_lambdas(struct opc *opc)
{
	const struct opc_handlers handlers = {.start = on_start, .end = on_end};
	struct names names = {.opc = opc};

	for (size_t i = 0; i < opc->count; i++) {
		const char *type = opc->parts[i].type;

		if (strstr(type, "spreadsheetml.") == NULL ||
		    strstr(type, ".main+xml") == NULL)
			continue;
		opc->lambdas = arena_array(opc->check->arena, LAMBDAS_MAX,
					   sizeof(*opc->lambdas));
		if (opc->lambdas == NULL)
			return -ERR_MEMORY;
		return opc_parse(opc, &opc->parts[i], &handlers, &names);
	}
	return 0;
}
