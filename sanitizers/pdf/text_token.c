#include "sanitizers/pdf/text_token.h"

#include "sanitizers/pdf/inline_image.h"

#include <stdlib.h>

#include "base/banned.h"

enum { NUMBER_MAX = 32 };

struct text_tokens text_tokens_of(struct pdf *pdf, struct view program)
{
	struct text_tokens tokens = {.pdf = pdf, .in = program};

	/* Decoded strings are never longer than the program, so that what
	 * operands point to does not move. */
	tokens.strings = buffer_make(program.size + 1);
	buffer_fill(&tokens.strings, 0, program.size + 1);
	tokens.strings.size = 0;
	return tokens;
}

void text_tokens_free(struct text_tokens *tokens)
{
	buffer_free(&tokens->strings);
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' ||
	       byte == '\f' || byte == 0;
}

static bool is_regular(uint8_t byte)
{
	return !is_space(byte) && strchr("()<>[]{}/%", byte) == NULL;
}

static bool is_numeric(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
	       byte == '.';
}

static void add(struct text_tokens *tokens, const struct text_operand *operand)
{
	struct text_operands *operands = &tokens->operands;

	if (operands->count < TEXT_OPERANDS_MAX)
		operands->items[operands->count++] = *operand;
}

static void read_number(struct text_tokens *tokens)
{
	char text[NUMBER_MAX + 1];
	size_t length = 0;

	while (tokens->at < tokens->in.size &&
	       is_numeric(tokens->in.data[tokens->at])) {
		if (length < NUMBER_MAX)
			text[length++] = (char)tokens->in.data[tokens->at];
		tokens->at++;
	}
	text[length] = '\0';
	add(tokens, &(struct text_operand){.kind = TEXT_NUMBER,
					   .number = strtod(text, NULL)});
}

static void read_name(struct text_tokens *tokens)
{
	size_t from = tokens->at++;

	while (tokens->at < tokens->in.size &&
	       is_regular(tokens->in.data[tokens->at]))
		tokens->at++;
	add(tokens,
	    &(struct text_operand){
		.kind = TEXT_NAME,
		.bytes = view_slice(tokens->in, from, tokens->at - from)});
}

static int next_byte(struct text_tokens *tokens)
{
	if (tokens->at >= tokens->in.size)
		return -1;
	return tokens->in.data[tokens->at++];
}

/* What follows a backslash. */
static void read_escape(struct text_tokens *tokens)
{
	static const char from[] = "nrtbf";
	static const char to[] = "\n\r\t\b\f";
	int byte = next_byte(tokens);
	int value = 0;

	if (byte < 0 || byte == '\n')
		return;
	if (byte == '\r') {
		if (tokens->at < tokens->in.size &&
		    tokens->in.data[tokens->at] == '\n')
			tokens->at++;
		return;
	}
	if (byte < '0' || byte > '7') {
		const char *found = strchr(from, byte);

		buffer_u8(&tokens->strings, found != NULL && byte != 0
						? (uint8_t)to[found - from]
						: (uint8_t)byte);
		return;
	}
	for (int i = 0; i < 3 && byte >= '0' && byte <= '7'; i++) {
		value = value * 8 + (byte - '0');
		byte = next_byte(tokens);
	}
	if (byte >= 0)
		tokens->at--;
	buffer_u8(&tokens->strings, (uint8_t)value);
}

static void add_string(struct text_tokens *tokens, size_t from)
{
	add(tokens, &(struct text_operand){
			.kind = TEXT_STRING,
			.bytes = view_slice(buffer_contents(&tokens->strings),
					    from, SIZE_MAX)});
}

static void read_string(struct text_tokens *tokens)
{
	size_t from = tokens->strings.size;
	unsigned depth = 1;

	tokens->at++;
	while (depth > 0) {
		int byte = next_byte(tokens);

		if (byte < 0)
			return;
		if (byte == '\\') {
			read_escape(tokens);
			continue;
		}
		if (byte == '(')
			depth++;
		else if (byte == ')' && --depth == 0)
			break;
		buffer_u8(&tokens->strings, (uint8_t)byte);
	}
	add_string(tokens, from);
}

