/*
 * sekisho-broker: decides, for every object, what is done next and by whom.
 *
 * usage: sekisho-broker --edge NAME=FD... [--config FILE] [--state FOLDER]
 *                       [--no-vault]
 * Edges: supervisor, worker, decoder, opener, scanner, verifier, reader, vault,
 * folder, milter, lmtp, web,
 * listen, client.
 */
#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"
#include "gateway/broker/broker.h"

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

enum { STOP_POLL_MS = 50, STOP_LIMIT_MS = 20000 };

static void take_edge(struct broker *broker, const char *name, int fd)
{
	int index = zygote_index_of(name);
	enum channel channel = strcmp(name, "folder") == 0   ? CHANNEL_FOLDER
			       : strcmp(name, "milter") == 0 ? CHANNEL_MAIL
			       : strcmp(name, "lmtp") == 0   ? CHANNEL_MAIL
			       : strcmp(name, "web") == 0    ? CHANNEL_UPLOAD
							     : CHANNEL_COMMAND;
	bool client = channel != CHANNEL_COMMAND || strcmp(name, "client") == 0;

	if (index >= 0)
		zygote_connect(broker, (enum zygote_index)index, fd);
	else if (strcmp(name, "vault") == 0)
		vault_connect(broker, fd);
	else if (!client || intake_add_client(broker, fd, channel, true) != 0)
		handle_close(&fd);
}

static int on_edge(void *context, struct frame *frame)
{
	char name[EDGE_NAME_SIZE];
	int error = edge_name_read(frame->payload, name);

	if (error != 0)
		return error;
	take_edge(context, name, frame->fd);
	frame->fd = -1;
	return 0;
}

/* Takes nothing new and goes when nothing is under way any more, or when that
 * takes too long: what has no answer yet is submitted again after a restart. */
static void stop_when_idle(void *context)
{
	struct broker *broker = context;

	if ((broker->item_count == 0 && intake_is_told(broker)) ||
	    loop_now() > broker->stop_by_ms)
		loop_stop(broker->loop);
	else
		loop_arm(broker->loop, &broker->stop_timer, STOP_POLL_MS);
}

static void begin_stop(struct broker *broker)
{
	if (broker->stopping)
		return;
	broker->stopping = true;
	broker->stop_by_ms = loop_now() + STOP_LIMIT_MS;
	broker->stop_timer = (struct timer){stop_when_idle, broker, 0, NULL};
	later_end(broker);
	intake_resume(broker);
	stop_when_idle(broker);
}

static int on_stop(void *context, struct frame *frame)
{
	(void)frame;
	begin_stop(context);
	return 0;
}

static int on_programs(void *context, struct frame *frame)
{
	return status_programs(context, frame->payload);
}

/* Items under way keep the policy that they began with. */
static int on_reload(void *context, struct frame *frame)
{
	static struct config_problems problems;
	struct broker *broker = context;
	struct config *old = broker->config;
	struct config *now = NULL;
	int texts = -1;
	int error = config_load(broker->config_path, &problems, &now);

	(void)frame;
	if (error == 0)
		error = config_set_state(now, old->state);
	if (error == 0 && broker->vault.wanted)
		error = config_use_policies(now, &problems);
	if (error == 0)
		error = config_texts(now, &texts);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "reload-refused reason=%s",
			 error_name(error));
		config_free(now);
		return 0;
	}
	broker->config = now;
	handle_close(&broker->texts);
	broker->texts = texts;
	config_free(old);
	log_line(LOG_LINE_INFO, "reloaded");
	return 0;
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	    {MESSAGE_RELOAD, FRAME_WITHOUT_FD, on_reload},
	    {MESSAGE_PROGRAMS, FRAME_WITHOUT_FD, on_programs},
	};
	struct broker *broker = context;
	int error =
	    frame_dispatch(fd, rules, sizeof(rules) / sizeof(rules[0]), broker);

	/* Without its supervisor nothing here would be restarted. */
	if (error != 0 && error != -ERR_UNAVAILABLE)
		loop_stop(broker->loop);
}

static void on_signal(void *context, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) > 0)
		begin_stop(context);
}

static int serve(struct broker *broker, const struct program_edges *edges)
{
	HANDLE_CLEANUP int signals = -1;
	int supervisor = program_edge_find(edges, "supervisor");
	int error = program_signals(0, &signals);

	if (error != 0)
		return error;
	/* Behind the signals, which are for this thread. */
	error = digests_start(broker->loop, &broker->digests);
	if (error != 0)
		return error;
	broker->listener = program_edge_find(edges, "listen");
	if (broker->listener >= 0)
		broker->listener_watch = loop_watch(
		    broker->loop, broker->listener, intake_accept, broker);
	if (loop_watch(broker->loop, signals, on_signal, broker) == NULL)
		return -ERR_MEMORY;
	if (supervisor >= 0 &&
	    loop_watch(broker->loop, supervisor, on_supervisor, broker) == NULL)
		return -ERR_MEMORY;
	for (int i = 0; i < edges->count; i++)
		if (edges->edges[i].fd != supervisor &&
		    edges->edges[i].fd != broker->listener)
			take_edge(broker, edges->edges[i].name,
				  edges->edges[i].fd);
	return loop_run(broker->loop);
}

/* Every object under way holds a few descriptors. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			log_line(LOG_LINE_WARNING, "descriptor-limit-kept");
	}
}

static int run(struct broker *broker, const char *state,
	       const struct program_edges *edges)
{
	static struct config_problems problems;
	int error = sodium_init() < 0 ? -ERR_INTERNAL : program_harden();

	if (error == 0)
		error = config_load(broker->config_path, &problems,
				    &broker->config);
	if (error == 0 && state != NULL)
		error = config_set_state(broker->config, state);
	/* A gateway for one command has no console. */
	if (error == 0 && broker->vault.wanted)
		error = config_use_policies(broker->config, &problems);
	if (error == 0)
		error = config_texts(broker->config, &broker->texts);
	if (error != 0)
		return error;
	broker->loop = loop_new();
	if (broker->loop == NULL)
		return -ERR_MEMORY;
	raise_descriptor_limit();
	return serve(broker, edges);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {"no-vault", no_argument, NULL, 'n'},
	    {0}};
	static struct broker broker;
	struct program_edges edges = {0};
	const char *state = NULL;
	int option;
	int error;

	log_open("sekisho-broker");
	broker.begun_ms = loop_now();
	broker.vault =
	    (struct vault_link){.broker = &broker, .fd = -1, .wanted = true};
	for (int i = 0; i < ZYGOTES; i++)
		broker.zygotes[i].fd = -1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			broker.config_path = optarg;
		else if (option == 's')
			state = optarg;
		else if (option == 'n')
			broker.vault.wanted = false;
		else if (option != 'e' || program_edge_add(&edges, optarg) != 0)
			return 64;
	}
	error = run(&broker, state, &edges);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
