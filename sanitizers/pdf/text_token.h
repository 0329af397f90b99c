/*
 * Operators of a content stream with their operands, for text mode.
 */
#ifndef SEKISHO_SANITIZERS_PDF_TEXT_TOKEN_H
#define SEKISHO_SANITIZERS_PDF_TEXT_TOKEN_H

#include "sanitizers/pdf/document.h"

enum { TEXT_OPERANDS_MAX = 2048, TEXT_NAME_MAX = 127 };

enum text_operand_kind { TEXT_OTHER, TEXT_NUMBER, TEXT_STRING, TEXT_NAME };

struct text_operand {
	enum text_operand_kind kind;
	double number;
	struct view bytes; /* string, decoded; name, with its slash */
};

/* Of one operator; arrays are flat. More than fits is left out. */
struct text_operands {
	struct text_operand items[TEXT_OPERANDS_MAX];
	size_t count;
};

struct text_tokens {
	struct pdf *pdf;
	struct view in;
	size_t at;
	struct text_operands operands;
	struct buffer strings; /* what operands point to */
};

struct text_tokens text_tokens_of(struct pdf *pdf, struct view program);
void text_tokens_free(struct text_tokens *tokens);

/* The next operator; empty at the end. Its operands are valid until the next
 * call. */
int text_tokens_next(struct text_tokens *tokens,
		     struct view *ret_word) MUST_CHECK;

/* 0 where there is none. */
double text_operand_number(const struct text_operands *operands, size_t at);

/* With the slash; "" where there is none. Valid until the next call. */
const char *text_operand_name(const struct text_operands *operands, size_t at);

#endif
