/*
 * The parts of a package kept in a ZIP archive, be it of OOXML or ODF: one for
 * each entry that is a file and has a name that a part may have.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_PART_LIST_H
#define SEKISHO_SANITIZERS_OOXML_PART_LIST_H

#include "sanitizers/archive/zip_reader.h"

struct part_entry {
	const char *name; /* of the arena, see part_name_resolve() */
	size_t entry;     /* in the ZIP */
};

/* By name, without case: two names that differ only so are one part. */
int part_name_compare(const char *a, const char *b);

/*
 * Lists the parts in the order of part_name_compare(); an entry whose name
 * cannot be a part's is reported as `unsafe` and left out.
 * -ERR_NAME_COLLISION when two are one; -ERR_MEMORY.
 */
int part_list(struct job *job, const struct zip_reader *zip,
	      enum removal_kind unsafe, struct part_entry **ret_parts,
	      size_t *ret_count) MUST_CHECK;

#endif
