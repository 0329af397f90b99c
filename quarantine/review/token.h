/* The token of base/token.h, made for an item that is on its way. */
#ifndef SEKISHO_QUARANTINE_REVIEW_TOKEN_H
#define SEKISHO_QUARANTINE_REVIEW_TOKEN_H

#include "quarantine/store.h"

/* For the original of `opened`, under the state version that its opening is. */
int token_make(struct store *store, int64_t version,
	       struct vault_opened *opened) MUST_CHECK;

#endif
