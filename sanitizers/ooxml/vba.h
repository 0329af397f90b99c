/*
 * The source of macros, for people to read ([MS-OVBA]): the modules of a
 * project in a compound file, unpacked (2.4.1) and made text. Nothing of it is
 * ever kept in an output.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_VBA_H
#define SEKISHO_SANITIZERS_OOXML_VBA_H

#include "base/buffer.h"
#include "sanitizers/ole/compound.h"

/*
 * Unpacks a compressed container. What was unpacked before it turned out to be
 * damaged stays in `out`; -ERR_MALFORMED then. Stops with -ERR_LIMIT_OUTPUT
 * where `out` is full.
 */
int vba_unpack(struct view container, struct buffer *out) MUST_CHECK;

/*
 * Appends the modules of the project whose storage "VBA" this is, each under a
 * line with its name, as visible UTF-8 (base/utf8.h). A project whose directory
 * cannot be read gives what looks like a module in any of its streams. 0 also
 * where there is nothing.
 */
int vba_write(struct compound *compound, struct arena *arena,
	      const struct compound_entry *storage,
	      struct buffer *text) MUST_CHECK;

#endif
