#include "sanitizers/field.h"

#include "sanitizers/link.h"

#include "base/banned.h"

enum { INSTRUCTION_MAX = 8192, KEYWORD_MAX = 20 };

/* The fields that stay, and how many arguments they take beside those of
 * their switches: more would be another field in disguise. */
static const struct {
	const char *keyword;
	size_t arguments;
} fields_kept[] = {
    {"PAGE", 0},         {"NUMPAGES", 0},     {"SECTION", 0},
    {"SECTIONPAGES", 0}, {"TOC", 0},          {"TC", 1},
    {"XE", 1},           {"INDEX", 0},        {"REF", 1},
    {"PAGEREF", 1},      {"NOTEREF", 1},      {"STYLEREF", 1},
    {"SEQ", 2},          {"LISTNUM", 1},      {"DATE", 0},
    {"TIME", 0},         {"SYMBOL", 1},       {"FORMTEXT", 0},
    {"FORMCHECKBOX", 0}, {"FORMDROPDOWN", 0}, {"HYPERLINK", 1},
    {"EQ", SIZE_MAX},
};

enum token { TOKEN_END, TOKEN_SWITCH, TOKEN_ARGUMENT, TOKEN_BAD };

struct lexer {
	struct view text;
	size_t at;
	uint8_t value[INSTRUCTION_MAX]; /* of the last argument, unescaped */
	size_t size;
	uint8_t letter; /* of the last switch */
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static enum token quoted(struct lexer *lexer)
{
	lexer->size = 0;
	lexer->at++;
	while (lexer->at < lexer->text.size) {
		uint8_t byte = lexer->text.data[lexer->at++];

		if (byte == '"')
			return TOKEN_ARGUMENT;
		if (byte == '\\' && lexer->at < lexer->text.size &&
		    (lexer->text.data[lexer->at] == '\\' ||
		     lexer->text.data[lexer->at] == '"'))
			byte = lexer->text.data[lexer->at++];
		lexer->value[lexer->size++] = byte;
	}
	return TOKEN_BAD;
}

static enum token next_token(struct lexer *lexer)
{
	struct view text = lexer->text;

	while (lexer->at < text.size && is_blank(text.data[lexer->at]))
		lexer->at++;
	if (lexer->at == text.size)
		return TOKEN_END;
	if (text.data[lexer->at] == '"')
		return quoted(lexer);
	if (text.data[lexer->at] == '\\') {
		if (lexer->at + 1 == text.size)
			return TOKEN_BAD;
		lexer->letter = (uint8_t)tolower(text.data[lexer->at + 1]);
		lexer->at += 2;
		return TOKEN_SWITCH;
	}
	lexer->size = 0;
	while (lexer->at < text.size && !is_blank(text.data[lexer->at]) &&
	       text.data[lexer->at] != '"' && text.data[lexer->at] != '\\')
		lexer->value[lexer->size++] = text.data[lexer->at++];
	return TOKEN_ARGUMENT;
}

/* Nothing that could be a place outside the document. */
static bool is_plain(const struct lexer *lexer)
{
	struct view value = view_of(lexer->value, lexer->size);

	return view_find(value, view_of_string("://"), 0) == SIZE_MAX &&
	       view_find(value, view_of_string("\\\\"), 0) == SIZE_MAX;
}

/* HYPERLINK ["address"] [\l "place"] [\o "tip"] [\t "frame"] [\n] [\m] [\h] */
static bool hyperlink_allowed(const struct policy *policy, struct lexer *lexer)
{
	bool address = false;
	bool place = false;
	bool of_switch = false;
	enum token token;

	while ((token = next_token(lexer)) != TOKEN_END) {
		if (token == TOKEN_BAD)
			return false;
		if (token == TOKEN_SWITCH) {
			of_switch = strchr("lot", lexer->letter) != NULL;
			place |= lexer->letter == 'l';
			continue;
		}
		if (of_switch && lexer->letter == 'l' && !is_plain(lexer))
			return false;
		if (!of_switch) {
			if (address ||
			    !link_allowed(policy,
					  view_of(lexer->value, lexer->size)))
				return false;
			address = true;
		}
		of_switch = false;
	}
	return address || place;
}

static bool arguments_allowed(struct lexer *lexer, size_t allowed)
{
	size_t switches = 0;
	size_t arguments = 0;
	enum token token;

	while ((token = next_token(lexer)) != TOKEN_END) {
		if (token == TOKEN_BAD ||
		    (token == TOKEN_ARGUMENT && !is_plain(lexer)))
			return false;
		switches += token == TOKEN_SWITCH;
		arguments += token == TOKEN_ARGUMENT;
	}
	return arguments <= allowed + switches;
}

bool field_allowed(const struct policy *policy, struct view instruction)
{
	struct lexer lexer = {.text = instruction};
	struct view keyword;
	size_t size = 0;

	if (instruction.size > INSTRUCTION_MAX)
		return false;
	for (size_t i = 0; i < instruction.size; i++)
		if (instruction.data[i] < 0x20 &&
		    !is_blank(instruction.data[i]))
			return false;
	while (lexer.at < instruction.size &&
	       is_blank(instruction.data[lexer.at]))
		lexer.at++;
	while (lexer.at + size < instruction.size && size < KEYWORD_MAX &&
	       isalpha(instruction.data[lexer.at + size]))
		size++;
	keyword = view_slice(instruction, lexer.at, size);
	lexer.at += size;
	if (lexer.at < instruction.size &&
	    !is_blank(instruction.data[lexer.at]) &&
	    instruction.data[lexer.at] != '\\' &&
	    instruction.data[lexer.at] != '"')
		return false;
	for (size_t i = 0; i < sizeof(fields_kept) / sizeof(fields_kept[0]);
	     i++) {
		if (!view_equal_nocase(keyword, fields_kept[i].keyword))
			continue;
		if (strcmp(fields_kept[i].keyword, "HYPERLINK") == 0)
			return hyperlink_allowed(policy, &lexer);
		return fields_kept[i].arguments == SIZE_MAX ||
		       arguments_allowed(&lexer, fields_kept[i].arguments);
	}
	return false;
}
