/*
 * A session of the inner instance: a message passes when every recipient has
 * its tag in the one seal it carries.
 */
#ifndef SEKISHO_GATEWAY_SEAL_SESSION_H
#define SEKISHO_GATEWAY_SEAL_SESSION_H

#include "gateway/config/config.h"
#include "gateway/seal/used.h"

#include <libmilter/mfapi.h>

struct gate {
	struct config *config;
	struct seal_key key;
	struct used *used;
};

/* libmilter has no context of the whole program: set before it starts. */
void session_use(struct gate *gate);
struct smfiDesc session_description(void);

#endif
