/*
 * Versions of the policies (docs/policy.md): proposed by one, approved by
 * another, put in force by sekishod, which says what came of it. Everything
 * runs inside a change that is open in the store.
 *
 * Errors in common: -ERR_NOT_FOUND; -ERR_STALE: not possible from its state, or
 * another version is in force than the one that it was made from.
 */
#ifndef SEKISHO_QUARANTINE_POLICY_VERSION_H
#define SEKISHO_QUARANTINE_POLICY_VERSION_H

#include "quarantine/review/review.h"

/* The only set of policies; versions are versions of it. */
#define POLICY_SET "default"

enum {
	POLICY_AUTHORS = ROLE_ADMINISTRATOR,
	POLICY_DECIDERS = ROLE_APPROVER | ROLE_ADMINISTRATOR,
};

struct policy_version {
	int64_t number; /* 0: there is none */
	int64_t version;
	int64_t base;
	int64_t author;
	char id[ITEM_ID_SIZE + 1];
	char state[16];
	char author_login[SESSION_LOGIN_MAX + 1];
	char approver_login[SESSION_LOGIN_MAX + 1];
	uint8_t sha256[HASH_SIZE];
};

int policy_find(struct store *store, const char *id,
		struct policy_version *ret_version) MUST_CHECK;
/* Number 0 when none is in this state ("in_force", "approved"). */
int policy_in_state(struct store *store, const char *state,
		    struct policy_version *ret_version) MUST_CHECK;
/* Appends the text. */
int policy_text(struct store *store, const char *id,
		struct buffer *text) MUST_CHECK;

struct policy_asking {
	const char *text;       /* YAML; checked by sekisho-policy */
	const char *base;       /* id of the version that is in force */
	const char *rolls_back; /* id of the version that it is; "" */
	const char *reason;
};

/* -ERR_EXISTS: it is what is in force; -ERR_NO_APPROVER: nobody else could
 * decide. */
int policy_propose(struct store *store, const struct reviewer *reviewer,
		   const struct policy_asking *asking,
		   char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

/* -ERR_OWN_REQUEST: by its author. *ret_superseded with -ERR_STALE: another
 * version came into force meanwhile, and this one is closed: the caller keeps
 * what was written. */
int policy_decide(struct store *store, const struct reviewer *reviewer,
		  const char *id, bool approve, const char *reason,
		  bool *ret_superseded) MUST_CHECK;
int policy_withdraw(struct store *store, const struct reviewer *reviewer,
		    const char *id, const char *reason) MUST_CHECK;

/* What sekishod says is in force, or refused: versions and changes follow. */
int policy_settle(struct store *store, const struct settings_state *settings,
		  struct view text) MUST_CHECK;

/* --- between the sources of this folder --- */

/* To the next state, with its record; `comment` may be NULL. `result`: of what
 * was put in force or refused; NULL: none. */
int policy_move(struct store *store, const struct reviewer *reviewer,
		const struct policy_version *version, const char *state,
		const char *role, const char *result,
		const char *comment) MUST_CHECK;

struct policy_row {
	const char *state;
	const char *origin;
	struct view text;
	int64_t base;       /* 0: none */
	int64_t rolls_back; /* 0: none */
	const char *role;
	const char *comment; /* NULL */
};

/* A new version of the reviewer's. */
int policy_insert(struct store *store, const struct reviewer *reviewer,
		  const struct policy_row *row,
		  char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

#endif
