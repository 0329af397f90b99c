/*
 * Key files: 32 secret bytes as 64 hexadecimal digits and a newline, mode 0600
 * (or stricter), owned by whoever runs the vault.
 */
#ifndef SEKISHO_QUARANTINE_KEY_H
#define SEKISHO_QUARANTINE_KEY_H

#include "base/view.h"
#include "quarantine/problem.h"

enum { KEY_SIZE = 32 };

/*
 * Reads the key at `path`. When it is not there: makes a new one if
 * `may_create`, else -ERR_NOT_FOUND, because a new key beside old data would
 * hide that the old key was lost. -ERR_CONFIG: wrong mode, owner or content.
 */
int key_load(const char *path, bool may_create, uint8_t ret_key[KEY_SIZE],
	     struct problem *problem) MUST_CHECK;

/* Writes a whole file so that a crash leaves the old one or the new one: a
 * temporary file, fsync, rename, fsync of the folder `folder`. */
int file_replace(const char *folder, const char *name, struct view content,
		 unsigned mode) MUST_CHECK;

/* fsync of a folder, so that names made or removed in it last. */
int folder_sync(const char *folder) MUST_CHECK;

/* mkdir with mode 0700; fine when it is there. */
int folder_make(const char *folder) MUST_CHECK;

#endif
