/*
 * What was let out to somebody who fetches it: of files that were handed in by
 * console and API, and of the command line. Nobody's folder and no server take
 * it, so it stays in the vault, encrypted like an original, until it was
 * fetched or its time is over; an original that was released is the one that
 * is there anyhow. Each fetching is a transition.
 */
#ifndef SEKISHO_QUARANTINE_KEPT_H
#define SEKISHO_QUARANTINE_KEPT_H

#include "quarantine/item.h"

enum {
	KEPT_DAYS = 7, /* where the options say nothing */
	KEPT_AGAIN_HOURS = 24,
};

/*
 * The delivery of such an item: `content` is what came out of the pipeline, or
 * the original with its token. -ERR_PROTOCOL: it came another way;
 * -ERR_STALE: it is not on its way; -ERR_TOKEN: nobody decided this, on record
 * with *ret_wrote (see token_redeem()); -ERR_INTAKE_CHANGED: not what passed.
 * Inside a group.
 */
int kept_take(struct store *store, const struct actor *actor,
	      const struct handover *handover, int content,
	      bool *ret_wrote) MUST_CHECK;

enum kept_kind { KEPT_NOTHING, KEPT_SANITIZED, KEPT_ORIGINAL };

struct kept {
	enum kept_kind kind;
	int64_t until_ms;
	char name[NAME_MAX_BYTES + 1]; /* as it came */
};

/* What of this item can be fetched now; KEPT_NOTHING and 0: nothing. */
int kept_find(struct store *store, const char *item_id, int64_t now_ms,
	      struct kept *ret_kept) MUST_CHECK;

/* Decrypts it for `actor`, with its transition; `source` is his address.
 * -ERR_NOT_KEPT. Inside a change. */
int kept_fetch(struct store *store, const struct actor *actor,
	       const char *source, const char *item_id, enum kept_kind kind,
	       int64_t now_ms, int *ret_content) MUST_CHECK;

#endif
