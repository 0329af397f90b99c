/*
 * May carry: VBA, OLE objects, outside links.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: none is published.
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim vsd_claims(struct view input)
{
	return claim_compound(input, "vsd");
}

const struct sanitizer sanitizer_vsd = {
    .name = "vsd",
    .mime = "application/vnd.visio",
    .extension = "vsd",
    .extensions = "vsd vst vss",
    .claims = vsd_claims,
    .instead = MODE_BLOCK,
};
