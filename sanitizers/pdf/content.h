/*
 * Content streams (ISO 32000-1, 7.8 and annex A) and character maps, token by
 * token: what is no operand and no known operator does not stay.
 */
#ifndef SEKISHO_SANITIZERS_PDF_CONTENT_H
#define SEKISHO_SANITIZERS_PDF_CONTENT_H

#include "sanitizers/pdf/document.h"

/* Looks through a program; *ret_changed says whether `out` holds one that was
 * written anew, because the original held something that may not stay. */
int pdf_clean_program(struct pdf *pdf, struct view program, bool is_cmap,
		      struct buffer *out, bool *ret_changed) MUST_CHECK;

/* Whether a PostScript calculator function (FunctionType 4) consists of
 * nothing but its operators, within limits. */
bool pdf_calculator_fits(struct view program);

#endif
