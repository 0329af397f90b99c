/*
 * sekisho-scanner: looks for known malware with libclamav, one sandboxed
 * process per object.
 *
 * usage: sekisho-scanner --edge broker=FD [--edge supervisor=FD]
 *            --definitions FOLDER [--max-age HOURS] [--temporary FOLDER]
 *            [--poll SECONDS]
 *
 * --max-age    older definitions stop everything (168; 0: any age)
 * --temporary  where the mount point for temporary files is made (/tmp)
 * --poll       how often the folder of definitions is looked at (5)
 *
 * Starts itself once more for each set of definitions, then with
 * --edge generation=FD and --scratch FOLDER.
 */
#include "base/log.h"
#include "base/program.h"
#include "gateway/scanner/control.h"
#include "gateway/scanner/scratch.h"

#include <getopt.h>
#include <sodium.h>

#include "base/banned.h"

enum {
	MAX_AGE_HOURS = 7 * 24,
	POLL_SECONDS = 5,
	EXIT_USAGE = 64,
};

struct arguments {
	struct program_edges edges;
	struct control_options control;
	const char *temporary;
};

static int set_number(const char *text, long most, uint32_t *ret_value)
{
	long value;
	int error = program_number(text, 0, most, &value);

	if (error == 0)
		*ret_value = (uint32_t)value;
	return error;
}

static int set_argument(struct arguments *arguments, int option, char *value)
{
	struct generation_options *generation = &arguments->control.generation;

	switch (option) {
	case 'e':
		return program_edge_add(&arguments->edges, value);
	case 'd':
		generation->definitions = value;
		return 0;
	case 's':
		generation->scratch = value;
		return 0;
	case 't':
		arguments->temporary = value;
		return 0;
	case 'a':
		return set_number(value, 1000000, &generation->max_age_hours);
	case 'p':
		return set_number(value, 3600,
				  &arguments->control.poll_seconds);
	default:
		return -ERR_CONFIG;
	}
}

static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"definitions", required_argument, NULL, 'd'},
	    {"scratch", required_argument, NULL, 's'},
	    {"temporary", required_argument, NULL, 't'},
	    {"max-age", required_argument, NULL, 'a'},
	    {"poll", required_argument, NULL, 'p'},
	    {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (set_argument(arguments, option, optarg) != 0)
			return -ERR_CONFIG;
	if (optind != argc || arguments->control.generation.definitions == NULL)
		return -ERR_CONFIG;
	if (arguments->control.poll_seconds == 0)
		arguments->control.poll_seconds = 1;
	return 0;
}

static int serve(struct arguments *arguments)
{
	struct control_options *control = &arguments->control;
	char scratch[SCRATCH_PATH_MAX + 1];
	int error = scratch_make(arguments->temporary, scratch);

	if (error != 0) {
		log_line(LOG_LINE_ERROR, "temporary-folder-unusable");
		return error;
	}
	control->generation.scratch = scratch;
	error = control_serve(control);
	scratch_remove(scratch);
	control->generation.scratch = NULL;
	return error;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
	    .control = {.generation = {.max_age_hours = MAX_AGE_HOURS},
			.poll_seconds = POLL_SECONDS},
	    .temporary = "/tmp",
	};
	int generation;
	int error;

	log_open("sekisho-scanner");
	if (read_arguments(argc, argv, &arguments) != 0)
		return EXIT_USAGE;
	if (sodium_init() < 0)
		return 1;
	generation = program_edge_find(&arguments.edges, "generation");
	arguments.control.broker =
	    program_edge_find(&arguments.edges, "broker");
	arguments.control.supervisor =
	    program_edge_find(&arguments.edges, "supervisor");
	if (generation >= 0 && arguments.control.generation.scratch != NULL)
		error =
		    generation_serve(generation, &arguments.control.generation);
	else if (arguments.control.broker >= 0)
		error = serve(&arguments);
	else
		return EXIT_USAGE;
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
