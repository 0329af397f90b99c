/*
 * The place of the heavy verifiers in the program that does without them: what
 * comes here although it is for them fails (docs/decisions/0023).
 */
#include "gateway/verifier/check.h"

#include "base/banned.h"

static int verify_absent(struct check *check)
{
	return check_fail(check, -ERR_VERIFY_TYPE, "%s is read elsewhere",
			  check->format);
}

#define FAMILY_light(name)
#define FAMILY_heavy(name)                                                     \
	extern const struct verifier verifier_##name;                          \
	const struct verifier verifier_##name = {                              \
	    .family = #name,                                                   \
	    .verify = verify_absent,                                           \
	};
#define FAMILY(name, weight, modules) FAMILY_##weight(name)
#include "gateway/verifier/families.def"
#undef FAMILY
