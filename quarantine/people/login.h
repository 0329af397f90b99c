/*
 * Logging in, step by step, and the sessions that come of it. A session begins
 * when the password was right, and allows nothing but its next step until all
 * are done. Each step gives a new token; the old one is worth nothing any more,
 * so that nobody can plant one. Only a token's SHA-256 is stored.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_LOGIN_H
#define SEKISHO_QUARANTINE_PEOPLE_LOGIN_H

#include "quarantine/people/credential.h"

enum {
	TOKEN_TEXT_SIZE = 64,    /* 256 random bits in hexadecimal digits */
	LOGIN_SESSIONS_MAX = 10, /* of a user; the oldest gives way */
};

enum login_state {
	LOGIN_SECOND_FACTOR, /* has one, and still owes it */
	LOGIN_PASSWORD,      /* came with a temporary one: owes a new one */
	LOGIN_ENROL,         /* has to set up a second factor */
	LOGIN_ACTIVE,
	LOGIN_ENDED,
};

const char *login_state_name(enum login_state state);

struct login {
	int64_t number;
	int64_t user;
	enum login_state state;
	int64_t created_ms;
	int64_t used_ms;
	int64_t expires_ms;
};

/* -ERR_NOT_FOUND. */
int login_read(struct store *store, int64_t number,
	       struct login *ret_login) MUST_CHECK;

struct login_result {
	int64_t session;
	char token[TOKEN_TEXT_SIZE + 1];
	enum login_state state;
};

/* The password was right: begins a session. */
int login_open(struct store *store, const struct doer *doer,
	       const struct user *user,
	       struct login_result *ret_result) MUST_CHECK;

/*
 * A step of the session is done, with what the change already wrote: its new
 * state and token. Ends the change; `step` is "totp", "password" ...
 */
int login_advance(struct subject_change *change, const struct login *login,
		  const char *step, struct login_result *ret_result) MUST_CHECK;

/* Whether the account is locked now. */
bool user_is_locked(const struct user *user, int64_t now_ms);

/*
 * Counts a failure and locks the account when there were too many; also on a
 * locked or disabled account, which only makes a record. `session` is the one
 * that failed its second factor, 0 for none.
 */
int login_fail(struct store *store, const struct doer *doer,
	       const struct user *user, const char *reason,
	       int64_t session) MUST_CHECK;

/* Nobody has this login name. */
int login_fail_unknown(struct store *store, const struct doer *doer,
		       const char *login) MUST_CHECK;

/* Ends one session. -ERR_NOT_FOUND: it is over, or not this user's. */
int login_end(struct store *store, const struct doer *doer, int64_t session,
	      int64_t user, const char *reason) MUST_CHECK;

/* Ends all of a user but `except`. */
int login_end_all(struct subject_change *change, int64_t except,
		  const char *reason) MUST_CHECK;

/* Ends what was idle too long or is too old; each in a change of its own, in
 * the group that is open. */
int logins_sweep(struct store *store, int64_t now_ms,
		 size_t *ret_count) MUST_CHECK;

/* Whether there is anything to sweep. */
int logins_due(struct store *store, int64_t now_ms, bool *ret_due) MUST_CHECK;

/* Arrays of the user's open sessions, and of the last events. */
int sessions_write(struct store *store, int64_t user, int64_t current,
		   json_t *list) MUST_CHECK;
int events_write(struct store *store, int64_t user, int64_t before,
		 int64_t limit, json_t *list) MUST_CHECK;

/* {"last_login","last_logout","failures_since"}: what was before this
 * session (AUTH-6). */
int last_write(struct store *store, int64_t user, int64_t session,
	       json_t *object) MUST_CHECK;

#endif
