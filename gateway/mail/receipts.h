/*
 * Which recipients have what was released to them: what a crash in the middle
 * of a delivery, or one that was refused for some, must not send again.
 *
 * One file for each item in STATE/releases, of lines: for each recipient whom
 * the next server took the message for, a digest; "delivered" once there is
 * nobody left; "recorded" once the vault knows. Nobody is named in it.
 *
 * What people decided can be released again later, to others: of such a release
 * there is in the place of "delivered" a digest of all it was for, and nothing
 * to recover: the vault has it tried again until it has heard of its end.
 */
#ifndef SEKISHO_GATEWAY_MAIL_RECEIPTS_H
#define SEKISHO_GATEWAY_MAIL_RECEIPTS_H

#include "base/message.h"

struct receipts;

/*
 * Opens or makes the item's file; nobody else has it open until
 * receipts_close(). -ERR_UNAVAILABLE: somebody has; -ERR_IO, -ERR_NO_SPACE:
 * nothing can be written, so nothing must be sent.
 */
int receipts_open(const char *state, const char *item_id,
		  struct receipts **ret_receipts) MUST_CHECK;
void receipts_close(struct receipts *receipts);

bool receipts_has(const struct receipts *receipts, const char *recipient);
bool receipts_is_delivered(const struct receipts *receipts);

/* Whether there is nobody left of a decided release; `delivery` as in struct
 * handover. */
bool receipts_is_released(const struct receipts *receipts,
			  const char *delivery);

/* Writes; receipts_sync() makes it durable. What cannot be written is known
 * until receipts_close(). */
int receipts_add(struct receipts *receipts, const char *recipient) MUST_CHECK;
int receipts_delivered(struct receipts *receipts) MUST_CHECK;
int receipts_released(struct receipts *receipts,
		      const char *delivery) MUST_CHECK;
int receipts_recorded(struct receipts *receipts) MUST_CHECK;
int receipts_sync(struct receipts *receipts) MUST_CHECK;

/*
 * Of the files that a former run left: calls `found` for each that is delivered
 * and not recorded, and removes those that nobody has touched for `days`.
 */
typedef void receipts_found(void *context, const char *item_id);
void receipts_recover(const char *state, unsigned days, receipts_found *found,
		      void *context);

#endif
