/*
 * May carry: VBA, OLE objects, outside links.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: none is published.
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim pub_claims(struct view input)
{
	return claim_compound(input, "pub");
}

const struct sanitizer sanitizer_pub = {
    .name = "pub",
    .mime = "application/vnd.ms-publisher",
    .extension = "pub",
    .extensions = "pub",
    .claims = pub_claims,
    .instead = MODE_BLOCK,
};
