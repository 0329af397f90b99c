/*
 * Formulas, conditions and addresses of ODF, read once more by what they must
 * not have, and every call by the verifier's own lists of functions.
 */
#include "gateway/verifier/odf.h"

#include "gateway/verifier/ooxml_names.h"

#include "base/banned.h"

enum { FUNCTION_MAX = 128 };

static int residue(const struct odf_scan *scan, const char *what,
		   const char *detail)
{
	return check_fail(scan->opc->check, -ERR_VERIFY_RESIDUE,
			  "%s: %s %.200s", scan->part->name, what, detail);
}

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || (byte & 0x80) != 0 ||
	       byte == '_' || byte == '.' || byte == '-';
}

static const char *without_maker(const char *name)
{
	static const char *const makers[] = {
	    "COM.MICROSOFT.",
	    "ORG.LIBREOFFICE.",
	    "ORG.OPENOFFICE.",
	    "LEGACY.",
	    "COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GET",
	    "COM.SUN.STAR.SHEET.ADDIN.DATEFUNCTIONS.GET",
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strncasecmp(name, makers[i], strlen(makers[i])) == 0)
			return name + strlen(makers[i]);
	return name;
}

static bool knows_call(const char *name)
{
	char upper[FUNCTION_MAX + 1] = "";
	size_t size;

	name = without_maker(name);
	size = strlen(name);
	if (size == 0 || size > FUNCTION_MAX)
		return false;
	for (size_t i = 0; i <= size; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	/* These never, whatever the lists say. */
	if (strcmp(upper, "DDE") == 0 || strcmp(upper, "WEBSERVICE") == 0 ||
	    strcmp(upper, "FILTERXML") == 0 || strcmp(upper, "CALL") == 0)
		return false;
	return opc_knows_function(upper) || odf_knows_function(upper) ||
	       odf_knows_function(name);
}

/* `at` is behind the name, at the bracket. */
static bool hyperlink_is_safe(const struct policy *policy, const char *at)
{
	const char *end;

	at++;
	at += strspn(at, " \t\r\n");
	if (*at++ != '"')
		return false;
	end = strchr(at, '"');
	if (end == NULL || end[1] == '"')
		return false;
	end += 1 + strspn(end + 1, " \t\r\n");
	return (*end == ';' || *end == ',' || *end == ')') &&
	       opc_link_is_safe(policy, at);
}

static int check_word(const struct odf_scan *scan, const char **at)
{
	char name[FUNCTION_MAX + 1] = "";
	const char *start = *at;
	const char *end = start;
	const char *dash;
	size_t size;

	while (is_word(*end))
		end++;
	size = (size_t)(end - start);
	*at = end;
	end += strspn(end, " \t\r\n");
	if (*end != '(')
		return 0;
	if (size > FUNCTION_MAX)
		return residue(scan, "call", start);
	for (size_t i = 0; i < size; i++)
		name[i] = start[i];
	name[size] = '\0';
	dash = strrchr(name, '-');
	if (!knows_call(name)) {
		if (dash == NULL || (dash[1] != '\0' && !knows_call(dash + 1)))
			return residue(scan, "call", start);
		if (strcasecmp(without_maker(dash + 1), "HYPERLINK") == 0)
			return residue(scan, "link", start);
	}
	if (strcasecmp(without_maker(name), "HYPERLINK") == 0 &&
	    !hyperlink_is_safe(scan->opc->check->policy, end))
		return residue(scan, "link", start);
	return 0;
}

/* Behind a quoted piece; NULL where it does not end or has one of these. */
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

static bool has_indirect(const char *text)
{
	for (; *text != '\0'; text++)
		if (strncasecmp(text, "INDIRECT", 8) == 0)
			return true;
	return false;
}

int odf_check_formula(const struct odf_scan *scan, const char *text)
{
	const char *no_text = has_indirect(text) ? "#/\\:|" : "";
	const char *at = text;

	if (strncmp(text, "msoxl:", 6) == 0)
		return residue(scan, "grammar", text);
	while (*at != '\0') {
		const char *next = at + 1;
		int error = 0;

		if (*at == '"') {
			next = skip_quoted(at, no_text);
		} else if (*at == '\'') {
			/* Behind the name of a file stands a number sign. */
			next = skip_quoted(at, "/\\:[]#");
			if (next != NULL && *next == '#')
				next = NULL;
		} else if (strncmp(at, "://", 3) == 0 || *at == '\\' ||
			   (*at == '[' && strchr(at, ']') == NULL)) {
			next = NULL;
		} else if (is_word(*at)) {
			error = check_word(scan, &at);
			next = at;
			if (*at == '#' && at[-1] != '.')
				next = NULL;
		}
		if (error != 0)
			return error;
		if (next == NULL)
			return residue(scan, "outside reference", text);
		at = next;
	}
	return 0;
}
