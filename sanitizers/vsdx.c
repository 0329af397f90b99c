/*
 * May carry: VBA, OLE objects, outside links, cells that call.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: [MS-VSDX].
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim vsdx_claims(struct view input)
{
	return claim_package(input, "vsdx");
}

const struct sanitizer sanitizer_vsdx = {
    .name = "vsdx",
    .mime = "application/vnd.ms-visio.drawing",
    .extension = "vsdx",
    .extensions = "vsdx vsdm vstx vstm vssx vssm",
    .refines = "zip",
    .claims = vsdx_claims,
    .instead = MODE_CONVERT,
};
