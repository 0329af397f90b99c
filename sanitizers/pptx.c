/*
 * may carry: VBA, ActiveX, OLE objects, embedded documents, outside targets,
 *   actions that run programs or macros, linked media, slide update sources,
 *   add-in data.
 * keep: slides, layouts, masters, notes, comments, animations without commands,
 *   drawings, charts, SmartArt, vetted links.
 * drop: everything else; see sanitizers/ooxml/parts.def and rules.def.
 * specification: ECMA-376 (strict and transitional); MS-PPTX, MS-OFFMACRO2.
 */
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return ooxml_claims(input, DOCUMENT_SLIDE);
}

static int rebuild(struct job *job)
{
	return ooxml_rebuild(job, DOCUMENT_SLIDE);
}

static int text(struct job *job)
{
	return ooxml_text(job, DOCUMENT_SLIDE);
}

const struct sanitizer sanitizer_pptx = {
    .name = "pptx",
    .mime = "application/"
	    "vnd.openxmlformats-officedocument.presentationml.presentation",
    .extension = "pptx",
    .extensions = "pptx pptm potx potm ppsx ppsm",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
