/*
 * May carry: formulas that fetch, call programs (DDE) or lie, `sep=` lines that
 *   change what is a cell, and everything a text may carry.
 * Keep: the cells as they are written, quotes, separators and line ends too.
 * Drop: `sep=` lines; what a text drops; a cell that begins like a formula and
 *   is no number gets an apostrophe in front.
 * Specification: RFC 4180; what Excel and LibreOffice take for a formula.
 */
#include "sanitizers/plain/cells.h"

#include "sanitizers/detect/kind.h"

#include "base/banned.h"

static enum claim csv_claims(struct view input)
{
	return cells_look_like_table(input) ? CLAIM_LIKELY : CLAIM_NONE;
}

static bool named_tabs(const struct job *job)
{
	char extension[EXTENSION_MAX + 1];

	name_extension(job->name, extension, sizeof(extension));
	return strcmp(extension, "tsv") == 0 || strcmp(extension, "tab") == 0;
}

static int emit_marked(struct job *job, struct view bytes)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(bytes.size + 3);

	buffer_utf8(&out, 0xFEFF);
	buffer_view(&out, bytes);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	return text_emit(job, buffer_contents(&out), ENCODING_UTF8);
}

static int csv_rebuild(struct job *job)
{
	TEXT_CLEANUP struct text text = {0};
	BUFFER_CLEANUP struct buffer out = buffer_make(0);
	int error =
	    text_clean(job, job->policy->charset_out == CHARSET_UTF8, &text);

	if (error != 0)
		return error;
	text_keep_extension(job);
	out = buffer_make(text.bytes.size * 2 + 16);
	error = cells_guard(job, &text, named_tabs(job), &out);
	if (error != 0)
		return error;
	if (out.size > 0)
		text.bytes = buffer_contents(&out);
	/* Excel takes UTF-8 for CP932 where no mark says what it is. */
	if (text.converted)
		return emit_marked(job, text.bytes);
	return text_emit(job, text.bytes, text.encoding);
}

static int csv_text(struct job *job)
{
	TEXT_CLEANUP struct text text = {0};
	BUFFER_CLEANUP struct buffer out = buffer_make(0);
	int error = text_clean(job, true, &text);

	if (error != 0)
		return error;
	out = buffer_make(text.bytes.size * 2 + 16);
	error = cells_flatten(&text, named_tabs(job), &out);
	if (error != 0)
		return error;
	return text_emit(job, buffer_contents(&out), ENCODING_UTF8);
}

const struct sanitizer sanitizer_csv = {
    .name = "csv",
    .mime = "text/csv",
    .extension = "csv",
    .extensions = "csv tsv tab",
    .refines = "text",
    .claims = csv_claims,
    .rebuild = csv_rebuild,
    .text = csv_text,
};
