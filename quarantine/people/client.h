/*
 * API clients: programs of document systems that hand in files and fetch what
 * came out, under a name of their own (docs/accounts.md). A client has a
 * department, a list of what it may do (client.def), an end date and a number
 * of calls a minute. Its secret is shown when it is made; its SHA-256 is kept.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_CLIENT_H
#define SEKISHO_QUARANTINE_PEOPLE_CLIENT_H

#include "quarantine/people/login.h"

enum {
	CLIENT_NAME_MAX = 64, /* bytes */
	CLIENT_RATE_MAX = 6000,
	CLIENT_RATE_DEFAULT = 120,
	CLIENT_DAYS_MAX = 1096,
	CLIENTS_LIST_MAX = 1000,
};

/* In front of the digits of a secret, so that one is known where it was
 * forgotten. */
#define CLIENT_SECRET_PREFIX "skc_"

/* The bit of "upload" ...; 0: there is no such right. */
unsigned client_right(const char *word);

/* Whether these rights lead to this operation. */
bool client_may(unsigned rights, const char *operation);

struct client {
	char name[CLIENT_NAME_MAX + 1];
	int64_t unit;
	unsigned rights;
	int64_t per_minute;
	int64_t expires_ms;
};

/* `secret` gets the digits without the prefix. -ERR_EXISTS: there is, or was,
 * one of this name. */
int client_create(struct store *store, const struct doer *doer,
		  const struct client *client, int64_t *ret_number,
		  char ret_secret[TOKEN_TEXT_SIZE + 1]) MUST_CHECK;

/* -ERR_STALE: it has ended already. */
int client_end(struct store *store, const struct doer *doer,
	       int64_t number) MUST_CHECK;

/* The name of its department. -ERR_NOT_FOUND. */
int client_unit(struct store *store, int64_t number,
		char ret_unit[DEPARTMENT_MAX + 1]) MUST_CHECK;

/*
 * Who stands behind a secret, as the session of a staff member of its
 * department. -ERR_UNAUTHENTICATED: nobody, or one that has ended: then
 * `client` is set and `ret_reason` says "ended" or "expired". *ret_per_minute:
 * calls that it has.
 */
int client_find(struct store *store, const char *secret, int64_t now_ms,
		struct session *ret_session, int64_t *ret_per_minute,
		const char **ret_reason) MUST_CHECK;

/* One record of a call, and the time of the last one that was let in. */
int client_note(struct store *store, const struct doer *doer, bool used,
		const char *operation, const char *outcome) MUST_CHECK;

/* Array of those of departments that the session's `roles` hold for. */
int clients_write(struct store *store, const struct session *session,
		  unsigned roles, int64_t now_ms, json_t *list) MUST_CHECK;

#endif
