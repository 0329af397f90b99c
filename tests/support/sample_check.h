/*
 * The samples of a format through its sanitizer in this process, each against
 * what its NAME.expect.json says.
 */
#ifndef SEKISHO_TESTS_SUPPORT_SAMPLE_CHECK_H
#define SEKISHO_TESTS_SUPPORT_SAMPLE_CHECK_H

#include "tests/support/local_host.h"

/*
 * Sanitizes every sample of samples/FORMAT/ with its passwords: the verdict,
 * the reason and the set of removals must be those expected. What passes is
 * sanitized again: nothing may be removed then, and unless the format is lossy
 * the bytes must be the same. Complains on standard error; returns the number
 * of samples that fail, and -1 when there is none at all.
 */
int sample_check_folder(const char *format);

/* The bytes of one sample; aborts when it is not there. The caller frees
 * with buffer_free(). */
struct buffer sample_read(const char *format, const char *name);

#endif
