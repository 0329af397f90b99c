/*
 * Changes of settings (LOG-6): who, what, result. A row and a record with the
 * same hashes: `sha256sum` of the configuration's file, or of the text of the
 * policies, before and after.
 */
#ifndef SEKISHO_QUARANTINE_POLICY_CHANGE_H
#define SEKISHO_QUARANTINE_POLICY_CHANGE_H

#include "quarantine/store.h"

struct settings_change {
	const char *subject; /* "file", "policies" */
	bool refused;
	const char *reason; /* "start", "reload", "version" */
	const char *actor;  /* "local:root", or a login */
	const char *policy; /* id of a version; "" */
	const char *detail; /* JSON, "" */
	uint8_t after[HASH_SIZE];
	int64_t now_ms;
};

/* Notes it; nothing to do when it was taken over and is what it was. Inside a
 * change. */
int change_note(struct store *store,
		const struct settings_change *change) MUST_CHECK;

/* Holds each row against its record and each record against its row; `report`
 * is called with "config:NUMBER" or the record's object. */
typedef void change_report(void *context, const char *object);
int change_check(struct database *database, change_report *report,
		 void *context) MUST_CHECK;

#endif
