/*
 * Security keys: WebAuthn level 2, ES256, verified by libfido2. A key is
 * taken for what it can prove, not for who made it: attestation is not asked
 * for (docs/accounts.md).
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_FIDO_H
#define SEKISHO_QUARANTINE_PEOPLE_FIDO_H

#include "quarantine/people/login.h"

enum {
	FIDO_CHALLENGE_SIZE = 32,
	FIDO_HANDLE_MAX = 1023,
	FIDO_DATA_MAX = 4096, /* of each of what a browser sends */
	FIDO_KEYS_MAX = 10,   /* of a user */
	FIDO_LABEL_MAX = 64,
};

/* Bytes from a browser. */
struct fido_bytes {
	size_t size;
	uint8_t data[FIDO_DATA_MAX];
};

/* Base64url without padding; false: no such text, or too long. */
bool fido_decode(const char *text, struct fido_bytes *ret_bytes);
void fido_encode(struct view bytes, struct buffer *buffer);

/* "sekisho.example.jp" of "https://sekisho.example.jp:8443"; false: there is
 * no origin, keys are not offered. */
bool fido_relying_party(const struct store *store,
			char ret_name[ORIGIN_MAX + 1]);

/* A fresh challenge of the session; the former one is void. */
int fido_challenge(struct store *store, int64_t session,
		   uint8_t ret_challenge[FIDO_CHALLENGE_SIZE]) MUST_CHECK;

/* Array of the ids of a user's keys in base64url, and of what is shown. */
int fido_ids(struct store *store, int64_t user, json_t *list) MUST_CHECK;
int fido_list(struct store *store, int64_t user, json_t *list) MUST_CHECK;

/*
 * Takes a new key, with what navigator.credentials.create() gave for the
 * session's challenge. -ERR_CODE_WRONG: it does not answer the challenge, or
 * is for another site; -ERR_EXISTS; -ERR_TOO_MANY.
 */
int fido_register(struct subject_change *change, int64_t session,
		  const struct fido_bytes *client_data,
		  const struct fido_bytes *authenticator_data,
		  const char *label) MUST_CHECK;

struct fido_assertion {
	struct fido_bytes id;
	struct fido_bytes client_data;
	struct fido_bytes authenticator_data;
	struct fido_bytes signature;
};

/* Holds what navigator.credentials.get() gave against the user's keys; uses
 * the challenge up, also when it is wrong. -ERR_CODE_WRONG. */
int fido_use(struct subject_change *change, int64_t session,
	     const struct fido_assertion *assertion) MUST_CHECK;

/* -ERR_NOT_FOUND: not a key of this user. */
int fido_remove(struct subject_change *change, int64_t number) MUST_CHECK;

#endif
