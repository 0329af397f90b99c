#include "gateway/verifier/check.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

#define FAMILY(name, weight, modules)                                          \
	extern const struct verifier verifier_##name;
#include "gateway/verifier/families.def"
#undef FAMILY

static const struct {
	const char *format;
	const struct verifier *verifier;
} verifiers[] = {
#define FORMAT(symbol, name, family, modules) {#name, &verifier_##family},
#include "sanitizers/formats.def"
#undef FORMAT
};

const struct verifier *verifier_for(const char *format)
{
	for (size_t i = 0; i < sizeof(verifiers) / sizeof(verifiers[0]); i++)
		if (strcmp(verifiers[i].format, format) == 0)
			return verifiers[i].verifier;
	return NULL;
}

int verifiers_prepare(void)
{
	static const struct verifier *const families[] = {
#define FAMILY(name, weight, modules) &verifier_##name,
#include "gateway/verifier/families.def"
#undef FAMILY
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		int error =
		    families[i]->prepare == NULL ? 0 : families[i]->prepare();

		if (error != 0)
			return error;
	}
	return 0;
}

int check_fail(struct check *check, int error, const char *detail, ...)
{
	va_list list;

	va_start(list, detail);
	if (vsnprintf(check->detail, sizeof(check->detail), detail, list) < 0)
		check->detail[0] = '\0';
	va_end(list);
	utf8_repair(check->detail);
	return error < 0 ? error : -ERR_INTERNAL;
}
