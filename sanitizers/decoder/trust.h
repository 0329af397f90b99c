/*
 * What signature.c has each of the two libraries load.
 */
#ifndef SEKISHO_SANITIZERS_DECODER_TRUST_H
#define SEKISHO_SANITIZERS_DECODER_TRUST_H

#include "base/error.h"

/* "": nothing is trusted and nothing checked. -ERR_CONFIG: there is nothing in
 * it; -ERR_UNAVAILABLE, -ERR_MEMORY. */
int cms_prepare(const char *certificates) MUST_CHECK;
int openpgp_prepare(const char *keyring) MUST_CHECK;

#endif
