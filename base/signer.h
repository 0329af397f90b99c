/*
 * Ed25519 signers with a name, as C2SP signed notes have them. The public key
 * is text: NAME+KEYID+BASE64(0x01 || key), where the id is the first 4 bytes of
 * SHA-256(name, newline, 0x01, key).
 */
#ifndef SEKISHO_BASE_SIGNER_H
#define SEKISHO_BASE_SIGNER_H

#include "base/buffer.h"

enum {
	NODE_NAME_MAX = 63,
	SIGNER_SEED_SIZE = 32,
	SIGNER_ID_SIZE = 4,
	SIGNER_KEY_TEXT_MAX = 160,
	SIGNATURE_BYTES = SIGNER_ID_SIZE + 64, /* key id, signature */
};

struct signer {
	char name[NODE_NAME_MAX + 1];
	uint8_t public_key[32];
	uint8_t secret_key[64]; /* all zero where only verifying */
	uint8_t id[SIGNER_ID_SIZE];
};

/* Letters, digits, '.', '_' and '-', 1 to NODE_NAME_MAX of them. */
bool node_name_valid(const char *name);

/* A signer from its 32 secret bytes. */
void signer_make(const char *name, const uint8_t seed[SIGNER_SEED_SIZE],
		 struct signer *ret_signer);

/* The public key as text with a newline, and back. */
void signer_key_write(struct buffer *buffer, const struct signer *signer);
int signer_key_read(struct view text, struct signer *ret_signer) MUST_CHECK;

/* Appends BASE64(key id || signature) of `body`. */
void signer_sign(struct buffer *buffer, const struct signer *signer,
		 struct view body);

/* `text` is what signer_sign() wrote. -ERR_NOT_FOUND: it is another key's, or
 * none; -ERR_STALE: it is wrong. */
int signer_check(const struct signer *signer, struct view text,
		 struct view body) MUST_CHECK;

/* Base64 with padding, of at most 192 bytes; and back, false unless there are
 * exactly `size` bytes. */
void base64_write(struct buffer *buffer, const uint8_t *bytes, size_t size);
bool base64_read(struct view text, uint8_t *ret_bytes, size_t size);

#endif
