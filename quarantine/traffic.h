/*
 * Which way mail has been stopped: kept in the vault, so that it is on record
 * and outlives a restart.
 */
#ifndef SEKISHO_QUARANTINE_TRAFFIC_H
#define SEKISHO_QUARANTINE_TRAFFIC_H

#include "quarantine/item.h"

/* Stops or resumes one direction, with its audit record, in the group that is
 * open in the store. Being so already is recorded too. `reason` is what the
 * operator gave, or "". */
int traffic_set(struct store *store, const struct actor *actor,
		enum direction direction, bool stopped,
		const char *reason) MUST_CHECK;

/* Nothing recorded means that mail runs. */
int traffic_read(struct store *store,
		 bool ret_stopped[DIRECTION_COUNT]) MUST_CHECK;

#endif
