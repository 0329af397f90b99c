#include "sanitizers/ooxml/vocabulary.h"

#include "base/banned.h"

static const struct namespace namespaces[] = {
#define NAMESPACE(symbol, list, uri) {VOCABULARY_##symbol, NAMES_##list, uri},
#include "sanitizers/ooxml/vocabulary.def"
#undef NAMESPACE
};

/* Not fast: callers remember the answer for each URI of a part. */
const struct namespace *namespace_of(const char *uri)
{
	static const struct namespace none = {VOCABULARY_NONE, NAMES_HTML,
					      NULL};
	static const struct namespace unknown = {VOCABULARY_UNKNOWN, NAMES_NONE,
						 NULL};

	if (uri == NULL)
		return &none;
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		if (strcmp(namespaces[i].uri, uri) == 0)
			return &namespaces[i];
	return &unknown;
}

enum vocabulary vocabulary_of(const char *uri)
{
	return namespace_of(uri)->vocabulary;
}
