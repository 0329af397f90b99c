#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

/* Where .NET add-ins (VSTO) are loaded from. */
ELEMENT_RULE(rule_custom_property)
{
	static const char prefix[] = "_Assembly";
	struct view name = element_value(element, "name");

	if (!view_equal_nocase(view_slice(name, 0, sizeof(prefix) - 1), prefix))
		return TREATMENT_KEEP;
	filter_report(filter, REMOVAL_OOXML_PROPERTY, "%.*s",
		      (int)(name.size > 100 ? 100 : name.size),
		      (const char *)name.data);
	return TREATMENT_DROP;
}
