/*
 * What libclamav would scan a second time.
 *
 * Within one scan: it reads an Office document's members by its directory and
 * then once more, each behind a local header that it finds in the raw bytes;
 * the second time it looks at nothing but bytes that it has found clean a
 * moment before, unless the directory hides a member
 * (docs/decisions/0094).
 *
 * Within one process, which scans the objects of one item: what comes out as it
 * went in, a part that was scanned in the whole that came, and parts that an
 * output is put together from (docs/decisions/0102).
 *
 * What are not the same bytes is scanned.
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

struct repeats_content {
	size_t size;
	uint8_t tag[REPEATS_TAG_SIZE];
};

/* Of one process. All zero at first. */
struct repeats {
	bool keyed;
	uint8_t key[REPEATS_KEY_SIZE];
	/* Of the Office document that is being scanned, if any. */
	bool office;
	unsigned depth; /* where it lies: 0 is the object itself */
	size_t member_count;
	struct repeats_content members[REPEATS_MAX];
	/* Whole files that were found clean, and behind them those of this
	 * scan, which are once it ends well. */
	size_t clean_count;
	size_t pending_count;
	struct repeats_content clean[REPEATS_CLEAN_MAX];
};

/* Another object is going to be scanned. */
void repeats_begin(struct repeats *repeats);

/*
 * The library is about to scan this, by its name for the type, at this depth.
 * True: it has scanned these bytes before. Never true at depth 0.
 */
bool repeats_knows(struct repeats *repeats, unsigned depth, const char *type,
		   struct view content);

/* Whether these bytes have been found clean by themselves. */
bool repeats_is_clean(const struct repeats *repeats, struct view content);

/* The object, and with it all that was in it, is clean. */
void repeats_end_clean(struct repeats *repeats, struct view object);

#endif
