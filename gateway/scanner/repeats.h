/*
 * Members of Office documents that libclamav would scan a second time. It
 * reads a document's members by its directory and then once more, each behind
 * a local header that it finds in the raw bytes; the second time it looks at
 * nothing but bytes that it has found clean a moment before, unless the
 * directory hides a member. Those that are not the same bytes are scanned.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_REPEATS_H
#define SEKISHO_GATEWAY_SCANNER_REPEATS_H

#include "base/view.h"

enum {
	REPEATS_MAX = 1024,
	REPEATS_CLEAN_MAX = 256,
	REPEATS_TAG_SIZE = 16,
	REPEATS_KEY_SIZE = 32,
};

struct repeats_member {
	size_t size;
	uint8_t tag[REPEATS_TAG_SIZE];
};

/* Of one scan. */
struct repeats {
	bool office; /* the object is an Office document; false at first */
	uint8_t key[REPEATS_KEY_SIZE];
	size_t count;
	struct repeats_member members[REPEATS_MAX];
};

/* libclamav's name for the type of the object itself. */
void repeats_begin(struct repeats *repeats, const char *type);

/* What the library is about to scan: depth 1 is a member, 2 what is in one.
 * Whether the same bytes were members of this document before. */
bool repeats_knows(struct repeats *repeats, unsigned depth,
		   struct view content);

/*
 * Objects that this process found clean as a whole: what comes out as it went
 * in, and parts that an output is put together from
 * (docs/decisions/0101). All zero is none.
 */
struct repeats_clean {
	uint8_t key[REPEATS_KEY_SIZE];
	size_t count;
	struct repeats_member members[REPEATS_CLEAN_MAX];
};

void repeats_add_clean(struct repeats_clean *clean, struct view content);
bool repeats_is_clean(const struct repeats_clean *clean, struct view content);

#endif
