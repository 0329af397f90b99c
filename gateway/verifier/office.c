/*
 * What is in one of these forms comes out as another, and is checked as that.
 */
#include "gateway/verifier/check.h"

#include "base/banned.h"

static int verify_office(struct check *check)
{
	return check_fail(check, -ERR_VERIFY_TYPE, "a form that is converted");
}

const struct verifier verifier_office = {
    .family = "office",
    .verify = verify_office,
};
