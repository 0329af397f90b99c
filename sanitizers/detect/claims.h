/*
 * Formats whose claim is what detection finds out by itself: all that are
 * compound files, and those that have no rebuild of their own.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_CLAIMS_H
#define SEKISHO_SANITIZERS_DETECT_CLAIMS_H

#include "sanitizers/format.h"

/* Whether the compound file, the ZIP or the signature in `input` is of the
 * kind with this name. */
enum claim claim_compound(struct view input, const char *kind);
enum claim claim_package(struct view input, const char *kind);
enum claim claim_head(struct view input, const char *kind);

#endif
