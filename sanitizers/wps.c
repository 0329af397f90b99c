/*
 * May carry: OLE objects, outside links.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: none is published.
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim wps_claims(struct view input)
{
	return claim_compound(input, "wps");
}

const struct sanitizer sanitizer_wps = {
    .name = "wps",
    .mime = "application/vnd.ms-works",
    .extension = "wps",
    .extensions = "wps",
    .claims = wps_claims,
    .instead = MODE_BLOCK,
};
