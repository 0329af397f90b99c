#include "sanitizers/mail/spam.h"

#include "base/banned.h"

static bool begins_with(struct view value, const char *word)
{
	size_t length = strlen(word);

	while (value.size > 0 &&
	       (value.data[0] == ' ' || value.data[0] == '\t' ||
		value.data[0] == '\r' || value.data[0] == '\n'))
		value = view_slice(value, 1, value.size);
	return view_equal_nocase(view_slice(value, 0, length), word);
}

/* Any of several fields of one name counts: a sender could put a harmless one
 * in front. */
static bool any_begins_with(const struct mail_field *fields, const char *name,
			    const char *word)
{
	for (; fields != NULL; fields = fields->next)
		if (view_equal_nocase(fields->name, name) &&
		    begins_with(fields->value, word))
			return true;
	return false;
}

bool spam_is_said(const struct mail_field *fields)
{
	static const char *const yes[] = {"X-Spam-Flag", "X-Spam",
					  "X-Spam-Status"};
	static const char *const actions[] = {"reject", "add header",
					      "rewrite subject", "soft reject",
					      "quarantine"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (any_begins_with(fields, yes[i], "yes"))
			return true;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (any_begins_with(fields, "X-Rspamd-Action", actions[i]))
			return true;
	return false;
}
