/*
 * What users prove themselves with: rows of `credential`, sealed (secret.h).
 * Functions that take a subject_change write rows only; who calls ends the
 * change. All others only read.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_CREDENTIAL_H
#define SEKISHO_QUARANTINE_PEOPLE_CREDENTIAL_H

#include "quarantine/people/password.h"
#include "quarantine/people/people.h"

enum {
	TOTP_SECRET_SIZE = 20,
	TOTP_TEXT_SIZE = 32, /* of the secret in Base32 */
	TOTP_DIGITS = 6,
	TOTP_STEP_SECONDS = 30,
	RECOVERY_CODES = 10,
	RECOVERY_TEXT_SIZE = 19, /* XXXX-XXXX-XXXX-XXXX */
	HISTORY_MAX = 25,
};

/* --- passwords --- */

struct password_state {
	char hash[PASSWORD_HASH_SIZE]; /* "": there is none */
	bool temporary;                /* to be changed first of all */
	bool expired;                  /* a temporary one whose time is over */
	size_t former_count;
	char former[HISTORY_MAX][PASSWORD_HASH_SIZE];
};

int password_read(struct store *store, int64_t user, int64_t now_ms,
		  struct password_state *ret_state) MUST_CHECK;

/* Puts a new one in the place of the present one, which becomes a former one
 * unless it was temporary. */
int password_set(struct subject_change *change, const char *hash,
		 bool temporary) MUST_CHECK;

/* --- TOTP, RFC 6238 --- */

/* Which second factors a user has. */
struct factors {
	bool totp;
	size_t keys;     /* FIDO2 */
	size_t recovery; /* codes left */
};

int factors_read(struct store *store, int64_t user,
		 struct factors *ret_factors) MUST_CHECK;

/* A new secret that waits for its first code; Base32 to `ret_text`. */
int totp_begin(struct subject_change *change,
	       char ret_text[TOTP_TEXT_SIZE + 1]) MUST_CHECK;

/* The secret that waits becomes the one in use. -ERR_CODE_WRONG;
 * -ERR_NOT_FOUND: none waits. */
int totp_confirm(struct subject_change *change, const char *code) MUST_CHECK;

/* Uses a code of now, the step before or after, once: -ERR_CODE_WRONG also for
 * a step that was used already. */
int totp_use(struct subject_change *change, const char *code) MUST_CHECK;

/* --- recovery codes --- */

/* New ones; the former ones are void. */
int recovery_make(struct subject_change *change,
		  char ret_codes[RECOVERY_CODES][RECOVERY_TEXT_SIZE + 1])
    MUST_CHECK;

/* Uses one up. -ERR_CODE_WRONG. */
int recovery_use(struct subject_change *change, const char *code) MUST_CHECK;

/* Removes all second factors: a lost telephone. */
int factors_remove(struct subject_change *change) MUST_CHECK;

#endif
