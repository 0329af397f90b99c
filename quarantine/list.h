/*
 * What `sekisho items` shows, as JSON text (docs/vault.md).
 */
#ifndef SEKISHO_QUARANTINE_LIST_H
#define SEKISHO_QUARANTINE_LIST_H

#include "quarantine/store.h"

enum {
	LIST_DEFAULT = 50,
	LIST_MAX = 1000,
	LIST_BYTES_MAX = 64 * 1024 * 1024,
};

/*
 * Items, newest first. `filter` is a JSON object with any of "state" (a name),
 * "limit" (1 to LIST_MAX) and "before" (an item id: only older ones); empty
 * text counts as {}. -ERR_PROTOCOL: anything else.
 */
int list_items(struct store *store, struct view filter,
	       struct buffer *buffer) MUST_CHECK;

/* One item with parts, findings, artifacts and transitions. -ERR_NOT_FOUND. */
int list_item(struct store *store, const char *item_id,
	      struct buffer *buffer) MUST_CHECK;

#endif
