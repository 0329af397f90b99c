/*
 * may carry: VBA, ActiveX, OLE objects, embedded documents, outside targets,
 *   fields that fetch or run (DDE, INCLUDETEXT...), altChunk, sub-documents,
 *   templates, mail merge, VML with outside references.
 * keep: text, styles, numbering, notes, comments, tables, ruby, drawings,
 * charts, fields on the list, vetted links. drop: everything else; see
 * sanitizers/ooxml/parts.def and rules.def. specification: ECMA-376 (strict and
 * transitional); MS-DOCX, MS-OFFMACRO2.
 */
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return ooxml_claims(input, DOCUMENT_WORD);
}

static int rebuild(struct job *job)
{
	return ooxml_rebuild(job, DOCUMENT_WORD);
}

static int text(struct job *job)
{
	return ooxml_text(job, DOCUMENT_WORD);
}

const struct sanitizer sanitizer_docx = {
    .name = "docx",
    .mime = "application/"
	    "vnd.openxmlformats-officedocument.wordprocessingml.document",
    .extension = "docx",
    .extensions = "docx docm dotx dotm",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
