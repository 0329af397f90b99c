#include "sanitizers/odf/names.h"

#include <string.h>

#include "base/banned.h"

#define SPACE(symbol, uri)
#define ELEMENTS(symbol, ...)                                                  \
	static const char *const symbol##_elements[] = {__VA_ARGS__};
#define ATTRIBUTES(symbol, ...)                                                \
	static const char *const symbol##_attributes[] = {__VA_ARGS__};
#include "sanitizers/odf/names.def"
#undef SPACE
#undef ELEMENTS
#undef ATTRIBUTES

static const char *const uris[SPACE_COUNT] = {
#define SPACE(symbol, uri) [SPACE_##symbol] = (uri),
#define ELEMENTS(symbol, ...)
#define ATTRIBUTES(symbol, ...)
#include "sanitizers/odf/names.def"
#undef SPACE
#undef ELEMENTS
#undef ATTRIBUTES
};

struct group {
	const char *const *names;
	size_t count;
};

static const struct group groups[SPACE_COUNT][ODF_NAME_GROUPS] = {
#define SPACE(symbol, uri)
#define GROUP(symbol, group, array)                                            \
	[SPACE_##symbol][group] = {symbol##_##array,                           \
				   sizeof(symbol##_##array) /                  \
				       sizeof(symbol##_##array[0])},
#define ELEMENTS(symbol, ...) GROUP(symbol, ODF_ELEMENT, elements)
#define ATTRIBUTES(symbol, ...) GROUP(symbol, ODF_ATTRIBUTE, attributes)
#include "sanitizers/odf/names.def"
#undef GROUP
#undef SPACE
#undef ELEMENTS
#undef ATTRIBUTES
};

enum odf_space odf_space_of(const char *uri)
{
	if (uri == NULL)
		return SPACE_NONE;
	for (int i = SPACE_NONE + 1; i < SPACE_COUNT; i++)
		if (strcmp(uris[i], uri) == 0)
			return (enum odf_space)i;
	return SPACE_UNKNOWN;
}

bool odf_names_have(enum odf_space space, enum odf_name_group group,
		    const char *name)
{
	const struct group *sorted = &groups[space][group];
	size_t from = 0;
	size_t to = sorted->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(name, sorted->names[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

bool odf_space_is_declared(enum odf_space space)
{
	return groups[space][ODF_ELEMENT].count > 0 ||
	       groups[space][ODF_ATTRIBUTE].count > 0 || space == SPACE_OF ||
	       space == SPACE_OOO || space == SPACE_OOOC || space == SPACE_OOOW;
}

const char *const *odf_names_all(enum odf_space space,
				 enum odf_name_group group, size_t *ret_count)
{
	*ret_count = groups[space][group].count;
	return groups[space][group].names;
}
