/*
 * May carry: macros, OLE objects, outside files.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: none that is complete.
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim wpd_claims(struct view input)
{
	return claim_head(input, "wpd");
}

const struct sanitizer sanitizer_wpd = {
    .name = "wpd",
    .mime = "application/vnd.wordperfect",
    .extension = "wpd",
    .extensions = "wpd wp wp5 wp6",
    .claims = wpd_claims,
    .instead = MODE_BLOCK,
};
