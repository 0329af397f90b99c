/*
 * The passwords of a job, tried in turn on each encrypted member. A password
 * with characters outside ASCII is tried as UTF-8 and as CP932: old programs
 * on Japanese Windows used what the keyboard gave.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_KEYS_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_KEYS_H

#include "sanitizers/archive/zip_reader.h"

struct zip_keys {
	struct view *passwords; /* bytes as they go into the ciphers */
	size_t count;
	size_t last; /* index of the one that fitted last */
};

int zip_keys_collect(struct job *job, struct zip_keys *ret_keys) MUST_CHECK;

/*
 * Unpacks entry `i` into an empty buffer with the password that fits, which
 * is in `ret_password` (no data for an entry that is not encrypted).
 * -ERR_ENCRYPTED: there are no passwords; -ERR_PASSWORD_WRONG: none fits; and
 * the errors of zip_reader_stream().
 */
int zip_keys_read(struct zip_keys *keys, struct job *job,
		  struct zip_reader *reader, size_t i, struct buffer *content,
		  struct view *ret_password) MUST_CHECK;

#endif
