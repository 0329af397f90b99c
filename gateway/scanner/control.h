/*
 * The control process of the scanner. It holds the edges, watches the folder
 * of definitions and passes each scan on to the current generation. It holds
 * no definitions and reads no content.
 *
 * When the folder changes, a second generation loads beside the first, tests
 * itself and takes over; the first one finishes its scans and ends. One that
 * fails to load is dropped and the old one goes on, growing older at every
 * scan. No scan waits for a reload or fails because of it.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_CONTROL_H
#define SEKISHO_GATEWAY_SCANNER_CONTROL_H

#include "gateway/scanner/generation.h"

struct control_options {
	struct generation_options generation;
	int broker;            /* edge */
	int supervisor;        /* edge; -1: none */
	uint32_t poll_seconds; /* how often the folder is looked at */
};

/* Serves until an edge closes or it is told to stop; 0 then. */
int control_serve(const struct control_options *options) MUST_CHECK;

#endif
