/*
 * The verdict on an object. Zero is blocked, so that a structure nobody filled
 * in lets nothing pass.
 */
#ifndef SEKISHO_BASE_VERDICT_H
#define SEKISHO_BASE_VERDICT_H

enum verdict {
	VERDICT_BLOCKED = 0, /* held; nothing comes out */
	VERDICT_PASSWORD,    /* held; waits for its password */
	VERDICT_SANITIZED,   /* rebuilt, with something removed */
	VERDICT_UNCHANGED,   /* rebuilt, with nothing removed */
	VERDICT_CONVERTED,   /* turned into another format (text mode...) */
	VERDICT_COUNT
};

/* "blocked", "password", "sanitized", "unchanged", "converted"; out of range
 * "blocked". Static storage. */
const char *verdict_name(enum verdict verdict);

/* Whether an object with this verdict has an output. */
static inline int verdict_passes(enum verdict verdict)
{
	return verdict == VERDICT_SANITIZED || verdict == VERDICT_UNCHANGED ||
	       verdict == VERDICT_CONVERTED;
}

#endif
