#include "gateway/verifier/check.h"

#include "base/utf8.h"

#include "base/banned.h"

static int verify_plain(struct check *check)
{
	if (!utf8_valid(check->output))
		return check_fail(check, -ERR_VERIFY_TYPE, "not UTF-8");
	return 0;
}

const struct verifier verifier_plain = {
    .family = "plain",
    .verify = verify_plain,
};
