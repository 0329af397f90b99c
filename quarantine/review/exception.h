/*
 * Exceptions to the rules (LOG-9): asked for by one, decided by another, with
 * an end that the database demands, listed for review. Inside a change.
 */
#ifndef SEKISHO_QUARANTINE_REVIEW_EXCEPTION_H
#define SEKISHO_QUARANTINE_REVIEW_EXCEPTION_H

#include "quarantine/review/review.h"

enum { EXCEPTION_RULE_MAX = 200 };

struct exception_asking {
	const char *rule; /* what is departed from */
	const char *department;
	const char *reason;
	int64_t starts_ms;
	int64_t ends_ms;
};

/* -ERR_FORBIDDEN: not of a department of the session. */
int exception_ask(struct store *store, const struct reviewer *reviewer,
		  const struct exception_asking *asking,
		  char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

/* "active", "denied" (by an approver, another one), "withdrawn" (by who asked)
 * or "ended" (by whoever may ask or decide). */
int exception_move(struct store *store, const struct reviewer *reviewer,
		   const char *id, const char *state,
		   const char *reason) MUST_CHECK;

/* Ends what is over, with its record: at most `most`. */
int exception_expire(struct store *store, int64_t now_ms, size_t most,
		     size_t *ret_count) MUST_CHECK;

#endif
