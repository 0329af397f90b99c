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
#include "sanitizers/plain/clean.h"

#include "base/banned.h"

static enum claim html_claims(struct view input)
{
	struct kind kind = kind_by_head(input, false);

	if (kind.name == NULL || strcmp(kind.name, "html") != 0 ||
	    encoding_of_again(input) == ENCODING_NONE)
		return CLAIM_NONE;
	return CLAIM_LIKELY;
}

static int emit(struct job *job, int (*make)(struct job *job, struct view html,
					     const struct html_options *options,
					     struct buffer *out))
{
	const struct html_options options = {.path = ""};
	TEXT_CLEANUP struct text text = {0};
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	int error = text_clean(job, true, &text);

	if (error == 0)
		error = make(job, view_slice(text.bytes, text.mark, SIZE_MAX),
			     &options, &out);
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
