/*
 * Documents that were locked come out in clear, as what they are, and are
 * checked as that. No output is a compound file.
 */
#include "gateway/verifier/check.h"

#include "base/banned.h"

static int verify_ole(struct check *check)
{
	return check_fail(check, -ERR_VERIFY_TYPE, "a compound file");
}

const struct verifier verifier_ole = {
    .family = "ole",
    .verify = verify_ole,
};
