/*
 * may carry: VBA, ActiveX, OLE objects, embedded documents, outside targets,
 *   Excel 4.0 macro sheets, formulas that call or fetch, DDE and outside
 *   workbooks, connections, queries, ActiveX.
 * keep: cells with their values, formulas on the list, names, formats, tables,
 *   pivot tables without outside sources, charts, comments, vetted links.
 * drop: everything else; see sanitizers/ooxml/parts.def and rules.def.
 * specification: ECMA-376 (strict and transitional); MS-XLSX, MS-OFFMACRO2.
 */
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return ooxml_claims(input, DOCUMENT_SHEET);
}

static int rebuild(struct job *job)
{
	return ooxml_rebuild(job, DOCUMENT_SHEET);
}

static int text(struct job *job)
{
	return ooxml_text(job, DOCUMENT_SHEET);
}

const struct sanitizer sanitizer_xlsx = {
    .name = "xlsx",
    .mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    .extension = "xlsx",
    .extensions = "xlsx xlsm xltx xltm",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
