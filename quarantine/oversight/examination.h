/*
 * The examination of a day from the database, by whoever asks and by the vault
 * itself once a day (LOG-4, OPS-1).
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_EXAMINATION_H
#define SEKISHO_QUARANTINE_OVERSIGHT_EXAMINATION_H

#include "base/message.h"
#include "quarantine/examine.h"
#include "quarantine/store.h"

/* Feeds it with the records of its range that the connection sees. */
int examination_feed(struct database *database,
		     struct examination *examination) MUST_CHECK;

/* What the vault found when it looked by itself. */
struct day_examined {
	char day[16];
	int64_t records;
	size_t findings; /* of every kind */
	bool tells;      /* one of them is reason to tell somebody */
	char text[2][ALARM_TEXT_MAX + 1]; /* by enum language, a line each;
					     names nobody */
};

/* The whole log (of all tenants) over a connection of its own, which can only
 * read: for a thread. `day` is set by the caller. */
int day_examine(const char *path, struct day_examined *examined) MUST_CHECK;

/* Records that it was done: "log.examine". */
int day_examined_note(struct store *store,
		      const struct day_examined *examined) MUST_CHECK;

#endif
