/*
 * may carry: macros, script events, forms, OLE objects, DDE and linked sheets,
 *   databases, formulas that fetch or call macros, whole files in base64.
 * keep: cells with their values, formulas on the list, names, ranges, filters,
 *   pivot tables of the document's own cells, charts, comments, vetted links.
 * drop: everything else; see sanitizers/odf/rules.def and package.c.
 * specification: ODF 1.3 (ISO/IEC 26300), parts 2, 3 and 4.
 */
#include "sanitizers/odf/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return odf_claims(input, ODF_SHEET);
}

static int rebuild(struct job *job)
{
	return odf_rebuild(job, ODF_SHEET);
}

static int text(struct job *job)
{
	return odf_text(job, ODF_SHEET);
}

const struct sanitizer sanitizer_ods = {
    .name = "ods",
    .mime = "application/vnd.oasis.opendocument.spreadsheet",
    .extension = "ods",
    .extensions = "ods ots fods",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
