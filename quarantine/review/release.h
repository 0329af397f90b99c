/*
 * What was decided is carried out (docs/review.md): the vault tells the broker
 * what is due, the broker opens the item, which makes it `releasing` or counts
 * another try, and the door's word that it has been delivered ends it. Every
 * step is a transition, so that a crash between any two goes on where it was.
 */
#ifndef SEKISHO_QUARANTINE_REVIEW_RELEASE_H
#define SEKISHO_QUARANTINE_REVIEW_RELEASE_H

#include "quarantine/review/review.h"

enum {
	RELEASE_TRIES_MAX = 50,
	RELEASE_DAYS_MAX = 7,      /* after the decision */
	RELEASE_LAST_MINUTES = 15, /* that the last try has */
};

/*
 * Items that are approved, releasing or reprocessing, or ready since they were
 * reprocessed, and whose next try is due; `all`: whatever was tried before. At
 * most `most` ids; returns their number or an error. Nothing while releases of
 * their direction are stopped.
 */
int release_due(struct store *store, int64_t now_ms, bool all,
		char (*ids)[ITEM_ID_SIZE + 1], int most) MUST_CHECK;

/* How often it was opened for this request. */
int release_tries(struct store *store, const struct request *request,
		  int64_t *ret_count) MUST_CHECK;

/* Holds what came to nothing after all tries, or was decided too long ago, with
 * the reason release.spent: at most `most` items. Inside a group. */
int release_spent(struct store *store, int64_t now_ms, size_t most,
		  size_t *ret_count) MUST_CHECK;

/*
 * Opens an item for what was decided. `ret->delivery` names only those it is
 * for and that have not got it. -ERR_STALE: nothing is decided; -ERR_STOPPED.
 */
int release_open(struct store *store, const struct actor *actor,
		 const char *item_id, struct vault_opened *ret) MUST_CHECK;

/* It came to nothing: the request failed, the item is held again. */
int release_failed(struct store *store, const struct actor *actor,
		   const char *item_id, enum error reason) MUST_CHECK;

/* item_deliver() of what is releasing, inside a change. */
int release_delivered(struct store *store, const struct actor *actor,
		      const char *item_id, const struct present *before,
		      const char *detail) MUST_CHECK;

/* Closes the item's open request, where it has one, because the item goes
 * another way; the item is then in the state that it was in before, and
 * `present` tells that. Inside a change. */
int release_end_request(struct store *store, const char *item_id,
			struct present *present) MUST_CHECK;

/* What recording an item again does to its request. */
struct overtaken {
	struct request request;
	const char *state; /* that the request comes to; NULL: stays */
};

/* The state that an item comes to when it is recorded again, and what becomes
 * of its request, which release_overtake() then writes. -ERR_STALE: it may not
 * be recorded. */
int release_recorded(struct store *store, const struct present *before,
		     const struct vault_record *record,
		     struct overtaken *ret_overtaken,
		     enum item_state *ret_state) MUST_CHECK;
int release_overtake(struct store *store,
		     const struct overtaken *overtaken) MUST_CHECK;

#endif
