/*
 * May carry: scripts, handlers, forms, frames, objects, active links, remote
 *   pictures, hidden text, markup that other readers understand otherwise.
 * Keep: text, structure, tables, lists, styles without effect beyond their
 *   element, links to http, https, mailto and tel.
 * Drop: everything that is not on the lists in sanitizers/html/.
 * Specification: HTML Living Standard 13.2, 15; CSS 2.2.
 */
#include "sanitizers/html/html.h"

#include "sanitizers/detect/kind.h"
#include "sanitizers/html/source.h"

#include "base/banned.h"

static enum claim html_claims(struct view input)
{
	struct kind kind = kind_by_head(input, false);

	return kind.name != NULL && strcmp(kind.name, "html") == 0
		   ? CLAIM_LIKELY
		   : CLAIM_NONE;
}

static int emit(struct job *job, int (*make)(struct job *job, struct view html,
					     const struct html_options *options,
					     struct buffer *out))
{
	const struct html_options options = {.path = ""};
	size_t room = job->policy->limits.output_bytes;
	BUFFER_CLEANUP struct buffer source = buffer_make(room);
	BUFFER_CLEANUP struct buffer out = buffer_make(room);
	int error = html_source(job, &source);

	if (error == 0)
		error = make(job, buffer_contents(&source), &options, &out);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

static int html_rebuild(struct job *job)
{
	return emit(job, html_clean);
}

static int html_text(struct job *job)
{
	return emit(job, html_to_text);
}

const struct sanitizer sanitizer_html = {
    .name = "html",
    .mime = "text/html",
    .extension = "html",
    .extensions = "html htm xhtml",
    .claims = html_claims,
    .rebuild = html_rebuild,
    .text = html_text,
    .prepare = html_prepare,
};
