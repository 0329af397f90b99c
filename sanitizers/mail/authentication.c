#include "sanitizers/mail/authentication.h"

#include "base/banned.h"

enum { VALUE_MAX = 8 * 1024, RESULT_MAX = 900 };

static bool is_plain(struct view value)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] < ' ' || value.data[i] > '~')
			return false;
	return value.size > 0 && value.size <= VALUE_MAX;
}

void authentication_write(struct buffer *out, struct view value)
{
	size_t at = 0;

	if (!is_plain(value))
		return;
	buffer_text(out, AUTHENTICATION_FIELD ": ");
	while (at < value.size) {
		size_t end = view_find(value, view_of("; ", 2), at);
		size_t size = (end == SIZE_MAX ? value.size : end) - at;

		if (at > 0)
			buffer_text(out, ";\r\n ");
		buffer_view(out,
			    view_slice(value, at,
				       size < RESULT_MAX ? size : RESULT_MAX));
		at = end == SIZE_MAX ? value.size : end + 2;
	}
	buffer_text(out, "\r\n");
}
