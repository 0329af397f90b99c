/*
 * Field instructions of Word, read once more: keyword, arguments, switches
 * (ISO/IEC 29500-1 section 17.16).
 */
#include "gateway/verifier/ooxml.h"

#include "base/banned.h"

enum { ARGUMENT_MAX = 4096, ANY = 255 };

/* How many arguments a field takes that belong to no switch. */
static const struct {
	const char *keyword;
	unsigned arguments;
} fields[] = {
    {"PAGE", 0},      {"NUMPAGES", 0}, {"SECTION", 0},      {"SECTIONPAGES", 0},
    {"TOC", 0},       {"TC", 1},       {"XE", 1},           {"INDEX", 0},
    {"REF", 1},       {"PAGEREF", 1},  {"NOTEREF", 1},      {"STYLEREF", 1},
    {"SEQ", 2},       {"LISTNUM", 1},  {"DATE", 0},         {"TIME", 0},
    {"SYMBOL", 1},    {"FORMTEXT", 0}, {"FORMCHECKBOX", 0}, {"FORMDROPDOWN", 0},
    {"HYPERLINK", 1}, {"EQ", ANY},
};

static const char blanks[] = " \t\r\n";

/* Copies one argument, quoted or bare, without its escapes. NULL where it does
 * not end. */
static const char *read_argument(const char *at, char *ret_text)
{
	bool quoted = *at == '"';
	size_t size = 0;

	for (at += quoted; *at != '\0'; at++) {
		if (quoted ? *at == '"' : strchr(" \t\r\n\"\\", *at) != NULL)
			break;
		if (quoted && *at == '\\' && (at[1] == '\\' || at[1] == '"'))
			at++;
		if (size + 1 < ARGUMENT_MAX)
			ret_text[size++] = *at;
	}
	ret_text[size] = '\0';
	if (!quoted)
		return at;
	return *at == '"' ? at + 1 : NULL;
}

/* A place outside of the document. */
static bool leads_out(const char *text)
{
	return strstr(text, "://") != NULL || strstr(text, "\\\\") != NULL;
}

struct instruction {
	bool link;     /* HYPERLINK */
	char letter;   /* of the switch in front, 0: none */
	unsigned free; /* arguments of no switch */
	unsigned switches;
};

static int check_argument(const struct opc_scan *scan,
			  struct instruction *instruction, const char *text)
{
	const struct policy *policy = scan->opc->check->policy;
	char letter = instruction->letter;

	instruction->letter = '\0';
	if (instruction->link && letter == 'l')
		return leads_out(text) ? opc_residue(scan, "place", text) : 0;
	if (instruction->link && letter != 'o' && letter != 't') {
		instruction->free++;
		return opc_link_is_safe(policy, text)
			   ? 0
			   : opc_residue(scan, "link", text);
	}
	instruction->free += letter == '\0' || !instruction->link;
	return leads_out(text) && !instruction->link
		   ? opc_residue(scan, "field", text)
		   : 0;
}

static int check_arguments(const struct opc_scan *scan, const char *at,
			   struct instruction *instruction)
{
	char text[ARGUMENT_MAX];

	for (at += strspn(at, blanks); *at != '\0'; at += strspn(at, blanks)) {
		int error;

		if (*at == '\\') {
			if (at[1] == '\0')
				return opc_residue(scan, "field", "\\");
			instruction->letter = (char)tolower((uint8_t)at[1]);
			instruction->switches++;
			at += 2;
			continue;
		}
		at = read_argument(at, text);
		if (at == NULL)
			return opc_residue(scan, "field", text);
		error = check_argument(scan, instruction, text);
		if (error != 0)
			return error;
	}
	return 0;
}

int opc_check_field(const struct opc_scan *scan, const char *text)
{
	struct instruction instruction = {0};
	const char *start = text + strspn(text, blanks);
	size_t size = strcspn(start, " \t\r\n\\\"");
	size_t found = sizeof(fields) / sizeof(fields[0]);
	unsigned allowed;
	int error;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].keyword) == size &&
		    strncasecmp(start, fields[i].keyword, size) == 0)
			found = i;
	if (found == sizeof(fields) / sizeof(fields[0]))
		return opc_residue(scan, "field", text);
	allowed = fields[found].arguments;
	if (allowed == ANY)
		return 0;
	instruction.link = strcmp(fields[found].keyword, "HYPERLINK") == 0;
	error = check_arguments(scan, start + size, &instruction);
	if (error != 0)
		return error;
	/* Each switch may have one of its own. */
	if (!instruction.link)
		allowed += instruction.switches;
	return instruction.free > allowed
		   ? opc_residue(scan, "field with too much", text)
		   : 0;
}
