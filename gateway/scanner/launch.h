/*
 * Starts a generation: this same program once more, on a socket of its own.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_LAUNCH_H
#define SEKISHO_GATEWAY_SCANNER_LAUNCH_H

#include "gateway/scanner/generation.h"

#include <sys/types.h>

/* A new process; it ends when the socket closes or this process dies. The
 * socket is non-blocking and the caller's. */
int launch_generation(const struct generation_options *options,
		      pid_t *ret_process, int *ret_socket) MUST_CHECK;

#endif
