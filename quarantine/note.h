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

#include "base/signer.h"
#include "quarantine/key.h"
#include "quarantine/merkle.h"

enum {
	NOTE_SIZE_MAX = 4096, /* with the signatures of witnesses */
	TIME_TEXT_SIZE = 24,  /* 2026-11-21T09:14:13.123Z */
};

struct checkpoint {
	char node[NODE_NAME_MAX + 1];
	int year;        /* fiscal year of the tree */
	uint64_t size;   /* records covered */
	uint64_t number; /* of the checkpoint in its year, from 1 */
	int64_t time_ms; /* since 1970, UTC */
	uint8_t root[HASH_SIZE];
};

/* Appends the note, signature line included. */
void note_sign(struct buffer *buffer, const struct checkpoint *checkpoint,
	       const struct signer *signer);

/*
 * Takes one note from the front of a file of notes that are divided by empty
 * lines. -ERR_TRUNCATED: the file ends inside it; -ERR_MALFORMED: not a
 * checkpoint; -ERR_NOT_FOUND: no signature of `signer`; -ERR_STALE: its
 * signature is wrong. `ret_note` is the note's text.
 */
int note_next(struct cursor *file, const struct signer *signer,
	      struct checkpoint *ret_checkpoint,
	      struct view *ret_note) MUST_CHECK;

/* The same, of whatever key: nothing is checked but the form. */
int note_read(struct cursor *file, struct checkpoint *ret_checkpoint,
	      struct view *ret_note) MUST_CHECK;

/* Whether a note that note_next() found carries a good signature of this key,
 * whoever's log it is of: 0, -ERR_NOT_FOUND, -ERR_STALE or -ERR_MALFORMED. */
int note_check(struct view note, const struct signer *signer) MUST_CHECK;

/* Appends the note with one more signature, that of a witness. */
int note_countersign(struct buffer *buffer, struct view note,
		     const struct signer *witness) MUST_CHECK;

/* UTC with milliseconds, always TIME_TEXT_SIZE characters; and back,
 * -ERR_MALFORMED when it is anything else. */
void time_write(int64_t time_ms, char ret_text[TIME_TEXT_SIZE + 1]);
int time_read(const char *text, int64_t *ret_time_ms) MUST_CHECK;

#endif
