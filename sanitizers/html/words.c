#include "sanitizers/html/words.h"

#include "base/banned.h"

static const struct html_element_rule elements[ELEMENT_COUNT] = {
    [ELEMENT_UNKNOWN] = {.name = ""},
    [ELEMENT_TEXT] = {.name = "", .fate = FATE_KEEP},
#define ELEMENT(symbol, text, end, show, why)                                  \
	[ELEMENT_##symbol] = {.name = (text),                                  \
			      .fate = FATE_##end,                              \
			      .flow = FLOW_##show,                             \
			      .kind = REMOVAL_##why},
#include "sanitizers/html/elements.def"
#undef ELEMENT
};

static const struct html_attribute_rule attributes[ATTRIBUTE_COUNT] = {
    [ATTRIBUTE_UNKNOWN] = {.name = ""},
#define ATTRIBUTE(symbol, text, is)                                            \
	[ATTRIBUTE_##symbol] = {.name = (text), .type = VALUE_##is},
#include "sanitizers/html/attributes.def"
#undef ATTRIBUTE
};

static const char *const properties[] = {
#define PROPERTY(name) name,
#include "sanitizers/html/properties.def"
#undef PROPERTY
};

enum html_element html_element_by_name(const char *name)
{
	for (int i = ELEMENT_TEXT + 1; i < ELEMENT_COUNT; i++)
		if (strcasecmp(elements[i].name, name) == 0)
			return (enum html_element)i;
	return ELEMENT_UNKNOWN;
}

const struct html_element_rule *html_element_rule(enum html_element element)
{
	return &elements[element];
}

enum html_attribute_name html_attribute_by_name(const char *name)
{
	for (int i = ATTRIBUTE_UNKNOWN + 1; i < ATTRIBUTE_COUNT; i++)
		if (strcasecmp(attributes[i].name, name) == 0)
			return (enum html_attribute_name)i;
	return ATTRIBUTE_UNKNOWN;
}

const struct html_attribute_rule *
html_attribute_rule(enum html_attribute_name name)
{
	return &attributes[name];
}

bool html_property_allowed(struct view name)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (view_equal_nocase(name, properties[i]))
			return true;
	return false;
}
