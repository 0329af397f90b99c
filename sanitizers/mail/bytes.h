/*
 * Views that may be empty.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_BYTES_H
#define SEKISHO_SANITIZERS_MAIL_BYTES_H

#include "base/view.h"

/* Whether the byte occurs. memchr() may not be asked about no bytes at all. */
static inline bool view_has(struct view view, uint8_t byte)
{
	return view.size > 0 && memchr(view.data, byte, view.size) != NULL;
}

#endif
