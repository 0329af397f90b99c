/*
 * may carry: VBA, cells that run add-ons, macros and commands, links, events,
 *   OLE objects, outside stencils and data sources, data of add-ins.
 * keep: pages, masters, shapes, their text, formulas with functions on the
 *   list, themes, layers, windows, validation rules, comments, vetted links.
 * drop: everything else; see sanitizers/ooxml/parts.def, rules.def and
 *   cell_functions.def.
 * specification: [MS-VSDX]; ECMA-376 part 2.
 */
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static enum claim claims(struct view input)
{
	return ooxml_claims(input, DOCUMENT_DRAWING);
}

static int rebuild(struct job *job)
{
	return ooxml_rebuild(job, DOCUMENT_DRAWING);
}

static int text(struct job *job)
{
	return ooxml_text(job, DOCUMENT_DRAWING);
}

const struct sanitizer sanitizer_vsdx = {
    .name = "vsdx",
    .mime = "application/vnd.ms-visio.drawing",
    .extension = "vsdx",
    .extensions = "vsdx vsdm vstx vstm vssx vssm",
    .refines = "zip",
    .claims = claims,
    .rebuild = rebuild,
    .text = text,
};
