/*
 * The daily examination of the log (LOG-4): what somebody should look at. Fed
 * with the records of the day and of the 30 days before, in their order; days
 * are Japan's.
 */
#ifndef SEKISHO_QUARANTINE_EXAMINE_H
#define SEKISHO_QUARANTINE_EXAMINE_H

#include "quarantine/record.h"

#include <jansson.h>

enum {
	EXAMINE_HISTORY_DAYS = 30,
	EXAMINE_FIRST_HOUR = 7, /* working hours, Monday to Friday */
	EXAMINE_LAST_HOUR = 20,
	EXAMINE_BULK = 20, /* releases by one person in one hour */
};

struct examination;

/* `day` as YYYY-MM-DD. NULL: no such day, or out of memory. */
struct examination *examination_new(const char *day);
void examination_free(struct examination *examination);

/* From when to when records are wanted: ms since 1970, the end excluded. */
void examination_range(const struct examination *examination, int64_t *ret_from,
		       int64_t *ret_to);

void examination_record(struct examination *examination,
			const struct record *record);

/* How the clock stands now: adjtimex(2). */
struct clock_state {
	bool synchronised;
	int64_t error_ms; /* as the kernel estimates it at most */
};
void clock_read(struct clock_state *ret_state);

/*
 * {"day", "records", "findings": [{"kind", "who", "count"} …], "clock":
 * {"synchronised", "error_ms"}}; the caller's. The clock is left out where
 * `clock` is NULL: of another day nothing is known.
 */
json_t *examination_result(struct examination *examination,
			   const struct clock_state *clock);

/* Whether findings of this kind are reason enough to tell somebody by itself;
 * others are there for who looks. */
bool examination_tells(const char *kind);

/* The day before this moment, in Japan. */
void examination_yesterday(int64_t now_ms, char ret_day[16]);

/* The sentence of a finding's kind; NULL when there is none. */
const char *examination_sentence(const char *kind, enum language language);

#endif
