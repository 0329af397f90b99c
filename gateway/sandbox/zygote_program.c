#include "gateway/sandbox/zygote.h"

#include "base/log.h"
#include "base/program.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

enum { READY_SIZE = 256 };

static void say_ready(const struct sandbox *sandbox, char *text, size_t size)
{
	struct sandbox_features features;

	sandbox_features(sandbox, &features);
	(void)snprintf(text, size,
		       "{\"seccomp\":%s,\"landlock_abi\":%d,"
		       "\"user_namespace\":%s,\"network_namespace\":%s}",
		       features.seccomp ? "true" : "false",
		       features.landlock_abi,
		       features.user_namespace ? "true" : "false",
		       features.network_namespace ? "true" : "false");
}

static int serve(const struct zygote_program *program,
		 const struct program_edges *edges)
{
	char ready[READY_SIZE];
	struct zygote_options options = {
	    .program = program->name,
	    .broker = program_edge_find(edges, "broker"),
	    .supervisor = program_edge_find(edges, "supervisor"),
	    .run = program->run,
	    .ready = ready,
	};
	int error = sandbox_prepare(program->sandbox, NULL, &options.sandbox);

	if (error == 0 && sodium_init() < 0)
		error = -ERR_INTERNAL;
	if (error == 0)
		error = program->prepare();
	if (error != 0)
		return error;
	say_ready(options.sandbox, ready, sizeof(ready));
	return zygote_serve(&options);
}

/* `text` is cut at its '='. */
static int set_option(const struct zygote_program *program, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || program->set == NULL)
		return -ERR_CONFIG;
	*equals = '\0';
	return program->set(text, equals + 1);
}

static int read_option(const struct zygote_program *program, int option,
		       char *argument, struct program_edges *edges)
{
	if (option == 'e')
		return program_edge_add(edges, argument);
	return option == 's' ? set_option(program, argument) : -ERR_CONFIG;
}

int zygote_program(int argc, char **argv, const struct zygote_program *program)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"set", required_argument, NULL, 's'},
	    {0}};
	struct program_edges edges = {0};
	int option;
	int error;

	log_open(program->name);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (read_option(program, option, optarg, &edges) != 0)
			return 64;
	if (program_edge_find(&edges, "broker") < 0)
		return 64;
	error = serve(program, &edges);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
