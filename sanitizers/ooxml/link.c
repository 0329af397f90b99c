#include "sanitizers/ooxml/link.h"

#include "base/banned.h"

enum { LINK_MAX = 8192 };

static bool starts_with_nocase(struct view view, const char *text)
{
	size_t size = strlen(text);

	return view.size >= size &&
	       view_equal_nocase(view_slice(view, 0, size), text);
}

static bool contains_nocase(struct view view, const char *text)
{
	for (size_t i = 0; i < view.size; i++)
		if (starts_with_nocase(view_slice(view, i, SIZE_MAX), text))
			return true;
	return false;
}

bool link_allowed(const struct policy *policy, struct view target)
{
	if (target.size == 0 || target.size > LINK_MAX)
		return false;
	/* Readers skip control characters inside a scheme. */
	for (size_t i = 0; i < target.size; i++)
		if (target.data[i] < 0x20 || target.data[i] == 0x7f)
			return false;
	if (target.data[0] == '#')
		return true;
	if (policy->links == LINKS_REMOVE)
		return false;
	/* Some mail programs attach local files for this parameter. */
	if (starts_with_nocase(target, "mailto:"))
		return !contains_nocase(target, "attach");
	return starts_with_nocase(target, "http://") ||
	       starts_with_nocase(target, "https://") ||
	       starts_with_nocase(target, "tel:");
}
