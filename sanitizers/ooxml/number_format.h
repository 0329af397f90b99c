/*
 * Values of cells as Excel shows them: the number formats of ISO/IEC 29500-1
 * section 18.8.30, as far as documents use them. What is not understood
 * (fractions, for one) is shown as General.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_NUMBER_FORMAT_H
#define SEKISHO_SANITIZERS_OOXML_NUMBER_FORMAT_H

#include "base/buffer.h"
#include "base/view.h"

#include <stdbool.h>

enum { NUMBER_CODE_MAX = 255 };

/* The code of a built-in format, as in a Japanese Excel; NULL: General. */
const char *number_format_builtin(unsigned id);

/*
 * Appends the number that `value` spells under a format code (UTF-8; NULL, ""
 * or "General": as it is). A value that is no number, and a code longer than
 * NUMBER_CODE_MAX, leave the value as it came.
 */
void number_format_show(struct buffer *out, struct view value, const char *code,
			bool date1904);

/* ---- number_date.c ---- */

/* Whether a section (up to `size`) shows a date or time. */
bool number_date_is(const char *section, size_t size);

/* Appends the day and time of a serial number; false where it is none. */
bool number_date_show(struct buffer *out, double serial, const char *section,
		      size_t size, bool date1904);

/* The text of "..", \c, [$..] and others that stand for themselves at
 * `*at`, which is moved behind it; false where there is none. */
bool number_literal(struct buffer *out, const char *section, size_t size,
		    size_t *at);

#endif
