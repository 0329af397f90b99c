/*
 * Which seals have been used, and how often: a file that only grows, synced
 * before a use counts, read at the start and written anew without what has
 * expired.
 */
#ifndef SEKISHO_GATEWAY_SEAL_USED_H
#define SEKISHO_GATEWAY_SEAL_USED_H

#include "gateway/mail/seal.h"

struct used;

/* Opens or makes FOLDER/seals-used; uses older than `lifetime` seconds are
 * forgotten. NULL when it cannot be read or written. Threads may share it. */
struct used *used_open(const char *folder, uint64_t lifetime);
void used_close(struct used *used);

/*
 * Uses each of these tags once more. -ERR_STALE when one was used `most` times
 * already, and nothing is used; -ERR_IO or -ERR_NO_SPACE when it cannot be
 * written down. 0: it is on the disk; `ret_again` says whether it was a
 * repetition.
 */
int used_add(struct used *used, const uint8_t (*tags)[SEAL_TAG_SIZE],
	     size_t count, unsigned most, bool *ret_again) MUST_CHECK;

#endif
