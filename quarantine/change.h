/*
 * The parts that every change of an item is made of; for the sources of
 * item.h only.
 */
#ifndef SEKISHO_QUARANTINE_CHANGE_H
#define SEKISHO_QUARANTINE_CHANGE_H

#include "quarantine/item.h"

enum { CHANGE_PAYLOAD_MAX = 8 * NAME_MAX_BYTES + 256 };

/* An item as it is before a change; number 0: there is none. */
struct present {
	int64_t number;
	int64_t version;
	enum item_state state;
	char department[DEPARTMENT_MAX + 1];
	char channel[32];
};

/* Which of an item's blobs a change is about. What lies there for somebody to
 * fetch has a time of its own. */
enum blobs {
	BLOBS_ALL,
	BLOBS_ORIGINAL,
	BLOBS_EXPIRED, /* by change.expired_ms */
};

/* A change about to be made, for transition and record. */
struct change {
	const struct actor *actor;
	const char *item_id;
	const char *action;
	const char *reason;
	const char *source; /* address of who acted; NULL: the item's channel */
	enum item_state state;
	int64_t time_ms;
	int64_t expires_ms; /* none of its blobs outlasts this; 0: as before */
	enum blobs blobs;   /* that are destroyed or limited */
	int64_t expired_ms;
	const struct present *before;
	int64_t number;
	bool has_before;
	uint8_t evidence[HASH_SIZE]; /* before the change */
};

/* A column of a question that has `item` in it: the reason why what was
 * approved last for a held item came to nothing, "" for all others. */
#define CHANGE_FAILED_COLUMN                                                   \
	"CASE item.state WHEN 'held' THEN coalesce((SELECT CASE WHEN"          \
	" tf.from_state IN ('approved', 'releasing', 'reprocessing', 'ready')" \
	" AND tf.reason NOT IN ('release_sanitized', 'release_original')"      \
	" THEN tf.reason END FROM transition tf WHERE tf.item = item.number"   \
	" AND tf.from_state <> tf.to_state ORDER BY tf.state_version DESC"     \
	" LIMIT 1), '') ELSE '' END"

/* Number 0 when there is no such item. */
int change_find(struct store *store, const char *item_id,
		struct present *ret_present) MUST_CHECK;

/* What every change ends with: the audit record of what the rows are now, and
 * the transition that points to it. `after` gives department and channel;
 * `payload` is JSON text or NULL. */
int change_finish(struct store *store, const struct change *change,
		  const struct present *after, const char *payload) MUST_CHECK;

/* The two halves of change_move(), for those that change other rows of the item
 * in between: the evidence before, then state, record and transition. */
int change_start(struct store *store, struct change *change) MUST_CHECK;
int change_apply(struct store *store, struct change *change, bool destroy,
		 const char *payload) MUST_CHECK;

/* A change of state alone, with its originals destroyed if `destroy`. */
int change_move(struct store *store, struct change *change, bool destroy,
		const char *payload) MUST_CHECK;

/* item_deliver() inside a change that is open already. */
int item_deliver_inside(struct store *store, const struct actor *actor,
			const char *item_id, const char *detail) MUST_CHECK;

/* What opening an item checks and does inside its change; fills in number and
 * state of the change and moves it. */
typedef int change_opening(struct store *store, struct change *change,
			   struct present *before, struct vault_opened *ret);

/* An "item.open" change for the reason `why`: item_open(), release_open(). */
int change_open(struct store *store, const struct actor *actor,
		const char *item_id, const char *why, change_opening *inside,
		struct vault_opened *ret) MUST_CHECK;

/* What the vault knows of an item: all of struct vault_opened but tries, task
 * and token. */
int item_describe(struct store *store, int64_t number,
		  struct vault_opened *ret) MUST_CHECK;

/* How often it may still be opened within this hour. */
int item_tries_left(struct store *store, int64_t number, int64_t now_ms,
		    int64_t *ret_left) MUST_CHECK;

/* Whether nothing of the item may be destroyed. */
int change_is_kept(struct store *store, int64_t number,
		   bool *ret_kept) MUST_CHECK;

/* What people were shown of the item is of something that it is no more. */
int change_forget_preview(struct store *store,
			  const struct change *change) MUST_CHECK;

/* Marks these of the change's item's blobs as destroyed and their files as to
 * be removed. */
int change_destroy_blobs(struct store *store,
			 const struct change *change) MUST_CHECK;

#endif