static int digit_of(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static void read_hex(struct text_tokens *tokens)
{
	size_t from = tokens->strings.size;
	int high = -1;

	tokens->at++;
	while (true) {
		int byte = next_byte(tokens);
		int digit = digit_of(byte);

		if (byte < 0)
			return;
		if (byte == '>')
			break;
		if (digit < 0)
			continue;
		if (high < 0) {
			high = digit;
			continue;
		}
		buffer_u8(&tokens->strings, (uint8_t)(high << 4 | digit));
		high = -1;
	}
	if (high >= 0)
		buffer_u8(&tokens->strings, (uint8_t)(high << 4));
	add_string(tokens, from);
}

static int skip_image(struct text_tokens *tokens)
{
	BUFFER_CLEANUP struct buffer image = buffer_make(64 * 1024 * 1024);
	bool kept;
	bool changed;

	return pdf_inline_image(tokens->pdf, tokens->in, &tokens->at, &image,
				&kept, &changed);
}

/* A word is an operator, but BI, which is followed by an image. */
static int read_word(struct text_tokens *tokens, struct view *ret_word)
{
	size_t from = tokens->at;

	while (tokens->at < tokens->in.size &&
	       is_regular(tokens->in.data[tokens->at]))
		tokens->at++;
	*ret_word = view_slice(tokens->in, from, tokens->at - from);
	if (view_equal(*ret_word, view_of("BI", 2)))
		return skip_image(tokens);
	return 0;
}

static int read_token(struct text_tokens *tokens, struct view *ret_word)
{
	uint8_t byte = tokens->in.data[tokens->at];
	bool twice = tokens->at + 1 < tokens->in.size &&
		     tokens->in.data[tokens->at + 1] == byte;

	if (is_numeric(byte)) {
		read_number(tokens);
	} else if (byte == '/') {
		read_name(tokens);
	} else if (byte == '(') {
		read_string(tokens);
	} else if (byte == '<' && !twice) {
		read_hex(tokens);
	} else if (byte == '%') {
		while (tokens->at < tokens->in.size &&
		       tokens->in.data[tokens->at] != '\n' &&
		       tokens->in.data[tokens->at] != '\r')
			tokens->at++;
	} else if (is_regular(byte)) {
		return read_word(tokens, ret_word);
	} else {
		tokens->at += byte == '<' ? 2 : 1;
	}
	return 0;
}

int text_tokens_next(struct text_tokens *tokens, struct view *ret_word)
{
	*ret_word = view_of(NULL, 0);
	tokens->operands.count = 0;
	tokens->strings.size = 0;
	while (ret_word->size == 0) {
		int error;

		while (tokens->at < tokens->in.size &&
		       is_space(tokens->in.data[tokens->at]))
			tokens->at++;
		if (tokens->at >= tokens->in.size)
			return 0;
		error = read_token(tokens, ret_word);
		if (error != 0)
			return error;
	}
	return buffer_error(&tokens->strings);
}

double text_operand_number(const struct text_operands *operands, size_t at)
{
	if (at >= operands->count || operands->items[at].kind != TEXT_NUMBER)
		return 0;
	return operands->items[at].number;
}

const char *text_operand_name(const struct text_operands *operands, size_t at)
{
	static char name[TEXT_NAME_MAX + 1];
	struct view bytes;
	size_t used = 0;

	if (at >= operands->count || operands->items[at].kind != TEXT_NAME)
		return "";
	bytes = operands->items[at].bytes;
	for (size_t i = 0; i < bytes.size && used < TEXT_NAME_MAX; i++) {
		uint8_t byte = bytes.data[i];

		if (byte == '#' && i + 2 < bytes.size &&
		    digit_of(bytes.data[i + 1]) >= 0 &&
		    digit_of(bytes.data[i + 2]) >= 0) {
			byte = (uint8_t)(digit_of(bytes.data[i + 1]) << 4 |
					 digit_of(bytes.data[i + 2]));
			i += 2;
		}
		name[used++] = (char)byte;
	}
	name[used] = '\0';
	return name;
}
