#include "sanitizers/ooxml/names.h"

#include <string.h>

#include "base/banned.h"

#define LIST(symbol)
#define GROUP(symbol, group, ...)                                              \
	static const char *const symbol##_##group[] = {__VA_ARGS__};
#define ELEMENTS(symbol, ...) GROUP(symbol, elements, __VA_ARGS__)
#define ATTRIBUTES(symbol, ...) GROUP(symbol, attributes, __VA_ARGS__)
#define OWN_ATTRIBUTES(symbol, ...) GROUP(symbol, own_attributes, __VA_ARGS__)
#define REFERENCES(symbol, ...) GROUP(symbol, references, __VA_ARGS__)
#include "sanitizers/ooxml/names/all.def"
#undef GROUP
#undef ELEMENTS
#undef ATTRIBUTES
#undef OWN_ATTRIBUTES
#undef REFERENCES

struct group {
	const char *const *names;
	size_t count;
};

static const struct group groups[NAMES_COUNT][NAME_GROUPS] = {
#define GROUP(symbol, group, array)                                            \
	[NAMES_##symbol][NAME_##group] = {symbol##_##array,                    \
					  sizeof(symbol##_##array) /           \
					      sizeof(symbol##_##array[0])},
#define ELEMENTS(symbol, ...) GROUP(symbol, ELEMENT, elements)
#define ATTRIBUTES(symbol, ...) GROUP(symbol, ATTRIBUTE, attributes)
#define OWN_ATTRIBUTES(symbol, ...) GROUP(symbol, OWN_ATTRIBUTE, own_attributes)
#define REFERENCES(symbol, ...) GROUP(symbol, REFERENCE, references)
#include "sanitizers/ooxml/names/all.def"
#undef GROUP
};

bool names_have(enum names list, enum name_group group, const char *name)
{
	const struct group *sorted = &groups[list][group];
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

const char *const *names_all(enum names list, enum name_group group,
			     size_t *ret_count)
{
	*ret_count = groups[list][group].count;
	return groups[list][group].names;
}
