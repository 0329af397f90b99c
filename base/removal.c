#include "base/removal.h"

#include <string.h>

static const struct {
	const char *name;
	const char *sentence[2];
} removals[REMOVAL_COUNT] = {
    [REMOVAL_NONE] = {"none", {"", ""}},
#define REMOVAL(symbol, name, ja, en) [REMOVAL_##symbol] = {name, {ja, en}},
#include "base/removal.def"
#undef REMOVAL
};

static unsigned removal_index(enum removal_kind kind)
{
	return (unsigned)kind < REMOVAL_COUNT ? (unsigned)kind : REMOVAL_NONE;
}

const char *removal_name(enum removal_kind kind)
{
	return removals[removal_index(kind)].name;
}

const char *removal_sentence(enum removal_kind kind, enum language language)
{
	return removals[removal_index(kind)].sentence[language == LANGUAGE_EN];
}

enum removal_kind removal_by_name(const char *name)
{
	for (int i = 1; i < REMOVAL_COUNT; i++)
		if (strcmp(removals[i].name, name) == 0)
			return (enum removal_kind)i;
	return REMOVAL_NONE;
}
