/*
 * The folder of malware definitions: which files there are, how old they say
 * they are, and whether they have changed. Reads names, times and the headers
 * of signed databases only; knows nothing of libclamav.
 *
 * Signed databases (.cvd .cld .cud) carry their time of making in a header of
 * 512 bytes, "ClamAV-VDB:" and fields between colons, the ninth of which is
 * seconds since 1970. The modification time of such a file only says when it
 * was copied.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_DEFINITIONS_H
#define SEKISHO_GATEWAY_SCANNER_DEFINITIONS_H

#include "base/buffer.h"

enum { DEFINITION_FILES_MAX = 128, DEFINITION_NAME_MAX = 95 };

struct definition_file {
	char name[DEFINITION_NAME_MAX + 1];
	int64_t time; /* seconds since 1970, 0: a header without a time */
	bool dated;   /* from a header, not from the file system */
};

struct definitions {
	size_t count; /* of files that the engine would load */
	struct definition_file files[DEFINITION_FILES_MAX]; /* by name */
	int64_t time;            /* what counts for the age; 0: none */
	uint8_t fingerprint[32]; /* changes when any of the files does */
};

/*
 * Looks at a folder. What counts for the age is the database `daily`, which
 * is the one that is kept up to date, else the newest header, else, where no
 * file has a header, the newest modification. -ERR_SCANNER_NO_DEFINITIONS
 * when the folder is missing or has none; ret_definitions is then empty. A
 * file without content counts as none: -ERR_SCANNER_FAILED.
 */
int definitions_survey(const char *folder,
		       struct definitions *ret_definitions) MUST_CHECK;

/* The time in the header of a signed database, 0 when it is not one. */
int64_t definitions_header_time(struct view header);

/*
 * Whether they are too old at `now`. `max_age_hours` 0: never. A time more
 * than a day ahead of the clock counts as too old as well: it would hide that
 * updates have stopped.
 */
bool definitions_are_stale(int64_t time, int64_t now, uint32_t max_age_hours);

/* Whole hours; 0 for no time and for one ahead of the clock. */
uint32_t definitions_age_hours(int64_t time, int64_t now);

#endif
