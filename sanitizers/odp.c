/*
 * may carry: macros, actions on clicks, commands of animations, sound and film,
 *   forms, OLE objects, plug-ins, linked pictures, whole files in base64.
 * keep: slides, notes, drawings, animations, charts, pictures made anew, vetted
 *   links.
 * drop: everything else; see sanitizers/odf/rules.def and package.c.
 * specification: ODF 1.3 (ISO/IEC 26300), parts 2, 3 and 4.
 */
#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return odf_claims(input, ODF_SLIDE);
}

static int rebuild(struct job *job)
{
	return odf_rebuild(job, ODF_SLIDE);
}

static int text(struct job *job)
{
	return odf_text(job, ODF_SLIDE);
}

const struct sanitizer sanitizer_odp = {
    .name = "odp",
    .mime = "application/vnd.oasis.opendocument.presentation",
    .extension = "odp",
    .extensions = "odp otp fodp",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
