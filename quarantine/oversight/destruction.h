/*
 * Years of the log are destroyed as a whole, the oldest first, when they are
 * older than the setting says (LOG-2). First the present year's tree gets a
 * record that names the root and the size of the destroyed one ("log.destroy");
 * then its lines and payloads go, from the first one on, in transactions of
 * bounded size: a crash between two of them leaves a year that is destroyed and
 * whose end is still to be erased, which the next run does. The leaves stay, so
 * that the root can still be computed, and the signed checkpoints, so that it
 * can be seen to be the one that was signed. Nothing is destroyed while an
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

/* One transaction: erases so many records of a year that is being destroyed,
 * or names the next one that is due and may be. */
int log_destroy_step(struct store *store, int64_t now_ms, size_t records,
		     bool *ret_named, bool *ret_more) MUST_CHECK;

/* A number of steps; then removes the files of every year that is destroyed.
 * *ret_years: how many were named; *ret_more: there is more to do. */
int log_destroy_run(struct store *store, int64_t now_ms, size_t *ret_years,
		    bool *ret_more) MUST_CHECK;

/* Removes what a crash left: files of years that are destroyed. */
int log_destroy_sweep(struct store *store) MUST_CHECK;

/* Part of verify_state(): each destroyed year against its record, its leaves
 * and its checkpoints, and back. */
int verify_destroyed(struct verify *verify,
		     struct database *database) MUST_CHECK;

/* The hash of a row of log_destroyed by its year as text; see proof.h. */
extern const char log_destroyed_sql[];

#endif
