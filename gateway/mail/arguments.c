#define _GNU_SOURCE
#include "gateway/mail/arguments.h"

#include <getopt.h>

#include "base/banned.h"

int program_arguments_read(int argc, char **argv, struct program_arguments *ret)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {0}};
	int option;

	*ret = (struct program_arguments){0};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			ret->config = optarg;
		else if (option == 's')
			ret->state = optarg;
		else if (option != 'e' ||
			 program_edge_add(&ret->edges, optarg) != 0)
			return -ERR_CONFIG;
	}
	return optind == argc ? 0 : -ERR_CONFIG;
}
