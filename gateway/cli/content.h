/*
 * Inputs of `sekisho sanitize`: what is handed over is a copy that nobody can
 * change while it is worked on.
 */
#ifndef SEKISHO_GATEWAY_CLI_CONTENT_H
#define SEKISHO_GATEWAY_CLI_CONTENT_H

#include "base/message.h"

/*
 * Copies the file at `path`; its size goes to `ret_bytes` as soon as it is
 * known. A large copy lies in TMPDIR or /var/tmp. -ERR_INTAKE_UNREADABLE,
 * -ERR_INTAKE_NOT_REGULAR (never waits for a FIFO), -ERR_LIMIT_INPUT above
 * `limit` bytes, -ERR_NO_SPACE, -ERR_IO.
 */
int input_copy(const char *path, uint64_t limit, uint64_t *ret_bytes,
	       int *ret_fd) MUST_CHECK;

/*
 * Reads a file of passwords, one a line, into the submission: UTF-8, at most
 * PASSWORDS_MAX of PASSWORD_SIZE_MAX bytes, empty lines left out. The file
 * must not be open to others: -ERR_CONFIG, with a sentence on standard error.
 * The caller wipes the submission.
 */
int passwords_read(const char *path, enum language language,
		   struct submission *submission) MUST_CHECK;

#endif
