/*
 * The self-check (OPS-6, LOG-8): what self_check.def lists, each with a result
 * and the measured value. The vault measures what it can see; what only the
 * operator of the machine can see (Postfix) is handed in by `sekisho
 * self-check mail` and stays the result until it is handed in again. Every run
 * is one row of self_check with its results and one audit record, whose hash
 * covers both. Rows are never changed and stay.
 */
#ifndef SEKISHO_QUARANTINE_OVERSIGHT_SELF_CHECK_H
#define SEKISHO_QUARANTINE_OVERSIGHT_SELF_CHECK_H

#include "quarantine/review/review.h"

#include <jansson.h>

enum self_check {
#define SELF_CHECK(symbol, name, who, unit, ja, en, ja_remedy, en_remedy)      \
	CHECK_##symbol,
#include "quarantine/oversight/self_check.def"
#undef SELF_CHECK
	SELF_CHECKS
};

enum check_result {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_FAILED,
	CHECK_UNKNOWN, /* not measured, or not to be found out */
	CHECK_RESULTS
};

enum check_place { CHECK_BY_VAULT, CHECK_BY_EDGE, CHECK_BY_INNER };

enum {
	CHECK_VALUE_MAX = 255,
	CHECK_RUN_HOURS = 24,      /* by itself so often */
	CHECK_MAIL_DAYS = 35,      /* what was handed in is old then */
	CHECK_BACKUP_DAYS = 2,     /* warning */
	CHECK_BACKUP_OLD_DAYS = 8, /* failed */
	CHECK_DISK_PERCENT = 15,   /* warning */
	CHECK_DISK_LEAST = 5,      /* failed */
};

struct check_finding {
	enum check_result result;
	int64_t measured_ms; /* 0: never */
	char value[CHECK_VALUE_MAX + 1];
};

const char *self_check_name(enum self_check check);
/* SELF_CHECKS when there is none of this name. */
enum self_check self_check_by_name(const char *name);
const char *self_check_unit(enum self_check check);
enum check_place self_check_place(enum self_check check);
const char *self_check_sentence(enum self_check check, enum language language);
const char *self_check_remedy(enum self_check check, enum language language);
const char *check_result_name(enum check_result result);
/* CHECK_RESULTS when there is none of this name. */
enum check_result check_result_by_name(const char *name);

/* Measures everything that the vault can, and takes the rest as it was handed
 * in last. Writes nothing. */
int self_check_measure(struct store *store, int64_t now_ms,
		       struct check_finding ret[SELF_CHECKS]) MUST_CHECK;

/* What the scanner's definitions are at this moment; the value in hours. */
enum check_result self_check_definitions(const struct store *store,
					 int64_t now_ms, int64_t *ret_hours);

/* Inside a change: measures and records; `kind` is "daily" or "asked". */
int self_check_run(struct store *store, const struct reviewer *reviewer,
		   const char *kind, char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

/* Inside a change: records what was found at Postfix. Those of the other
 * instance and those that are unknown stay as they were; measured_ms is set
 * here. */
int self_check_hand_in(struct store *store, const struct reviewer *reviewer,
		       enum check_place place,
		       const struct check_finding findings[SELF_CHECKS],
		       char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

/* By time alone: whether the last run, or where there is none the log's first
 * record, is CHECK_RUN_HOURS ago. */
int self_check_due(struct store *store, int64_t now_ms,
		   bool *ret_due) MUST_CHECK;

/* In a group of its own: runs it as the vault when it is due. */
int self_check_daily(struct store *store, int64_t now_ms,
		     bool *ret_run) MUST_CHECK;

#endif
