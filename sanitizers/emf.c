/*
 * May carry: commands for a painter that parsers trusted too much, escapes to
 * drivers, whole files in comments.
 * Keep: the records of sanitizers/picture/emf.def, each as long as it counts.
 * Drop: comments (GDI+, other formats), printers' escapes, colour profiles,
 * OpenGL, bitmaps that are packed, what a record has behind what it counts.
 * Specification: [MS-EMF].
 */
#include "sanitizers/picture/metafile.h"

#include "base/banned.h"

static enum claim emf_claims(struct view input)
{
	return metafile_is_enhanced(input) ? CLAIM_EXACT : CLAIM_NONE;
}

static int emf_rebuild(struct job *job)
{
	return metafile_rebuild(job, METAFILE_ENHANCED);
}

const struct sanitizer sanitizer_emf = {
    .name = "emf",
    .mime = "image/emf",
    .extension = "emf",
    .extensions = "emf emz",
    .claims = emf_claims,
    .rebuild = emf_rebuild,
};
