/*
 * The token that lets one original out as it is: signed by the vault when the
 * release is carried out, for this content, these receivers and this try,
 * for minutes only. The door that delivers holds what it got against it, so
 * that no other program can have it deliver what was not decided.
 *
 *   1.VERSION.EXPIRES.SIGNATURE
 *
 * SIGNATURE is Ed25519, in base64 for URLs, over the lines "sekisho-release-1",
 * item id, VERSION, EXPIRES, SHA-256 of the content and of the delivery text,
 * both in hexadecimal. VERSION is the item's state version, EXPIRES seconds
 * since 1970.
 */
#ifndef SEKISHO_BASE_TOKEN_H
#define SEKISHO_BASE_TOKEN_H

#include "base/message.h"

enum { TOKEN_SECONDS = 3600, TOKEN_KEY_SIZE = 32, TOKEN_SECRET_SIZE = 64 };

struct token_claim {
	const char *item_id;
	int64_t version;
	int64_t expires;
	const uint8_t *sha256; /* of the content */
	const char *delivery;  /* as in struct handover */
};

int token_write(const struct token_claim *claim,
		const uint8_t secret[TOKEN_SECRET_SIZE],
		char ret_token[RELEASE_TOKEN_MAX + 1]) MUST_CHECK;

/* Fills in version and expires of `claim`. -ERR_MALFORMED: no token, or not
 * for this; -ERR_STALE: its time is over at `now` (seconds). */
int token_check(const char *token, struct token_claim *claim, int64_t now,
		const uint8_t key[TOKEN_KEY_SIZE]) MUST_CHECK;

/* The key in the text of audit/audit.pub. -ERR_CONFIG. */
int token_key_read(const char *text,
		   uint8_t ret_key[TOKEN_KEY_SIZE]) MUST_CHECK;

/*
 * What a door does before it delivers: nothing for what came through the
 * pipeline. An original has to be frozen, and its token of the gateway whose
 * state folder this is, for this content and these receivers, and in time. The
 * version is filled in where there is one: whether it is that of the present
 * try is for the vault to say (MESSAGE_VAULT_TOKEN). -ERR_TOKEN.
 */
bool token_is_needed(const struct handover *handover);
int token_check_handover(const char *state, const struct handover *handover,
			 int content, int64_t now,
			 int64_t *ret_version) MUST_CHECK;

#endif
