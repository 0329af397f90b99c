/*
 * May carry: commands for a painter that parsers trusted too much, escapes to
 * drivers, whole files in comments.
 * Keep: the records of sanitizers/picture/wmf.def, each as long as it counts.
 * Drop: escapes (SETABORTPROC ran code), regions, device bitmaps, bitmaps
 * that are packed, what a record has behind what it counts.
 * Specification: [MS-WMF].
 */
#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

static enum claim wmf_claims(struct view input)
{
	return metafile_is_windows(input) ? CLAIM_EXACT : CLAIM_NONE;
}

static int wmf_rebuild(struct job *job)
{
	return metafile_rebuild(job, METAFILE_WINDOWS);
}

const struct sanitizer sanitizer_wmf = {
    .name = "wmf",
    .mime = "image/wmf",
    .extension = "wmf",
    .extensions = "wmf wmz",
    .claims = wmf_claims,
    .rebuild = wmf_rebuild,
};
