/*
 * Calls of the console on a real store in a temporary folder, without a vault
 * process: slow work is done at once. For unit tests; what cannot be set up
 * fails the test.
 */
#ifndef SEKISHO_TESTS_SUPPORT_CONSOLE_CALLS_H
#define SEKISHO_TESTS_SUPPORT_CONSOLE_CALLS_H

#include "quarantine/console/call.h"
#include "quarantine/people/login.h"

struct calls {
	struct store *store;
	char folder[64];
	json_t *answer;     /* of the last call; NULL when there was none */
	const char *tenant; /* whose console the calls are made at; NULL */
};

/* Opens a store in a folder of its own and makes it the current one. */
void calls_open(struct calls *calls);

/* The same with departments of tenants: {"PATTERN", "TENANT"}, NULL. */
void calls_open_tenants(struct calls *calls, const char *const (*rules)[2]);

/* Stops the store, verifies log and state, removes the folder. */
void calls_close(struct calls *calls);

/*
 * One call, committed: 0 or the negative error. `parameters` is JSON, "" for
 * none. What a handler gives out in a file is `content` of the answer.
 * `token` NULL: as the operator; "skc_...": as an API client.
 */
int calls_ask(struct calls *calls, const char *operation, const char *token,
	      const char *parameters);

/* Of the last answer; "" and 0 where it is not there. */
const char *calls_text(const struct calls *calls, const char *key);
int64_t calls_number(const struct calls *calls, const char *key);

/* A user with a role over a unit ("" for the root), with a password set and a
 * TOTP secret, logged in: token to `ret_token`, number returned. */
int64_t calls_user(struct calls *calls, const char *login, const char *role,
		   const char *unit, char ret_token[TOKEN_TEXT_SIZE + 1]);

/* The password of users made by calls_user(). */
#define CALLS_PASSWORD "Correct-Horse7 staple"

/* The TOTP code of a Base32 secret for a step after now. */
void calls_code(const char *secret, int step, char ret_code[TOTP_DIGITS + 1]);

#endif
