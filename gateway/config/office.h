/*
 * What a configuration asks of LibreOffice: whether it can do that, and whether
 * it is there. docs/office.md.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_OFFICE_H
#define SEKISHO_GATEWAY_CONFIG_OFFICE_H

#include "gateway/config/keys.h"
#include "gateway/config/outline.h"

/* Whether the key can have the value: no `convert` of a format that LibreOffice
 * does not convert. */
bool office_can(const struct key *key, const char *value);

#endif
