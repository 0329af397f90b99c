#include "sanitizers/link.h"

#include "base/banned.h"

enum { LINK_MAX = 8192 };

static bool contains_nocase(struct view view, const char *text)
{
	for (size_t i = 0; i < view.size; i++)
		if (view_starts_with_nocase(view_slice(view, i, SIZE_MAX),
					    text))
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
	if (view_starts_with_nocase(target, "mailto:"))
		return !contains_nocase(target, "attach");
	return view_starts_with_nocase(target, "http://") ||
	       view_starts_with_nocase(target, "https://") ||
	       view_starts_with_nocase(target, "tel:");
}
