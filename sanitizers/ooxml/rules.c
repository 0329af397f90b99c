#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

#define REMOVAL_OF(kind) REMOVAL_##kind

static const struct rule rules[] = {
#define ELEMENT(vocabulary, name, treatment, kind, check, end)                 \
	{VOCABULARY_##vocabulary, name,  TREATMENT_##treatment,                \
	 REMOVAL_OF(kind),        check, end},
#define ATTRIBUTE(vocabulary, name, kind, check)
#include "sanitizers/ooxml/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
};

static const struct attribute_rule attribute_rules[] = {
#define ELEMENT(vocabulary, name, treatment, kind, check, end)
#define ATTRIBUTE(vocabulary, name, kind, check)                               \
	{name, check, VOCABULARY_##vocabulary, REMOVAL_OF(kind)},
#include "sanitizers/ooxml/rules.def"
#undef ELEMENT
#undef ATTRIBUTE
};

/* Not fast: the filter remembers the answer for each name of a part. */
const struct rule *rule_for(enum vocabulary vocabulary, const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].vocabulary == vocabulary &&
		    strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

/* HTML and VML events: onclick, onmouseover, onload... */
static bool is_event(const char *name)
{
	return (name[0] == 'o' || name[0] == 'O') &&
	       (name[1] == 'n' || name[1] == 'N') && strlen(name) > 5;
}

static const struct attribute_rule event_rule = {
    "on*", attribute_event, VOCABULARY_NONE, REMOVAL_OOXML_SCRIPT};

const struct attribute_rule *attribute_rule_for(enum vocabulary vocabulary,
						const char *name)
{
	size_t count = sizeof(attribute_rules) / sizeof(attribute_rules[0]);

	for (size_t i = 0; i < count; i++) {
		const struct attribute_rule *rule = &attribute_rules[i];

		if (rule->vocabulary != vocabulary)
			continue;
		if (rule->name[0] == '*' || strcasecmp(rule->name, name) == 0)
			return rule;
	}
	return vocabulary == VOCABULARY_NONE && is_event(name) ? &event_rule
							       : NULL;
}
