/*
 * The beginning of a text as ASCII in lower case, the way its readers see it:
 * decoded, without byte order mark, leading blanks and whatever does not show.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_HEAD_H
#define SEKISHO_SANITIZERS_DETECT_HEAD_H

#include "base/view.h"

enum { HEAD_MAX = 8192, HEAD_OTHER = 0x7F };

struct head {
	char text[HEAD_MAX + 1]; /* other characters are HEAD_OTHER */
	size_t size;
};

/* At most `limit` characters, HEAD_MAX or less. */
void head_make(struct view input, size_t limit, struct head *ret_head);

/* Where `needle` begins within the first `within` bytes, NULL: not there. */
const char *head_find(const struct head *head, const char *needle,
		      size_t within);

#endif
