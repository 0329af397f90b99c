/*
 * HTML to text where the tree has no reader of HTML: nothing but characters.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_HTML_STUB_H
#define SEKISHO_SANITIZERS_MAIL_HTML_STUB_H

#include "sanitizers/job.h"

struct html_options {
	const char *path;
};

static inline int html_to_text(struct job *job, struct view html,
			       const struct html_options *options,
			       struct buffer *out)
{
	bool tag = false;

	(void)job;
	(void)options;
	for (size_t i = 0; i < html.size; i++) {
		if (html.data[i] == '<')
			tag = true;
		else if (html.data[i] == '>')
			tag = false;
		else if (!tag)
			buffer_u8(out, html.data[i]);
	}
	return buffer_error(out);
}

#endif
