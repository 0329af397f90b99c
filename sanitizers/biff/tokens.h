/*
 * What the formulas of binary workbooks have in common ([MS-XLS] 2.5.198,
 * [MS-XLSB] 2.5.97): tokens by their numbers, without the class of an operand,
 * and which calls together make a reference or a link out of text.
 */
#ifndef SEKISHO_SANITIZERS_BIFF_TOKENS_H
#define SEKISHO_SANITIZERS_BIFF_TOKENS_H

#include "base/view.h"

enum biff_token {
	TOKEN_EXP = 0x01,
	TOKEN_CONCAT = 0x08,
	TOKEN_PAREN = 0x15,
	TOKEN_MISSING = 0x16,
	TOKEN_STRING = 0x17,
	TOKEN_EXTENDED = 0x18, /* in xlsb */
	TOKEN_ATTRIBUTE = 0x19,
	TOKEN_ARRAY = 0x20,
	TOKEN_FUNCTION = 0x21,
	TOKEN_FUNCTION_VARIABLE = 0x22,
	TOKEN_NAME = 0x23,
	TOKEN_MEMORY_AREA = 0x26,
	TOKEN_EXTERN_NAME = 0x39,
	TOKEN_EXTERN_REF = 0x3A,
	TOKEN_EXTERN_AREA_GONE = 0x3D,
};

/* What the tokens of one formula say together. Begin with zeros. */
struct biff_calls {
	bool indirect;      /* INDIRECT makes a reference of text */
	bool foreign_text;  /* a text that would name another workbook */
	bool link;          /* HYPERLINK */
	bool link_literal;  /* the first token is an allowed target */
	bool link_computed; /* something could make another target of it */
	bool ended;         /* by HYPERLINK, which must be last */
};

/* Each token is told, before what it means is: nothing may come behind a call
 * of HYPERLINK, and operators make another target of what is in front. */
void biff_calls_token(struct biff_calls *calls, uint8_t token);

/* Skips what follows the token of an attribute. */
void biff_skip_attribute(struct cursor *cursor);

/* The call of a function; why it is refused (static storage), NULL when it may
 * stay. */
const char *biff_calls_function(struct biff_calls *calls, uint16_t number);

/* The same at the end of the formula, of all that it calls. */
const char *biff_calls_refused(const struct biff_calls *calls);

#endif
