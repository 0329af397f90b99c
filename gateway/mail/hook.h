/*
 * Listening as a milter, for the programs that are one.
 */
#ifndef SEKISHO_GATEWAY_MAIL_HOOK_H
#define SEKISHO_GATEWAY_MAIL_HOOK_H

#include "gateway/config/config.h"

#include <libmilter/mfapi.h>

/*
 * Listens at `place` (endpoint.h), which the configuration's `key` names, and
 * serves until the program ends. The socket is for its owner and the group of
 * its folder.
 */
int hook_serve(const struct config *config, const char *key, const char *place,
	       struct smfiDesc description) MUST_CHECK;

#endif
