/* Files with keys: read only where nobody else could have. */
#ifndef SEKISHO_GATEWAY_WEB_SECRET_H
#define SEKISHO_GATEWAY_WEB_SECRET_H

#include "base/error.h"

/*
 * The file as text, at most 64 KiB, free with secret_free(). -ERR_CONFIG: no
 * file is named, it cannot be read, is none or too large; a `secret` one that
 * others may read, or that is neither ours nor root's.
 */
int secret_read(const char *path, bool secret, char **ret_text) MUST_CHECK;

/* Wipes it. NULL is fine. */
void secret_free(char *text);

#endif
