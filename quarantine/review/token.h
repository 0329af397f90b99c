/* The token of base/token.h, made for an item that is on its way, and shown by
 * the door that is about to deliver. */
#ifndef SEKISHO_QUARANTINE_REVIEW_TOKEN_H
#define SEKISHO_QUARANTINE_REVIEW_TOKEN_H

#include "quarantine/item.h"

/* For the original of `opened`, under the state version that its opening is. */
int token_make(struct store *store, int64_t version,
	       struct vault_opened *opened) MUST_CHECK;

/*
 * Whether a token of this version is that of the present try of a release of
 * the original: made for the last opening, and nothing happened since. `wrong`
 * is what the door found, 0 for nothing. Whatever is refused goes on record
 * (token.refuse), also where there is no such item: -ERR_TOKEN, with
 * *ret_wrote set, and the caller keeps what was written. Inside a group.
 */
int token_redeem(struct store *store, const struct actor *actor,
		 const char *item_id, uint64_t version, int wrong,
		 bool *ret_wrote) MUST_CHECK;

#endif
