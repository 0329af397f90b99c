/*
 * Rows that are no items: exceptions, incidents, stops, policies. Each change
 * has a record whose object names the row and whose hashes are those of the row
 * before and after.
 */
#ifndef SEKISHO_QUARANTINE_REVIEW_PROOF_H
#define SEKISHO_QUARANTINE_REVIEW_PROOF_H

#include "quarantine/review/review.h"

struct proof {
	const char *action;  /* "exception.request" */
	const char *object;  /* "exception:ID" */
	const char *unit;    /* department, "" */
	const char *reason;  /* stable name */
	const char *outcome; /* the state reached */
	const char *role;
	int64_t version; /* that the row has now */
	bool has_before;
	uint8_t before[HASH_SIZE];
};

/* The hash of the row that `sql` finds by `key`: every column it selects. */
int proof_hash(struct database *database, const char *sql, const char *key,
	       uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* The key of a stop: "SCOPE:DIRECTION", in front of it "TENANT:" for others
 * than the default one. */
#define STOP_KEY                                                               \
	"iif(tenant = 'default', '', tenant || ':') || scope || ':' ||"        \
	" direction"

extern const char proof_exception_sql[];  /* by id */
extern const char proof_incident_sql[];   /* by id */
extern const char proof_stop_sql[];       /* by "SCOPE:DIRECTION" */
extern const char proof_self_check_sql[]; /* by id; with its results */
extern const char proof_policy_sql[];     /* by id */

/* The place that the next record will have, to be written into the row before
 * proof_append(): the row and its record name each other. */
int proof_place(struct store *store, int64_t now_ms, int *ret_year,
		int64_t *ret_seq) MUST_CHECK;

/* Appends the record of the row as it now is; `comment` may be NULL. */
int proof_append(struct store *store, const struct reviewer *reviewer,
		 const struct proof *proof, const char *sql, const char *key,
		 const char *comment) MUST_CHECK;

/*
 * Holds every such row against the last record of its object, and every such
 * record against a row. `report` is called for each that does not fit, with
 * "exception:ID" and so on.
 */
typedef void proof_report(void *context, const char *object);
int proof_check(struct database *database, proof_report *report,
		void *context) MUST_CHECK;

#endif
