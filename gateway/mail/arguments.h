/*
 * The arguments that the programs of the mail doors have in common.
 */
#ifndef SEKISHO_GATEWAY_MAIL_ARGUMENTS_H
#define SEKISHO_GATEWAY_MAIL_ARGUMENTS_H

#include "base/program.h"
#include "gateway/config/config.h"

struct program_arguments {
	struct program_edges edges;
	const char *config; /* NULL: not given */
	const char *state;
};

/* -ERR_CONFIG: wrong usage. */
int program_arguments_read(int argc, char **argv,
			   struct program_arguments *ret) MUST_CHECK;

#endif
