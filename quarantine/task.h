/*
 * Password tasks: what lets the recipients of an item give its password without
 * an account, by a link in the notice that they got (docs/vault.md, decision
 * 95). The token in the link follows from the vault's key and the item's id;
 * only its hash is stored, from the item's first record as one that waits
 * until the end of that waiting. Whoever has it may see what is said of the
 * item there and give passwords; what passes goes to those who were to have it
 * anyway.
 */
#ifndef SEKISHO_QUARANTINE_TASK_H
#define SEKISHO_QUARANTINE_TASK_H

#include "quarantine/store.h"

struct password_task {
	int64_t item; /* row */
	int64_t ends_ms;
	char item_id[ITEM_ID_SIZE + 1];
	enum item_state state;
	char channel[32];
	char department[DEPARTMENT_MAX + 1];
	int64_t version; /* of the item's state */
};

/* What all tokens are derived from: the broker writes them into notices. */
void task_key_derive(const struct store *store, uint8_t ret_key[TASK_KEY_SIZE]);

/* Inside a change: the item waits for its password. Once more is no other
 * task. */
int task_make(struct store *store, int64_t item,
	      const char *item_id) MUST_CHECK;

/* -ERR_NOT_FOUND: there is none of this token, it has ended, or what it was for
 * is destroyed; nothing is told apart. */
int task_find(struct store *store, const char *token, int64_t now_ms,
	      struct password_task *ret_task) MUST_CHECK;

/* The token of an item that waits. -ERR_NOT_FOUND: it does not. */
int task_token(struct store *store, const char *item_id, int64_t now_ms,
	       char ret_token[TASK_TOKEN_SIZE + 1]) MUST_CHECK;

/* Deletes those whose time is over. */
int task_expire(struct store *store, int64_t now_ms) MUST_CHECK;

#endif
