/*
 * Formats that are not rebuilt in their own form: what detection finds out by
 * itself is their claim.
 */
#ifndef SEKISHO_SANITIZERS_OFFICE_KINDS_H
#define SEKISHO_SANITIZERS_OFFICE_KINDS_H

#include "sanitizers/format.h"

/* Whether the compound file, the ZIP or the signature in `input` is of the
 * kind with this name. */
enum claim office_claims_compound(struct view input, const char *kind);
enum claim office_claims_package(struct view input, const char *kind);
enum claim office_claims_head(struct view input, const char *kind);

#endif
