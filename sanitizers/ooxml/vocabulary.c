#include "sanitizers/ooxml/vocabulary.h"

#include "base/banned.h"

static const struct {
	enum vocabulary vocabulary;
	const char *uri;
} namespaces[] = {
#define NAMESPACE(symbol, uri) {VOCABULARY_##symbol, uri},
#include "sanitizers/ooxml/vocabulary.def"
#undef NAMESPACE
};

/* Not fast: callers remember the answer for each URI of a part. */
enum vocabulary vocabulary_of(const char *uri)
{
	if (uri == NULL)
		return VOCABULARY_NONE;
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		if (strcmp(namespaces[i].uri, uri) == 0)
			return namespaces[i].vocabulary;
	return VOCABULARY_UNKNOWN;
}
