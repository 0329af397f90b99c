/*
 * A vault's state folder with a bit of everything in it (held, passed, redone,
 * delivered, expired, two fiscal years, a clock that went back), made by the
 * store itself and stopped in order; and what its files hold.
 */
#ifndef SEKISHO_TESTS_SUPPORT_AUDIT_WORLD_H
#define SEKISHO_TESTS_SUPPORT_AUDIT_WORLD_H

#include "quarantine/verify.h"

enum { YEARS = 2, AUDIT_TEXT_MAX = 512 * 1024 };

extern struct audit_world {
	char folder[64];
	struct signer signer; /* public part */
	char log_path[YEARS][128];
	char notes_path[YEARS][128];
	uint8_t *log[YEARS];
	size_t log_size[YEARS];
	uint8_t *notes[YEARS];
	size_t notes_size[YEARS];
	int year[YEARS];
} world;

/* Group set-up and tear-down; the current folder is the state folder. */
int make_world(void **state);
int unmake_world(void **state);

void write_file(const char *path, const uint8_t *bytes, size_t size);

#endif
