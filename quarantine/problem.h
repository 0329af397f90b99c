/*
 * What stopped an operation, in words for the operator's log. Libraries do not
 * log: they fill one of these, and the program that decides writes it.
 */
#ifndef SEKISHO_QUARANTINE_PROBLEM_H
#define SEKISHO_QUARANTINE_PROBLEM_H

#include "base/error.h"

enum { PROBLEM_MAX = 512 };

struct problem {
	char text[PROBLEM_MAX]; /* "" when there was none; always ends in NUL */
};

/* Sets the text, unless one is there already: the first cause counts. A NULL
 * problem is allowed. Returns `error`. */
int problem_set(struct problem *problem, int error, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
