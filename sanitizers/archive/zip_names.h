/*
 * The names of an archive's members: read, refused where they could leave the
 * folder, deceive or overwrite each other, and cleaned.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_NAMES_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_NAMES_H

#include "sanitizers/archive/name_set.h"
#include "sanitizers/archive/zip_reader.h"

struct zip_name {
	char *text;   /* UTF-8, NFC, parts divided by '/', none at the end */
	char *key;    /* what it is compared by (name_set.h) */
	bool changed; /* differs from the stored name by more than encoding */
};

/*
 * The names of all entries, in the job's arena. -ERR_NAME_UNSAFE: a NUL,
 * control or bidi character, "..", an absolute path, a drive or a stream
 * (':'), a device of Windows, too long, too deep; -ERR_NAME_COLLISION: two
 * names are the same (name_set.h), or a file is a folder of another.
 */
int zip_names_decode(struct job *job, const struct zip_reader *reader,
		     struct zip_name **ret_names) MUST_CHECK;

#endif
