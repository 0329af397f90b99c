/* Checks of a file's outline against the table of keys: unknown keys, values
 * of the wrong kind, values that are not allowed; all of them, not the first.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_CHECK_H
#define SEKISHO_GATEWAY_CONFIG_CHECK_H

#include "gateway/config/keys.h"
#include "gateway/config/outline.h"

/* 0 or -ERR_CONFIG with `problems` filled. */
int outline_check(const struct outline *outline,
		  struct config_problems *problems) MUST_CHECK;

#endif
