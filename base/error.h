/*
 * Errors and the reasons for holding an object: one table for both, because
 * every failure holds the object.
 *
 * Functions that can fail return 0 or a negative `enum error` and are marked
 * MUST_CHECK. 0 means success only where a function says so; a verdict is
 * never built from it alone (see base/verdict.h).
 */
#ifndef SEKISHO_BASE_ERROR_H
#define SEKISHO_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(string, first)                                             \
	__attribute__((format(printf, string, first)))

enum error {
	ERR_NONE = 0,
#define ERROR(symbol, name, ja, en) ERR_##symbol,
#include "base/error.def"
#undef ERROR
	ERR_COUNT
};

enum language { LANGUAGE_JA, LANGUAGE_EN };

/*
 * Stable name of an error, `"none"` for 0. Takes the negative values that
 * functions return as well as the positive ones. Out of range: "internal".
 * Static storage.
 */
const char *error_name(int error);

/* One sentence for people. Never NULL; static storage. */
const char *error_sentence(int error, enum language language);

/* Whether the reason says nothing of the object: a part of the gateway did not
 * work. Takes either sign. */
bool error_is_fault(int error);

/* The error with this stable name, positive; 0 when there is none. */
enum error error_by_name(const char *name);

/* The error that an errno value stands for, negative: -ERR_NO_SPACE for
 * ENOSPC and EDQUOT, -ERR_MEMORY for ENOMEM, -ERR_IO otherwise. */
int error_from_errno(int number);

#endif
