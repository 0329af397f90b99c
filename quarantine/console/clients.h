/* Calls of API clients: who may make them, how many, and their records. For
 * the dispatcher (call.c) only. */
#ifndef SEKISHO_QUARANTINE_CONSOLE_CLIENTS_H
#define SEKISHO_QUARANTINE_CONSOLE_CLIENTS_H

#include "quarantine/console/call.h"

/*
 * Fills in the call's session. -ERR_UNAUTHENTICATED: no such client, or not any
 * more; -ERR_FORBIDDEN: not what it was made for; -ERR_TOO_MANY.
 */
int client_admit(struct call *call) MUST_CHECK;

/*
 * Records a call that ended with `result`; after one that cannot be recorded
 * nothing is answered. Returns what the caller is told. *ret_wrote is set when
 * there is something to commit.
 */
int client_record(struct call *call, int result, bool *ret_wrote) MUST_CHECK;

#endif
