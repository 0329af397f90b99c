/*
 * Log lines for programs (libraries never log): one line on standard error,
 * `program: severity: event key=value...`, with values quoted and escaped
 * where they come from outside.
 */
#ifndef SEKISHO_BASE_LOG_H
#define SEKISHO_BASE_LOG_H

#include "base/error.h"

enum severity { LOG_LINE_ERROR, LOG_LINE_WARNING, LOG_LINE_INFO };

/* Up to which severity lines are written, as one digit; read by log_open().
 * sekishod sets it for the programs it starts. */
#define LOG_LIMIT_VARIABLE "SEKISHO_LOG_LIMIT"

/* Name of the program in front of every line; a string literal. */
void log_open(const char *program);

/* Lines less severe than this are not written from now on. */
void log_limit(enum severity least);

/* `format` gives "event key=value ..."; hostile values go through
 * log_quoted(). At most 2,000 bytes. */
void log_line(enum severity severity, const char *format, ...)
    PRINTF_LIKE(2, 3);

enum { LOG_QUOTED_MAX = 600 };

struct log_text {
	char bytes[LOG_QUOTED_MAX];
};

/* The text in double quotes; control, bidi and quote characters as \u{...},
 * cut where it does not fit. Use: log_quoted(&(struct log_text){0}, name). */
const char *log_quoted(struct log_text *ret_text, const char *text);

#endif
