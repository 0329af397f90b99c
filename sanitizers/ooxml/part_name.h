/*
 * Names of parts (ECMA-376 part 2, 9.1.1) as they may stand in a package:
 * without the leading slash, without `.` and `..`, of plain ASCII characters.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_PART_NAME_H
#define SEKISHO_SANITIZERS_OOXML_PART_NAME_H

#include "base/arena.h"

/*
 * The part that `reference` (a ZIP name, a relationship's target) means, seen
 * from the part `source` ("" for the package). Percent escapes are decoded,
 * backslashes are slashes, `..` may not leave the package. NULL when it names
 * no part, or out of memory.
 */
const char *part_name_resolve(struct arena *arena, const char *source,
			      const char *reference) MUST_CHECK;

/* The name with every character but letters, digits, `.`, `_`, `-` and `/`
 * replaced, and with this extension; NULL when out of memory. */
char *part_name_safe(struct arena *arena, const char *name,
		     const char *extension) MUST_CHECK;

/* How `source` refers to `target`, both safe names. */
const char *part_name_relative(struct arena *arena, const char *source,
			       const char *target) MUST_CHECK;

/* Where the relationships of a part are: "word/_rels/document.xml.rels". */
const char *part_name_relations(struct arena *arena,
				const char *source) MUST_CHECK;

/* Last path segment of a relationship type or extension of a name, in lower
 * case; "" when there is none. NULL when out of memory. */
const char *part_name_tail(struct arena *arena, const char *text,
			   char divider) MUST_CHECK;

/* Whether the text holds this word of lower-case letters, in any case. */
bool part_name_contains(const char *text, const char *word);

#endif
