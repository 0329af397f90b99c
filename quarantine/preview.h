/*
 * What people are shown of an item's sanitized copy: pages as PNG, text, and
 * the source of macros that were removed. Somebody asks; the broker opens the
 * original, has it sanitized once more and hands back what can be seen, which
 * is kept as an artifact of the item, encrypted and destroyed like its
 * original. Nobody is shown the original.
 *
 * Everything runs inside a change that is open in the store.
 */
#ifndef SEKISHO_QUARANTINE_PREVIEW_H
#define SEKISHO_QUARANTINE_PREVIEW_H

#include "quarantine/change.h"
#include "quarantine/review/review.h"

enum {
	PREVIEW_TRIES_MAX = 3,  /* openings for one asking */
	PREVIEW_ASKED_MAX = 10, /* askings in an hour */
	/* Those who may see content of their departments. */
	PREVIEW_READERS = ROLE_STAFF | ROLE_REVIEWER | ROLE_APPROVER,
};

/*
 * Why there cannot be one: ERR_ENCRYPTED, ERR_INFECTED, ERR_NO_ORIGINAL,
 * ERR_STALE (not in its state). ERR_NONE: there can.
 */
int preview_obstacle(struct store *store, const struct present *item,
		     enum error *ret_reason) MUST_CHECK;

/*
 * Asks for one, with a record of who did. Nothing happens where it is being
 * made or is there. -ERR_NOT_FOUND: no such item that the session sees;
 * -ERR_TOO_MANY; and the obstacles above.
 */
int preview_ask(struct store *store, const struct reviewer *reviewer,
		const char *item_id, bool *ret_ready) MUST_CHECK;

/* At most `most` items whose preview is to be made; the count or an error. */
int preview_due(struct store *store, char (*ids)[ITEM_ID_SIZE + 1], int most);

/* Opens an item for its preview; on record. -ERR_STALE: nobody asked, or it
 * was tried too often, which ends it. */
int preview_open(struct store *store, const struct actor *actor,
		 const char *item_id, struct vault_opened *ret) MUST_CHECK;

/* Keeps what was made, or why nothing was. `content` is -1 then. -ERR_STALE:
 * nobody asked, or the item is not what it was. */
int preview_store(struct store *store, const struct actor *actor,
		  const struct preview *preview, int content) MUST_CHECK;

/* Decrypts part `number` into a new sealed memory file. -ERR_NOT_FOUND. */
int preview_read(struct store *store, const char *item_id, int64_t number,
		 enum preview_kind *ret_kind, int *ret_fd) MUST_CHECK;

#endif
