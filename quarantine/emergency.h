/*
 * What is left when the log cannot be written: a file whose bytes were taken
 * from the disk beforehand. It says since when, how often and why nothing could
 * be recorded; the first transaction that succeeds puts that on record
 * ("log.failed") and empties it.
 */
#ifndef SEKISHO_QUARANTINE_EMERGENCY_H
#define SEKISHO_QUARANTINE_EMERGENCY_H

#include "quarantine/note.h"

enum { EMERGENCY_SIZE = 4096 };

struct emergency {
	int fd;
	uint64_t count; /* failures since the last record; 0: none */
	int64_t first_ms;
	int64_t last_ms;
	char reason[64]; /* stable name of the first */
};

/* Opens or makes the file and takes its bytes; reads what it says. */
int emergency_open(const char *path,
		   struct emergency *ret_emergency) MUST_CHECK;
void emergency_close(struct emergency *emergency);

/* Notes a failure; what the disk still refuses stays in memory. */
void emergency_note(struct emergency *emergency, int error, int64_t now_ms);

/* Bytes of it that say something. */
int emergency_used(const struct emergency *emergency);

/* It is on record now. */
void emergency_clear(struct emergency *emergency);

#endif
