/*
 * may carry: macros, script events, forms, OLE objects, plug-ins, linked
 *   pictures, whole files in base64.
 * keep: pages, drawings, charts, formulas, pictures made anew, vetted links.
 * drop: everything else; see sanitizers/odf/rules.def and package.c.
 * specification: ODF 1.3 (ISO/IEC 26300), parts 2, 3 and 4.
 */
#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return odf_claims(input, ODF_DRAWING);
}

static int rebuild(struct job *job)
{
	return odf_rebuild(job, ODF_DRAWING);
}

static int text(struct job *job)
{
	return odf_text(job, ODF_DRAWING);
}

const struct sanitizer sanitizer_odg = {
    .name = "odg",
    .mime = "application/vnd.oasis.opendocument.graphics",
    .extension = "odg",
    .extensions = "odg otg fodg",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
