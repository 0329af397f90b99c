#include "sanitizers/format.h"

#include "base/banned.h"

#define FORMAT(symbol, name, family, modules)                                  \
	extern const struct sanitizer sanitizer_##name;
#include "sanitizers/formats.def"
#undef FORMAT

static const struct sanitizer *const sanitizers[FORMAT_COUNT] = {
#define FORMAT(symbol, name, family, modules)                                  \
	[FORMAT_##symbol] = &sanitizer_##name,
#include "sanitizers/formats.def"
#undef FORMAT
};

const struct sanitizer *sanitizer_for(enum format format)
{
	return (unsigned)format < FORMAT_COUNT ? sanitizers[format] : NULL;
}

enum format format_by_name(const char *name)
{
	for (int i = 1; i < FORMAT_COUNT; i++)
		if (strcmp(sanitizers[i]->name, name) == 0)
			return (enum format)i;
	return FORMAT_NONE;
}

const char *format_name(enum format format)
{
	const struct sanitizer *sanitizer = sanitizer_for(format);

	return sanitizer == NULL ? "unknown" : sanitizer->name;
}

int sanitizers_prepare(void)
{
	for (int i = 1; i < FORMAT_COUNT; i++) {
		int error;

		if (sanitizers[i]->prepare == NULL)
			continue;
		error = sanitizers[i]->prepare();
		if (error != 0)
			return error;
	}
	return 0;
}
