/*
 * The proof by other means: checks of a rebuilt object that share no parser
 * with the sanitizer that wrote it.
 *
 * One source per family of formats, gateway/verifier/FAMILY.c, ending in
 * `const struct verifier verifier_FAMILY`. It runs in a sandboxed process of
 * its own and does not link sanitizers/: what the lists allow is written down
 * a second time here, on purpose.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_CHECK_H
#define SEKISHO_GATEWAY_VERIFIER_CHECK_H

#include "base/arena.h"
#include "base/policy.h"
#include "base/removal.h"
#include "base/view.h"

struct check {
	struct view output;    /* what is to be delivered */
	const char *format;    /* name of the format it must be: "docx" */
	const char *extension; /* it will have: "docx", "dotx" */
	const struct policy *policy;
	const char *const *passwords; /* for what is written encrypted */
	size_t password_count;
	struct arena *arena;
	char detail[REMOVAL_DETAIL_MAX + 1]; /* what was found, and where */
};

struct verifier {
	const char *family; /* as in sanitizers/formats.def */

	/*
	 * 0: the output is one object of the expected format and holds
	 * nothing outside its list. Else the result of check_fail() with
	 * -ERR_VERIFY_TYPE, -ERR_VERIFY_RESIDUE or -ERR_VERIFY_MALFORMED, or
	 * any other negative error.
	 */
	int (*verify)(struct check *check) MUST_CHECK;

	/* Once before the first fork; NULL where there is nothing to load. */
	int (*prepare)(void) MUST_CHECK;
};

/* NULL when the format is not known. */
const struct verifier *verifier_for(const char *format);

/* Runs prepare of each. */
int verifiers_prepare(void) MUST_CHECK;

/* Notes what was found and returns `error`, which must be negative. */
int check_fail(struct check *check, int error, const char *detail,
	       ...) MUST_CHECK PRINTF_LIKE(3, 4);

/* `size` bytes at `at`, little-endian; 0 where they are not there. */
static inline uint32_t check_number(struct view bytes, size_t at, size_t size)
{
	uint32_t value = 0;

	if (at > bytes.size || size > bytes.size - at)
		return 0;
	for (size_t i = size; i-- > 0;)
		value = value << 8 | bytes.data[at + i];
	return value;
}

#endif
