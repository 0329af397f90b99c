/*
 * May carry: objects and packages, fields that run or fetch, templates, linked
 *   files, macros of form fields, hidden data, HTML, controls that overflow.
 * Keep: text, fonts, colours, styles, lists, tables, sections, notes, comments,
 *   bookmarks, formulas, shapes by their numbers, pictures as objects of their
 *   own, the fields of sanitizers/field.c.
 * Drop: every control word and destination that is not in rtf/words.def.
 * Specification: Rich Text Format (RTF) Specification 1.9.1.
 */
#include "sanitizers/rtf/rtf.h"

#include "base/banned.h"

/* White space in front of the first brace, and what stands for "rtf1", are not
 * the same to all readers; all of it is taken for RTF here. */
static enum claim rtf_claims(struct view input)
{
	size_t start = 0;

	while (start < input.size && start < 1024 &&
	       strchr(" \t\r\n", input.data[start]) != NULL)
		start++;
	return view_starts_with(view_slice(input, start, SIZE_MAX), "{\\rt")
		   ? CLAIM_EXACT
		   : CLAIM_NONE;
}

static struct rtf *make(struct job *job)
{
	size_t room = job->policy->limits.output_bytes;
	struct rtf *rtf = arena_alloc(job->arena, sizeof(*rtf));

	if (rtf == NULL)
		return NULL;
	rtf->job = job;
	rtf->out = buffer_make(room);
	rtf->form = buffer_make(room);
	rtf->code = buffer_make(room);
	rtf->code_written = buffer_make(room);
	rtf->picture = buffer_make(room);
	rtf->picture_words = buffer_make(room);
	rtf->to = &rtf->out;
	rtf->last_picture = &rtf->pictures;
	return rtf;
}

static void release(struct rtf *rtf)
{
	buffer_free(&rtf->out);
	buffer_free(&rtf->form);
	buffer_free(&rtf->code);
	buffer_free(&rtf->code_written);
	buffer_free(&rtf->picture);
	buffer_free(&rtf->picture_words);
}

static int rtf_rebuild(struct job *job)
{
	struct rtf *rtf = make(job);
	int error;

	if (rtf == NULL)
		return -ERR_MEMORY;
	error = rtf_filter(rtf);
	if (error == 0)
		error = rtf_finish(rtf);
	release(rtf);
	return error;
}

static int rtf_to_text(struct job *job)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct rtf *rtf = make(job);
	int error;

	if (rtf == NULL)
		return -ERR_MEMORY;
	rtf->without_pictures = true;
	error = rtf_filter(rtf);
	if (error == 0)
		error = rtf_text(rtf, &out);
	release(rtf);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

const struct sanitizer sanitizer_rtf = {
    .name = "rtf",
    .mime = "application/rtf",
    .extension = "rtf",
    .extensions = "rtf",
    .claims = rtf_claims,
    .rebuild = rtf_rebuild,
    .text = rtf_to_text,
    .prepare = rtf_words_prepare,
};
