/*
 * Items: recorded once, then moved from state to state. Each change is made
 * together with its transition and its audit record, in the group that is open
 * in the store, or not at all.
 */
#ifndef SEKISHO_QUARANTINE_ITEM_H
#define SEKISHO_QUARANTINE_ITEM_H

#include "quarantine/store.h"

/* Who asks, for the audit record. */
struct actor {
	const char *name; /* "sekisho-broker" */
	const char *role; /* "system" */
};

/*
 * Records an item with its JSON report and, where `original` is not negative,
 * its original. An item that was recorded before and not delivered is replaced
 * (its processing was repeated after a crash): state version + 1, the old
 * original destroyed. A message that was delivered and is ready again is
 * recorded as delivered once more. -ERR_STALE: it was delivered or destroyed;
 * -ERR_PROTOCOL: the report or a value makes no sense; -ERR_INTAKE_CHANGED:
 * the original is not the one that was hashed.
 */
int item_record(struct store *store, const struct actor *actor,
		const struct vault_record *record, struct view report,
		int original) MUST_CHECK;

/*
 * Moves an item on. Being there already is success and changes nothing.
 * -ERR_NOT_FOUND: no such item; -ERR_STALE: not possible from its state.
 */
int item_deliver(struct store *store, const struct actor *actor,
		 const char *item_id, const char *detail) MUST_CHECK;

/* STATE_UNKNOWN and zeros when there is no such item. */
int item_find_state(struct store *store, const char *item_id,
		    enum item_state *ret_state,
		    uint8_t ret_output_sha256[HASH_SIZE]) MUST_CHECK;

/*
 * Destroys at most `most` originals whose time is over: key first, then file.
 * Held items become destroyed; delivered ones stay delivered. The number goes
 * to `ret_count`.
 */
int item_expire(struct store *store, int64_t now_ms, size_t most,
		size_t *ret_count) MUST_CHECK;

/*
 * Opens an item that waits for its password, or that was opened before and not
 * delivered since: the opening becomes a transition of its own, which is also
 * what counts the tries. -ERR_NOT_FOUND: no such item; -ERR_STALE: it does not
 * wait; -ERR_PASSWORD_TRIES: ITEM_TRIES_MAX in the last hour.
 */
enum { ITEM_TRIES_MAX = 10 }; /* in an hour */
int item_open(struct store *store, const struct actor *actor,
	      const char *item_id, struct vault_opened *ret) MUST_CHECK;

/*
 * Holds what nobody gave a password for within the time that the store's
 * options say: at most `most` items. The original stays as long as that of
 * every other item that is held.
 */
int item_stop_waiting(struct store *store, int64_t now_ms, size_t most,
		      size_t *ret_count) MUST_CHECK;

/* Whether it ever was. */
int item_was_opened(struct store *store, const char *item_id,
		    bool *ret_opened) MUST_CHECK;

/* Decrypts an item's original to `output` and checks its hash.
 * -ERR_NOT_FOUND: none is kept. */
int item_read_original(struct store *store, const char *item_id,
		       int output) MUST_CHECK;

/* The size of the original that is kept. -ERR_NOT_FOUND: none is. */
int item_original_bytes(struct store *store, const char *item_id,
			uint64_t *ret_bytes) MUST_CHECK;

/* The state with this name, STATE_UNKNOWN when there is none. */
enum item_state item_state_by_name(const char *name);

#endif
