#include "sanitizers/odf/rules.h"

#include "base/banned.h"

#define REMOVAL_OF(kind) REMOVAL_##kind

static const struct odf_rule rules[] = {
#define ELEMENT(space, name, treatment, kind, check, end)                      \
	{SPACE_##space, name, ODF_##treatment, REMOVAL_OF(kind), check, end},
#define ATTRIBUTE(space, name, kind, check)
#define REFERENCE(space, name, what)
#include "sanitizers/odf/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
#undef REFERENCE
};

static const struct odf_attribute_rule attribute_rules[] = {
#define ELEMENT(space, name, treatment, kind, check, end)
#define ATTRIBUTE(space, name, kind, check)                                    \
	{name, check, SPACE_##space, REMOVAL_OF(kind)},
#define REFERENCE(space, name, what)
#include "sanitizers/odf/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
#undef REFERENCE
};

static const struct {
	const char *name;
	enum odf_space space;
	enum odf_reference reference;
} references[] = {
#define ELEMENT(space, name, treatment, kind, check, end)
#define ATTRIBUTE(space, name, kind, check)
#define REFERENCE(space, name, what)                                           \
	{name, SPACE_##space, ODF_REFERENCE_##what},
#include "sanitizers/odf/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
#undef REFERENCE
};

static bool fits(const char *pattern, const char *name)
{
	size_t size = strlen(name);
	size_t end;

	if (pattern[0] != '*')
		return strcmp(pattern, name) == 0;
	end = strlen(pattern + 1);
	return size >= end && strcmp(name + size - end, pattern + 1) == 0;
}

/* Not fast: the filter remembers the answer for each name. */
const struct odf_rule *odf_rule_for(enum odf_space space, const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].space == space && fits(rules[i].name, name))
			return &rules[i];
	return NULL;
}

const struct odf_attribute_rule *odf_attribute_rule_for(enum odf_space space,
							const char *name)
{
	size_t count = sizeof(attribute_rules) / sizeof(attribute_rules[0]);

	for (size_t i = 0; i < count; i++)
		if (attribute_rules[i].space == space &&
		    fits(attribute_rules[i].name, name))
			return &attribute_rules[i];
	return NULL;
}

enum odf_reference odf_reference_of(enum odf_space space, const char *name)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		if (references[i].space == space &&
		    strcmp(references[i].name, name) == 0)
			return references[i].reference;
	return ODF_REFERENCE_NONE;
}
