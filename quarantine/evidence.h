/*
 * What an item's audit records commit to. The evidence hash covers every row
 * of an item that holds no personal data; the contents hash covers its parts
 * and findings, whose paths and details can, and where it is to go. The latter
 * stands only in the salted payload, next to the item's name.
 */
#ifndef SEKISHO_QUARANTINE_EVIDENCE_H
#define SEKISHO_QUARANTINE_EVIDENCE_H

#include "quarantine/database.h"
#include "quarantine/merkle.h"

/* Of item (all but the name), artifact (all but the content, which its own
 * hash covers), blob, and of what people asked for and decided: request,
 * request_recipient, decision, release, legal_hold. */
int evidence_hash(struct database *database, int64_t item,
		  uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* Of part, finding, delivery and item_recipient. */
int evidence_contents(struct database *database, int64_t item,
		      uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* What an approval binds: what was found in the item, under which policy, for
 * whom, and whether the original is still there. */
int evidence_of_request(struct database *database, int64_t item,
			uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* Of the present row of a query, every column. */
void evidence_row(const struct query *query, uint8_t ret_hash[HASH_SIZE]);
/* The same for other things: every column of what the statements give for the
 * key; NULL ends the list. The texts must be literals. */
int evidence_of_rows(struct database *database, const char *const *statements,
		     int64_t key, uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* The payload of an item's record: {"name":"...","contents":"hex"}. */
void evidence_payload(struct buffer *buffer, const char *name,
		      const uint8_t contents[HASH_SIZE]);

#endif
