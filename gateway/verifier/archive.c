#include "gateway/verifier/check.h"

#include "base/banned.h"

static int verify_archive(struct check *check)
{
	return check_fail(check, -ERR_VERIFY_MALFORMED, "cannot be read yet");
}

const struct verifier verifier_archive = {
    .family = "archive",
    .verify = verify_archive,
};
