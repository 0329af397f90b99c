/*
 * May carry: files of every kind, folders, links, comments, extra fields.
 * Keep:      names and contents of members that pass on their own.
 * Drop:      everything else.
 * Specification: PKWARE APPNOTE.TXT 6.3.10; WinZip AES 1.04.
 */
#include "sanitizers/archive/zip_layout.h"
#include "sanitizers/job.h"

#include "base/banned.h"

static enum claim zip_claims(struct view input)
{
	switch (zip_probe(input)) {
	case 2:
		return CLAIM_EXACT;
	case 1:
		return CLAIM_LIKELY;
	default:
		return CLAIM_NONE;
	}
}

static int zip_rebuild(struct job *job)
{
	(void)job;
	return -ERR_TYPE_UNSUPPORTED;
}

const struct sanitizer sanitizer_zip = {
    .name = "zip",
    .mime = "application/zip",
    .extension = "zip",
    .extensions = "zip",
    .claims = zip_claims,
    .rebuild = zip_rebuild,
};
