/*
 * Records of what others tell the vault until it is answered: programs that
 * ended, who was told of an alarm. The object and its version, a moment or a
 * number, say which it is: told again, it is not recorded again.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_EVENT_H
#define SEKISHO_QUARANTINE_OVERSIGHT_EVENT_H

#include "quarantine/store.h"

/* In a group of its own, durable when it returns 0. */
int event_note(struct store *store, struct record *record) MUST_CHECK;

#endif
