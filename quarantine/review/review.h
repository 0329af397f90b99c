/*
 * What people ask for and decide about items (docs/review.md): requests,
 * decisions, legal holds, releases. Every act is a transition of its item with
 * the audit record of who did it; the reason that was given stands in the
 * record's salted payload. Everything runs inside a change that is open in the
 * store (store_change_begin()).
 *
 * Errors in common: -ERR_NOT_FOUND where there is none, or none that this
 * session sees; -ERR_STALE: not possible from its state, or the evidence is not
 * what it was.
 */
#ifndef SEKISHO_QUARANTINE_REVIEW_REVIEW_H
#define SEKISHO_QUARANTINE_REVIEW_REVIEW_H

#include "quarantine/change.h"
#include "quarantine/console/session.h"

enum {
	REVIEW_REASON_MAX = 1000, /* bytes */
	REVIEW_RECIPIENTS_MAX = 1000,
	REVIEW_BATCH_MAX = 500, /* items in one call */
};

enum request_kind {
	REQUEST_RELEASE_SANITIZED, /* what passes when it goes all the way
				      again is delivered */
	REQUEST_RELEASE_ORIGINAL,  /* as it came */
	REQUEST_REPROCESS,         /* again, as if it came now */
	REQUEST_DELETE,
	REQUEST_UNHOLD,
	REQUEST_KINDS
};

const char *request_kind_name(enum request_kind kind);
/* REQUEST_KINDS when there is none of this name. */
enum request_kind request_kind_by_name(const char *name);

/* Who acts. */
struct reviewer {
	const struct session *session;
	const char *source; /* address */
	int64_t now_ms;
};

/* The roles of those that may look at items of their departments. */
enum {
	REVIEW_READERS = ROLE_STAFF | ROLE_REVIEWER | ROLE_APPROVER |
			 ROLE_ADMINISTRATOR | ROLE_AUDITOR,
	REVIEW_ASKERS = ROLE_STAFF | ROLE_REVIEWER | ROLE_APPROVER,
	REVIEW_HOLDERS = ROLE_REVIEWER | ROLE_APPROVER | ROLE_ADMINISTRATOR,
};

struct asking {
	const char *item_id;
	enum request_kind kind;
	const char *reason;
	int64_t version; /* of the item that was looked at; 0: whatever */
	/* Of a release: numbers of item_recipient; none: everybody not served
	 * yet whose department the session sees. */
	const int64_t *recipients;
	size_t recipient_count;
};

/*
 * Makes a request. -ERR_NO_APPROVER: nobody else could decide it;
 * -ERR_LEGAL_HOLD: it is not to be destroyed; -ERR_OWN_REQUEST: the session's
 * user sent or is to get this item.
 */
int review_ask(struct store *store, const struct reviewer *reviewer,
	       const struct asking *asking,
	       char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

enum outcome { OUTCOME_APPROVED, OUTCOME_DENIED, OUTCOME_REJECTED };

/*
 * Decides. OUTCOME_REJECTED: denied, and never to be asked for again.
 * -ERR_OWN_REQUEST: asked by the same user. When the evidence is not what it
 * was the request is closed, *ret_superseded is set, and -ERR_STALE returned:
 * the caller keeps what was written.
 */
int review_decide(struct store *store, const struct reviewer *reviewer,
		  const char *request_id, enum outcome outcome,
		  const char *reason, bool *ret_superseded) MUST_CHECK;

/* Takes one's own open request back. */
int review_withdraw(struct store *store, const struct reviewer *reviewer,
		    const char *request_id, const char *reason) MUST_CHECK;

/* From now on nothing of the item is destroyed, until somebody asked for the
 * end of that and another approved. -ERR_STALE: so already, or nothing left. */
int review_hold(struct store *store, const struct reviewer *reviewer,
		const char *item_id, const char *reason,
		int64_t version) MUST_CHECK;

/* --- between the sources of review and of items --- */

struct request {
	int64_t number;
	char id[ITEM_ID_SIZE + 1];
	int64_t item;
	char item_id[ITEM_ID_SIZE + 1];
	enum request_kind kind;
	char state[16];
	int64_t requester;
	char requester_login[SESSION_LOGIN_MAX + 1];
	uint8_t evidence[HASH_SIZE];
};

/* -ERR_NOT_FOUND. */
int request_find(struct store *store, const char *request_id,
		 struct request *ret_request) MUST_CHECK;
/* The item's request that is open or approved; number 0: there is none. */
int request_of_item(struct store *store, int64_t item,
		    struct request *ret_request) MUST_CHECK;
/* The item's last request that is approved or done; number 0: there is none. */
int request_carried_out(struct store *store, int64_t item,
			struct request *ret_request) MUST_CHECK;
int request_set_state(struct store *store, const struct request *request,
		      const char *state) MUST_CHECK;

/* Whether the item is of, or for, a department that the session has one of
 * these roles for. */
int review_sees(struct store *store, const struct session *session,
		unsigned roles, int64_t item, bool *ret_sees) MUST_CHECK;
/* change_find(), but -ERR_NOT_FOUND for what is not there or not seen. */
int review_find(struct store *store, const struct reviewer *reviewer,
		unsigned roles, const char *item_id,
		struct present *ret_present) MUST_CHECK;
/* {"comment":"..."}, with its NUL. */
int review_payload(struct buffer *payload, const char *comment) MUST_CHECK;
/* A change of the item by this user; `role` as it stands in the record. */
struct change review_change(const struct reviewer *reviewer,
			    struct actor *actor, const char *role,
			    const char *item_id, const char *action,
			    const struct present *before);
/* "approver", "reviewer" ...: the first of `roles` that the session has. */
const char *review_role(const struct session *session, unsigned roles);

/* Whether somebody else could decide: has the role of an approver for the
 * departments of the item (and of the request's recipients). */
int review_can_be_decided(struct store *store, const struct session *session,
			  int64_t item, int64_t request,
			  bool *ret_can) MUST_CHECK;

/* What the recipients of an item are when it is recorded. */
int recipients_store(struct store *store, const struct vault_record *record,
		     int64_t item) MUST_CHECK;

#endif
