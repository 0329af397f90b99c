/*
 * Copying with the size of the destination: what sources outside base/ use
 * where C programs use memcpy and strcpy.
 */
#ifndef SEKISHO_BASE_BYTES_H
#define SEKISHO_BASE_BYTES_H

#include "base/view.h"

/* Copies the view to `to`, which has room for `size` bytes; false, and
 * nothing copied, when it does not fit. The two must not overlap. */
static inline bool MUST_CHECK bytes_copy(void *to, size_t size,
					 struct view from)
{
	if (from.size > size)
		return false;
	if (from.size > 0)
		memcpy(to, from.data, from.size);
	return true;
}

/* Copies text with its NUL to `to` of `size` bytes, size > 0. What does not
 * fit is cut between two UTF-8 characters; false when something was cut. */
bool text_copy(char *to, size_t size, const char *from);

#endif
