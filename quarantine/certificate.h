/*
 * The certificate of an item that passes: what came in, what went out, under
 * which policy and definitions (base/certificate.h). Made in the transaction
 * that records the item; its key is apart from the log's.
 */
#ifndef SEKISHO_QUARANTINE_CERTIFICATE_H
#define SEKISHO_QUARANTINE_CERTIFICATE_H

#include "base/certificate.h"
#include "quarantine/store.h"

/* Makes and stores the certificate of item `number`, whose rows are there; or
 * removes the one of before where the item does not pass. */
int certificate_issue(struct store *store, int64_t number,
		      const struct vault_record *record, struct view report,
		      int64_t time_ms) MUST_CHECK;

/* Appends an item's certificate; -ERR_NOT_FOUND where it has none. */
int certificate_find(struct store *store, const char *item_id,
		     struct buffer *text) MUST_CHECK;

#endif
