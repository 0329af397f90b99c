/*
 * One generation of the scanner: a process that loads the definitions once
 * and then forks one sandboxed process for each scan. New definitions come
 * with a new generation beside the old one (gateway/scanner/control.h); a
 * generation never loads twice.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_GENERATION_H
#define SEKISHO_GATEWAY_SCANNER_GENERATION_H

#include "base/error.h"

#include <stdint.h>

struct generation_options {
	const char *definitions; /* folder */
	const char *scratch;     /* folder for temporary files */
	uint32_t max_age_hours;  /* 0: definitions of any age */
};

/*
 * Loads and serves on `socket`, on which the control process takes the
 * broker's place, until it closes. Serves without definitions too: each scan
 * then says why it cannot be done. The first frame is MESSAGE_ZYGOTE_READY
 * with a struct condition.
 */
int generation_serve(int socket,
		     const struct generation_options *options) MUST_CHECK;

#endif
