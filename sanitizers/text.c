/*
 * May carry: control characters and escape sequences that terminals act on,
 *   bidi controls and invisible characters that deceive readers, other formats.
 * Keep: visible characters, TAB CR LF FF, byte order mark, joiners and
 *   variation selectors where they mean something.
 * Drop: every other control, format and invisible character.
 * Specification: Unicode 15, UTS #51 and #37 (emoji, IVS), ECMA-48, RFC 1468.
 */
#include "sanitizers/plain/clean.h"

#include "base/banned.h"

static enum claim text_claims(struct view input)
{
	return encoding_of_again(input) == ENCODING_NONE ? CLAIM_NONE
							 : CLAIM_LIKELY;
}

static int emit_clean(struct job *job, bool utf8)
{
	TEXT_CLEANUP struct text text = {0};
	int error = text_clean(job, utf8, &text);

	if (error != 0)
		return error;
	return text_emit(job, text.bytes, text.encoding);
}

static int text_rebuild(struct job *job)
{
	text_keep_extension(job);
	return emit_clean(job, job->policy->charset_out == CHARSET_UTF8);
}

static int text_text(struct job *job)
{
	return emit_clean(job, true);
}

const struct sanitizer sanitizer_text = {
    .name = "text",
    .mime = "text/plain",
    .extension = "txt",
    .extensions = "txt text log md ini cfg conf json geojson yaml yml toml "
		  "srt vtt tex rst asc lst sql properties dat prj cpg "
		  "diff patch",
    .claims = text_claims,
    .rebuild = text_rebuild,
    .text = text_text,
    .prepare = encoding_prepare,
};
