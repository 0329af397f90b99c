/*
 * What people are to be told of by themselves (OPS-1): found by looking at how
 * things stand, as often as somebody asks. Who was told, and who could not be,
 * is on record ("alarm.tell").
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_ALARM_H
#define SEKISHO_QUARANTINE_OVERSIGHT_ALARM_H

#include "quarantine/oversight/examination.h"

/* Everything that is not as it should be. Writes nothing: it works where
 * nothing can be recorded. `examined`: the last day that was looked at, or
 * NULL. */
int alarms_find(struct store *store, int64_t now_ms,
		const struct day_examined *examined,
		struct alarms *ret) MUST_CHECK;

/* In a group of its own, durable when it returns 0; told again it is not
 * recorded again. */
int alarm_note(struct store *store, const struct alarm_told *told) MUST_CHECK;

#endif
