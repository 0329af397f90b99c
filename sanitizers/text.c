#include "sanitizers/job.h"

#include "base/utf8.h"

#include "base/banned.h"

static enum claim text_claims(struct view input)
{
	return utf8_valid(input) ? CLAIM_LIKELY : CLAIM_NONE;
}

static int text_rebuild(struct job *job)
{
	return job_emit(job, job->input);
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
    .text = text_rebuild,
};
