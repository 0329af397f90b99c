/*
 * Encrypted packages (ODF 1.3 part 2, 4.4 to 4.8): AES-256 in CBC with keys by
 * PBKDF2, as OpenOffice 3.4 and every LibreOffice before 24.8 write them. Each
 * file is encrypted by itself, with a salt of its own.
 */
#ifndef SEKISHO_SANITIZERS_ODF_LOCK_H
#define SEKISHO_SANITIZERS_ODF_LOCK_H

#include "sanitizers/odf/package.h"

/* What the manifest says of how one file is encrypted. */
struct odf_lock;

/* Takes an element of the manifest inside encryption-data; `value` gives its
 * attributes by name, NULL for those it has not. -ERR_MEMORY. */
int odf_lock_read(struct odf_package *package, struct odf_part *part,
		  const char *element,
		  const char *(*value)(void *context, const char *name),
		  void *context) MUST_CHECK;

/*
 * Finds the password of the package among the job's. -ERR_ENCRYPTED where none
 * is given, -ERR_PASSWORD_WRONG, -ERR_ENCRYPTION_UNSUPPORTED for other ways to
 * encrypt.
 */
int odf_lock_open(struct odf_package *package) MUST_CHECK;

/* The content of a file, decrypted where it is encrypted: a view of the input,
 * or in *unpacked, which the caller frees. */
int odf_part_read(struct odf_package *package, struct odf_part *part,
		  struct buffer *unpacked, struct view *ret_content) MUST_CHECK;

#endif
