/*
 * ToUnicode character maps (ISO 32000-1, 9.10.3).
 */
#ifndef SEKISHO_SANITIZERS_PDF_TO_UNICODE_H
#define SEKISHO_SANITIZERS_PDF_TO_UNICODE_H

#include "sanitizers/pdf/text_font.h"

/* Reads bfchar and bfrange; sorted by code. What is malformed is left out. */
int to_unicode_read(struct arena *arena, struct view program,
		    struct text_range **ret_ranges,
		    size_t *ret_count) MUST_CHECK;

/* NULL when the code is not there. */
const struct text_range *to_unicode_find(const struct text_range *ranges,
					 size_t count, uint32_t code);

#endif
