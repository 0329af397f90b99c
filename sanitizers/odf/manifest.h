/*
 * META-INF/manifest.xml (ODF 1.3 part 2, 4.2): what each file of a package is
 * said to be, and how it is encrypted.
 */
#ifndef SEKISHO_SANITIZERS_ODF_MANIFEST_H
#define SEKISHO_SANITIZERS_ODF_MANIFEST_H

#include "sanitizers/odf/package.h"

/* Sets the types of the package's parts, its version and whether it is
 * encrypted; the media type of the whole, "" for none. A package without a
 * manifest, or one with a DTD as old ones have, has no types. */
int odf_manifest_read(struct odf_package *package,
		      const char **ret_type) MUST_CHECK;

/* The media type of a folder ("Object 1/"), "" when none is given. */
const char *odf_manifest_folder(const struct odf_package *package,
				const char *folder);

#endif
