/*
 * sekisho-web: the console and the API over HTTPS. Decides nothing: sessions,
 * roles and items are the vault's.
 *
 * usage: sekisho-web --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, vault, broker.
 */
#define _GNU_SOURCE
#include "base/handle.h"
#include "base/log.h"
#include "gateway/mail/arguments.h"
#include "gateway/sandbox/landlock.h"
#include "gateway/web/web.h"

#include <fcntl.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

enum { STOP_POLL_MS = 50, STOP_LIMIT_MS = 5000 };

static struct web web;
static struct timer stop_timer;
static uint64_t stop_by_ms;

/* Passwords pass through jansson. */
static void free_wiped(void *memory)
{
	if (memory == NULL)
		return;
	sodium_memzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void stop_when_idle(void *context)
{
	(void)context;
	if (web.link.count == 0 || loop_now() > stop_by_ms)
		loop_stop(web.loop);
	else
		loop_arm(web.loop, &stop_timer, STOP_POLL_MS);
}

static void begin_stop(void *context)
{
	(void)context;
	if (web.stopping)
		return;
	web.stopping = true;
	stop_by_ms = loop_now() + STOP_LIMIT_MS;
	stop_timer = (struct timer){stop_when_idle, NULL, 0, NULL};
	stop_when_idle(NULL);
}

static void on_signal(void *context, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) > 0)
		begin_stop(context);
}

/* Connections, and a few descriptors for each upload. */
static int raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -ERR_INTERNAL;
	limit.rlim_cur = limit.rlim_max < 16384 ? limit.rlim_max : 16384;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : -ERR_INTERNAL;
}

/* From here on no file can be opened but in the work folder. */
static int confine(void)
{
	int abi = landlock_abi();
	HANDLE_CLEANUP int work =
	    open(web.config->work, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -ERR_INTERNAL;
	if (abi == 0) {
		log_line(LOG_LINE_WARNING, "no-landlock");
		return 0;
	}
	return work < 0 ? -ERR_CONFIG : landlock_restrict(abi, work);
}

static int load(const struct program_arguments *arguments)
{
	static struct config_problems problems;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : 0;

	if (error == 0)
		error = config_load(arguments->config, &problems, &web.config);
	if (error == 0 && arguments->state != NULL)
		error = config_set_state(web.config, arguments->state);
	return error;
}

static int run(const struct program_arguments *arguments)
{
	HANDLE_CLEANUP int signals = -1;
	int error = program_harden();

	json_set_alloc_funcs(malloc, free_wiped);
	if (error == 0)
		error = raise_limits();
	if (error == 0)
		error = load(arguments);
	if (error == 0)
		error = program_signals(false, &signals);
	if (error != 0)
		return error;
	web.begun_ms = loop_now();
	web.loop = loop_new();
	if (web.loop == NULL ||
	    loop_watch(web.loop, signals, on_signal, NULL) == NULL)
		return -ERR_MEMORY;
	web.uploads = uploads_new(&web);
	if (web.uploads == NULL)
		return -ERR_MEMORY;
	error =
	    link_open(&web.link, web.loop, &arguments->edges, begin_stop, NULL);
	if (error == 0)
		error = server_start(&web);
	if (error == 0)
		error = confine();
	if (error == 0)
		error = loop_run(web.loop);
	/* What waits for an answer gets one before the server stops. */
	link_close(&web.link);
	server_stop(&web);
	uploads_free(web.uploads);
	config_free(web.config);
	return error;
}

int main(int argc, char **argv)
{
	struct program_arguments arguments;
	int error;

	log_open("sekisho-web");
	if (program_arguments_read(argc, argv, &arguments) != 0)
		return 64;
	error = run(&arguments);
	if (error == 0)
		return 0;
	log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return 1;
}
