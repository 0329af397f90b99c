/*
 * Calls that are done once (Idempotency-Key): the answer of a WRITE operation
 * is kept under the caller's key for a day, in the transaction of what it
 * wrote, sealed with the vault's key.
 */
#ifndef SEKISHO_QUARANTINE_CONSOLE_ONCE_H
#define SEKISHO_QUARANTINE_CONSOLE_ONCE_H

#include "quarantine/console/call.h"

/* Remembers what is asked. `key` lives as long as the call; "": not once. */
void once_begin(struct call *call, const char *key, struct view parameters);

/* Whether this was answered before; the answer is then in call->answer.
 * -ERR_PARAMETER: the key was used for another call. */
int once_find(struct call *call, bool *ret_found) MUST_CHECK;

/* Keeps the answer, inside the call's change. */
int once_keep(struct call *call) MUST_CHECK;

#endif
