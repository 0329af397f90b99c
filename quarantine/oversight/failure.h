/*
 * Failures of programs on record (LOG-7): "program.end" with what ended it,
 * "program.start" when it is back. The object is "program:NAME", its version
 * the moment in ms since 1970: a record can be later, when the vault itself was
 * away. sekishod is the only one who tells of them, and tells until it is
 * answered; each is recorded once.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_FAILURE_H
#define SEKISHO_QUARANTINE_OVERSIGHT_FAILURE_H

#include "quarantine/store.h"

/* In a group of its own, durable when it returns 0. */
int failure_note(struct store *store,
		 const struct program_event *event) MUST_CHECK;

#endif
