/*
 * sekisho-milter: the hook in Postfix or Sendmail, before a message is queued.
 *
 * usage: sekisho-milter --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, broker, vault.
 */
#define _GNU_SOURCE
#include "base/log.h"
#include "gateway/mail/arguments.h"
#include "gateway/mail/hook.h"
#include "gateway/mail/release.h"
#include "gateway/milter/session.h"

#include "base/banned.h"

static int serve(struct door *door)
{
	/* As door_open() set it.
	 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	const char *place = door->config->mail.milter;

	session_use(door);
	return hook_serve(door->config, "mail.milter", place,
			  session_description());
}

int main(int argc, char **argv)
{
	static struct door door = {.hands_over = true,
				   .on_deliver = release_deliver};
	struct program_arguments arguments;
	int error;

	log_open("sekisho-milter");
	if (program_arguments_read(argc, argv, &arguments) != 0)
		return 64;
	error = program_harden();
	if (error == 0)
		error = door_open(&door, "milter", arguments.config,
				  arguments.state, &arguments.edges);
	if (error == 0)
		error = release_recover(&door);
	if (error == 0)
		error = serve(&door);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
