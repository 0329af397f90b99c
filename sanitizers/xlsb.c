/*
 * May carry: VBA, Excel 4.0 macro sheets, DDE, outside links, OLE objects.
 * Keep: what LibreOffice makes of it, as far as its format keeps it.
 * Drop: the form it came in.
 * Specification: [MS-XLSB].
 */
#include "sanitizers/detect/claims.h"

#include "base/banned.h"

static enum claim xlsb_claims(struct view input)
{
	return claim_package(input, "xlsb");
}

const struct sanitizer sanitizer_xlsb = {
    .name = "xlsb",
    .mime = "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    .extension = "xlsb",
    .extensions = "xlsb",
    .refines = "zip",
    .claims = xlsb_claims,
    .instead = MODE_CONVERT,
};
