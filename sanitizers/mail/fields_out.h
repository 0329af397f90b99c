/*
 * The header of the new message: the fields of the list, each decoded, checked
 * and encoded anew.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_FIELDS_OUT_H
#define SEKISHO_SANITIZERS_MAIL_FIELDS_OUT_H

#include "sanitizers/job.h"
#include "sanitizers/mail/tokenizer.h"

/* Ours, kept only in a second run over our own output. */
#define MAIL_RESULT_FIELD "X-Sekisho-Result"

/*
 * Appends the fields that stay, with `prefix` in front of the subject, which
 * loses those that an earlier run put there (`prefixes`, NULL-terminated).
 * Reports what goes. -ERR_MAIL_DUPLICATE_IDENTITY, -ERR_LIMIT_MEMBERS,
 * -ERR_MEMORY.
 */
int mail_fields_write(struct job *job, const struct mail_field *fields,
		      const char *prefix, const char *const *prefixes,
		      struct buffer *out) MUST_CHECK;

/* -ERR_MAIL_DUPLICATE_IDENTITY when a field that says who writes what is there
 * twice. */
enum error mail_fields_check(const struct mail_field *fields);

#endif
