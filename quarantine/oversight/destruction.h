/*
 * Years of the log are destroyed as a whole, the oldest first, when they are
 * older than the setting says (LOG-2). In one transaction the lines and
 * payloads of the year go, and the present year's tree gets a record that names
 * the root and the size of the destroyed one ("log.destroy"); the leaves stay,
 * so that the root can still be computed, and the signed checkpoints, so that
 * it can be seen to be the one that was signed. Nothing is destroyed while an
 * incident is open, or an item of that year is under legal hold or not
 * finished.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_DESTRUCTION_H
#define SEKISHO_QUARANTINE_OVERSIGHT_DESTRUCTION_H

#include "quarantine/review/review.h"
#include "quarantine/verify.h"

/* Why a year that is due stays; a stable name. */
enum log_kept {
	LOG_NOT_KEPT,
	LOG_KEPT_INCIDENT,
	LOG_KEPT_HOLD,
	LOG_KEPT_UNFINISHED,
};

/* The oldest year that is there and older than `keep_years` whole ones; 0:
 * none, also when keep_years is 0. *ret_kept says whether something stops it.
 */
int log_destroy_due(struct store *store, int64_t now_ms, uint32_t keep_years,
		    int *ret_year, enum log_kept *ret_kept) MUST_CHECK;

/* In groups of their own: destroys what is due and may be, a year at a time;
 * then the files of every year that was. */
int log_destroy_run(struct store *store, int64_t now_ms,
		    size_t *ret_years) MUST_CHECK;

/* Removes what a crash left: files of years that are destroyed. */
int log_destroy_sweep(struct store *store) MUST_CHECK;

/* Part of verify_state(): each destroyed year against its record, its leaves
 * and its checkpoints, and back. */
int verify_destroyed(struct verify *verify,
		     struct database *database) MUST_CHECK;

/* The hash of a row of log_destroyed by its year as text; see proof.h. */
extern const char log_destroyed_sql[];

#endif
