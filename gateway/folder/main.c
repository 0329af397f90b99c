/*
 * sekisho-folder: the drop folder.
 *
 * usage: sekisho-folder --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, broker, vault.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"
#include "gateway/folder/folder.h"

#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

enum { STOP_POLL_MS = 50, STOP_LIMIT_MS = 15000 };

static struct timer stop_timer;

/* What was submitted is delivered; what is not ready by then is worked on
 * again by the next run. */
static void stop_when_idle(void *context)
{
	struct folder *folder = context;
	bool busy = false;

	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = claimed->next)
		busy = busy || claimed->state == CLAIM_SUBMITTED ||
		       claimed->state == CLAIM_TO_RECORD;
	if (!busy || loop_now() > folder->stop_by_ms)
		loop_stop(folder->loop);
	else
		loop_arm(folder->loop, &stop_timer, STOP_POLL_MS);
}

static void begin_stop(struct folder *folder)
{
	if (folder->stopping)
		return;
	folder->stopping = true;
	folder->stop_by_ms = loop_now() + STOP_LIMIT_MS;
	stop_timer = (struct timer){stop_when_idle, folder, 0, NULL};
	stop_when_idle(folder);
}

static int on_stop(void *context, struct frame *frame)
{
	(void)frame;
	begin_stop(context);
	return 0;
}

static int take_edge(struct folder *folder, const char *name, int fd)
{
	if (strcmp(name, "broker") == 0)
		return submit_connect(folder, fd);
	if (strcmp(name, "vault") == 0)
		return submit_connect_vault(folder, fd);
	return -ERR_PROTOCOL;
}

static int on_edge(void *context, struct frame *frame)
{
	char name[EDGE_NAME_SIZE];
	int error = edge_name_read(frame->payload, name);

	if (error == 0)
		error = take_edge(context, name, frame->fd);
	if (error == 0)
		frame->fd = -1;
	return error;
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	};
	struct folder *folder = context;
	int error = frame_dispatch(fd, rules, 2, folder);

	if (error != 0 && error != -ERR_UNAVAILABLE)
		loop_stop(folder->loop);
}

static void on_signal(void *context, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) > 0)
		begin_stop(context);
}

static int open_root(const char *path, int *ret_fd)
{
	struct log_text text;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		log_line(LOG_LINE_ERROR, "folder-unreachable path=%s",
			 log_quoted(&text, path));
		return -ERR_IO;
	}
	*ret_fd = fd;
	return 0;
}

static int open_folders(struct folder *folder)
{
	int error = open_root(folder->config->in, &folder->in);

	if (error == 0)
		error = open_root(folder->config->out, &folder->out);
	if (error == 0)
		error = open_root(folder->config->held, &folder->held);
	if (error == 0)
		error = claim_open(folder);
	return error;
}

static int serve(struct folder *folder, const struct program_edges *edges)
{
	HANDLE_CLEANUP int signals = -1;
	int supervisor = program_edge_find(edges, "supervisor");
	int error = program_signals(0, &signals);

	if (error == 0)
		error = open_folders(folder);
	if (error != 0)
		return error;
	if (loop_watch(folder->loop, signals, on_signal, folder) == NULL)
		return -ERR_MEMORY;
	if (supervisor >= 0 &&
	    loop_watch(folder->loop, supervisor, on_supervisor, folder) == NULL)
		return -ERR_MEMORY;
	for (int i = 0; i < edges->count && error == 0; i++)
		if (edges->edges[i].fd != supervisor)
			error = take_edge(folder, edges->edges[i].name,
					  edges->edges[i].fd);
	if (error == 0)
		error = claim_recover(folder);
	if (error != 0)
		return error;
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = claimed->next)
		if (claimed->state == CLAIM_TO_SUBMIT)
			submit_claimed(claimed);
	error = watch_begin(folder);
	return error != 0 ? error : loop_run(folder->loop);
}

static int run(struct folder *folder, const char *config_path,
	       const char *state, const struct program_edges *edges)
{
	static struct config_problems problems;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : 0;

	if (error == 0)
		error = config_load(config_path, &problems, &folder->config);
	if (error == 0 && state != NULL)
		error = config_set_state(folder->config, state);
	if (error == 0 && folder->config == NULL)
		error = -ERR_INTERNAL;
	if (error != 0)
		return error;
	folder->loop = loop_new();
	return folder->loop == NULL ? -ERR_MEMORY : serve(folder, edges);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {0}};
	static struct folder folder = {.in = -1,
				       .out = -1,
				       .held = -1,
				       .claims = -1,
				       .broker = -1,
				       .vault = -1,
				       .inotify = -1};
	struct program_edges edges = {0};
	const char *config = NULL;
	const char *state = NULL;
	int option;
	int error;

	log_open("sekisho-folder");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 's')
			state = optarg;
		else if (option != 'e' || program_edge_add(&edges, optarg) != 0)
			return 64;
	}
	error = run(&folder, config, state, &edges);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
