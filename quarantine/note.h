/*
 * Checkpoints as signed notes (the format of C2SP signed-note and
 * tlog-checkpoint): text lines, an empty line, one signature line per signer.
 *
 *   sekisho/NODE/YEAR
 *   SIZE
 *   BASE64(ROOT)
 *   checkpoint NUMBER TIME
 *
 *   — NAME BASE64(4 bytes key id || 64 bytes Ed25519 signature)
 */
#ifndef SEKISHO_QUARANTINE_NOTE_H
#define SEKISHO_QUARANTINE_NOTE_H

#include "quarantine/key.h"
#include "quarantine/merkle.h"

enum {
	NODE_NAME_MAX = 63,
	NOTE_SIZE_MAX = 1024,
	NOTE_KEY_TEXT_MAX = 160,
	TIME_TEXT_SIZE = 24, /* 2026-11-21T09:14:13.123Z */
};

struct note_signer {
	char name[NODE_NAME_MAX + 1];
	uint8_t public_key[32];
	uint8_t secret_key[64]; /* all zero where only verifying */
	uint8_t id[4];          /* of the key; see note.c */
};

struct checkpoint {
	char node[NODE_NAME_MAX + 1];
	int year;        /* fiscal year of the tree */
	uint64_t size;   /* records covered */
	uint64_t number; /* of the checkpoint in its year, from 1 */
	int64_t time_ms; /* since 1970, UTC */
	uint8_t root[HASH_SIZE];
};

/* A signer from its 32 secret bytes. */
void note_signer_make(const char *name, const uint8_t seed[KEY_SIZE],
		      struct note_signer *ret_signer);

/* The public key as text: NAME+KEYID+BASE64(0x01 || key), and back. */
void note_key_write(struct buffer *buffer, const struct note_signer *signer);
int note_key_read(struct view text, struct note_signer *ret_signer) MUST_CHECK;

/* Appends the note, signature line included. */
void note_sign(struct buffer *buffer, const struct checkpoint *checkpoint,
	       const struct note_signer *signer);

/*
 * Takes one note from the front of a file of notes that are divided by empty
 * lines. -ERR_TRUNCATED: the file ends inside it; -ERR_MALFORMED: not a
 * checkpoint; -ERR_NOT_FOUND: no signature of `signer`; -ERR_STALE: its
 * signature is wrong. `ret_note` is the note's text.
 */
int note_next(struct cursor *file, const struct note_signer *signer,
	      struct checkpoint *ret_checkpoint,
	      struct view *ret_note) MUST_CHECK;

/* Letters, digits, '.', '_' and '-', 1 to NODE_NAME_MAX of them. */
bool node_name_valid(const char *name);

/* UTC with milliseconds, always TIME_TEXT_SIZE characters; and back,
 * -ERR_MALFORMED when it is anything else. */
void time_write(int64_t time_ms, char ret_text[TIME_TEXT_SIZE + 1]);
int time_read(const char *text, int64_t *ret_time_ms) MUST_CHECK;

#endif
