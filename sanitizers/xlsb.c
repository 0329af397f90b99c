/*
 * may carry: VBA, ActiveX, OLE objects, embedded documents, outside targets,
 *   Excel 4.0 macro sheets, formulas that call or fetch, DDE and outside
 *   workbooks, connections, queries, a path of the author's.
 * keep: cells with their values, formulas on the list, names, formats, tables,
 *   conditional formats, charts, comments, vetted links.
 * drop: everything else; see sanitizers/xlsb/records.def for the records and
 *   sanitizers/ooxml/parts.def for the parts.
 * specification: [MS-XLSB]; ECMA-376 part 2 for the package.
 */
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return ooxml_claims(input, DOCUMENT_BINARY_SHEET);
}

static int rebuild(struct job *job)
{
	return ooxml_rebuild(job, DOCUMENT_BINARY_SHEET);
}

static int text(struct job *job)
{
	return ooxml_text(job, DOCUMENT_BINARY_SHEET);
}

const struct sanitizer sanitizer_xlsb = {
    .name = "xlsb",
    .mime = "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    .extension = "xlsb",
    .extensions = "xlsb",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
