/*
 * sekisho-seal: the milter of the inner instance. Lets pass only what carries
 * this gateway's seal.
 *
 * usage: sekisho-seal --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor.
 */
#define _GNU_SOURCE
#include "base/log.h"
#include "gateway/mail/arguments.h"
#include "gateway/mail/hook.h"
#include "gateway/mail/link.h"
#include "gateway/seal/session.h"

#include <unistd.h>

#include "base/banned.h"

/* What is under way gets no answer, and comes again. */
static void on_stop(void *context)
{
	(void)context;
	_exit(0);
}

static int run(struct gate *gate, const struct program_arguments *arguments)
{
	static const struct link_calls calls = {.on_stop = on_stop};
	static struct config_problems problems;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : program_harden();

	if (error == 0)
		error =
		    config_load(arguments->config, &problems, &gate->config);
	if (error == 0 && arguments->state != NULL)
		error = config_set_state(gate->config, arguments->state);
	if (error != 0)
		return error;
	error = seal_key_load(gate->config->mail.seal_key, &gate->key);
	if (error != 0) {
		log_line(LOG_LINE_ERROR,
			 "key-refused mail.seal_key=%s; it must be a file of "
			 "64 hexadecimal digits with mode 0600, owned by the "
			 "gateway's user",
			 gate->config->mail.seal_key);
		return error;
	}
	gate->used = used_open(gate->config->state,
			       (uint64_t)gate->config->mail.seal_hours * 3600);
	if (gate->used == NULL)
		return -ERR_IO;
	if (mail_link_new(gate->config, &arguments->edges, &calls) == NULL)
		return -ERR_INTERNAL;
	session_use(gate);
	return hook_serve(gate->config, "mail.seal", gate->config->mail.seal,
			  session_description());
}

int main(int argc, char **argv)
{
	static struct gate gate;
	struct program_arguments arguments;
	int error;

	log_open("sekisho-seal");
	if (program_arguments_read(argc, argv, &arguments) != 0)
		return 64;
	error = run(&gate, &arguments);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
