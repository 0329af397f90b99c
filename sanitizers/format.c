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

bool format_has_extension(enum format format, const char *extension)
{
	const struct sanitizer *sanitizer = sanitizer_for(format);
	const char *list = sanitizer == NULL ? "" : sanitizer->extensions;
	size_t size = strlen(extension);

	while (size > 0 && *list != '\0') {
		size_t word = strcspn(list, " ");

		if (word == size && strncasecmp(list, extension, word) == 0)
			return true;
		list += word;
		list += strspn(list, " ");
	}
	return false;
}

bool format_has_alias(enum format format, const char *extension)
{
	const struct sanitizer *sanitizer = sanitizer_for(format);

	return sanitizer != NULL && sanitizer->refines == NULL &&
	       format_has_extension(format, extension);
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
