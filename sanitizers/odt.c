/*
 * may carry: macros, script events, forms, OLE objects, plug-ins, DDE, linked
 *   sections and pictures, databases, encrypted parts, whole files in base64.
 * keep: text, styles, lists, tables, notes, ruby, drawings, charts, formulas,
 *   comments and tracked changes, pictures made anew, vetted links.
 * drop: everything else; see sanitizers/odf/rules.def and package.c.
 * specification: ODF 1.3 (ISO/IEC 26300), parts 2, 3 and 4.
 */
#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return odf_claims(input, ODF_TEXT);
}

static int rebuild(struct job *job)
{
	return odf_rebuild(job, ODF_TEXT);
}

static int text(struct job *job)
{
	return odf_text(job, ODF_TEXT);
}

const struct sanitizer sanitizer_odt = {
    .name = "odt",
    .mime = "application/vnd.oasis.opendocument.text",
    .extension = "odt",
    .extensions = "odt ott odm oth fodt",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
