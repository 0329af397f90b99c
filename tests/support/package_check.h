/*
 * A sample of an OOXML format, rebuilt and opened for a look.
 */
#ifndef SEKISHO_TESTS_SUPPORT_PACKAGE_CHECK_H
#define SEKISHO_TESTS_SUPPORT_PACKAGE_CHECK_H

#include "sanitizers/archive/zip_reader.h"
#include "tests/support/sample_check.h"

struct package_check {
	struct buffer input;
	struct local_run *run;
	struct zip_reader *reader;
};

/* Rebuilds samples/FORMAT/NAME under `policy` (NULL: the default); aborts when
 * it is held. */
struct package_check package_check_open(const char *format, const char *name,
					const struct policy *policy);
void package_check_close(struct package_check *check);

/* Whether the output has this part. */
bool package_check_has(struct package_check *check, const char *part);

/* Whether this part of the output contains the text; aborts when there is no
 * such part. */
bool package_check_contains(struct package_check *check, const char *part,
			    const char *text);

/* The text that text mode makes of a sample; freed with local_run_free(). */
struct local_run *package_check_text(const char *format, const char *name);

#endif
