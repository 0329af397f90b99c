/*
 * sekisho-lmtp: mail after the queue, for conversions that take longer than an
 * SMTP client waits.
 *
 * usage: sekisho-lmtp --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, broker, vault.
 */
#define _GNU_SOURCE
#include "base/handle.h"
#include "base/log.h"
#include "gateway/lmtp/session.h"
#include "gateway/mail/arguments.h"
#include "gateway/mail/endpoint.h"
#include "gateway/mail/release.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

enum { SESSIONS_MAX = 128 };

static struct lmtp lmtp = {.door = {.on_deliver = release_deliver}};
static atomic_uint sessions;

static void *serve(void *context)
{
	session_serve(&lmtp, (int)(intptr_t)context);
	atomic_fetch_sub(&sessions, 1);
	return NULL;
}

static void begin(int fd)
{
	static const char full[] = "421 4.3.2 Too many connections\r\n";
	pthread_t thread;

	if (atomic_fetch_add(&sessions, 1) < SESSIONS_MAX &&
	    pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) {
		(void)pthread_detach(thread);
		return;
	}
	atomic_fetch_sub(&sessions, 1);
	(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	handle_close(&fd);
}

static int listen_on(int *ret_fd)
{
	const struct config *config = lmtp.door.config;
	char place[ENDPOINT_TEXT_MAX];
	int error = endpoint_text(config, config->mail.next_hop, lmtp.next_hop,
				  sizeof(lmtp.next_hop));

	if (error != 0) {
		log_line(LOG_LINE_ERROR, "no-such-place mail.next_hop=%s",
			 config->mail.next_hop);
		return error;
	}
	error = endpoint_text(config, config->mail.lmtp, place, sizeof(place));
	if (error == 0)
		error = endpoint_listen(place, ret_fd);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "cannot-listen mail.lmtp=%s",
			 config->mail.lmtp);
	else
		log_line(LOG_LINE_INFO, "listening place=%s", place);
	return error;
}

static int run(const struct program_arguments *arguments)
{
	int listener = -1;
	int error = program_harden();

	if (error == 0)
		error = door_open(&lmtp.door, "lmtp", arguments->config,
				  arguments->state, &arguments->edges);
	if (error == 0)
		error = release_recover(&lmtp.door);
	if (error == 0)
		error = listen_on(&listener);
	if (error != 0)
		return error;
	while (true) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			begin(fd);
		else
			(void)usleep(10000); /* descriptors may be used up */
	}
}

int main(int argc, char **argv)
{
	struct program_arguments arguments;
	int error;

	log_open("sekisho-lmtp");
	if (program_arguments_read(argc, argv, &arguments) != 0)
		return 64;
	error = run(&arguments);
	log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return 1;
}
