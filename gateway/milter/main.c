/*
 * sekisho-milter: the hook in Postfix or Sendmail, before a message is queued.
 *
 * usage: sekisho-milter --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, broker, vault.
 */
#define _GNU_SOURCE
#include "base/log.h"
#include "gateway/mail/arguments.h"
#include "gateway/mail/endpoint.h"
#include "gateway/milter/session.h"

#include <sys/stat.h>

#include "base/banned.h"

enum { BACKLOG = 128, TIMEOUT_SECONDS = 7210 };

static int serve(struct door *door)
{
	char place[ENDPOINT_TEXT_MAX];
	/* As door_open() set it.
	 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	int error = endpoint_text(door->config, door->config->mail.milter,
				  place, sizeof(place));

	if (error != 0) {
		log_line(LOG_LINE_ERROR, "no-such-place mail.milter=%s",
			 door->config->mail.milter);
		return error;
	}
	session_use(door);
	/* The folder decides who may connect (its group); others may not. */
	(void)umask(0117);
	if (smfi_register(session_description()) != MI_SUCCESS ||
	    smfi_setconn(place) != MI_SUCCESS ||
	    smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
	    smfi_settimeout(TIMEOUT_SECONDS) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS) {
		log_line(LOG_LINE_ERROR, "cannot-listen place=%s", place);
		return -ERR_IO;
	}
	(void)umask(0077);
	log_line(LOG_LINE_INFO, "listening place=%s", place);
	return smfi_main() == MI_SUCCESS ? 0 : -ERR_IO;
}

int main(int argc, char **argv)
{
	static struct door door = {.hands_over = true};
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
		error = serve(&door);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
