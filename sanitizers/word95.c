/*
 * May carry: macros (WordBasic), embedded objects, fields that run or fetch,
 *   templates, text of former versions that fast saves left.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: none but that of its successor, [MS-DOC].
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim word95_claims(struct view input)
{
	return claim_compound(input, "word95");
}

const struct sanitizer sanitizer_word95 = {
    .name = "word95",
    .mime = "application/msword",
    .extension = "doc",
    .extensions = "doc",
    .claims = word95_claims,
    .instead = MODE_CONVERT,
};
