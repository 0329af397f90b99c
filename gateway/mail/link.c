#define _GNU_SOURCE
#include "gateway/mail/link_internal.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	ASK_AGAIN_MS = 1000,
	STOP_POLL_MS = 50,
};

void link_lock(struct mail_link *link)
{
	if (pthread_mutex_lock(&link->lock) != 0)
		abort();
}

void link_unlock(struct mail_link *link)
{
	if (pthread_mutex_unlock(&link->lock) != 0)
		abort();
}

static struct ticket *find(struct ticket *list, uint64_t id)
{
	while (list != NULL && list->id != id)
		list = list->next;
	return list;
}

static void finish(struct mail_link *link, struct ticket *ticket, int error)
{
	ticket->done = true;
	ticket->error = error;
	(void)pthread_cond_broadcast(&link->changed);
}

static void finish_all(struct mail_link *link, struct ticket *list, int error)
{
	for (; list != NULL; list = list->next)
		if (!list->done)
			finish(link, list, error);
}

/* --- from the broker --- */

static int on_report(void *context, struct frame *frame)
{
	(void)context;
	(void)frame; /* it is in the vault; closed by the dispatcher */
	return 0;
}

static int on_result(void *context, struct frame *frame)
{
	struct mail_link *link = context;
	struct ticket *ticket;
	struct result result;
	int error = result_read(frame->payload, &result);

	if (error != 0)
		return error;
	if (verdict_passes(result.verdict) != (frame->fd >= 0))
		return -ERR_PROTOCOL;
	link_lock(link);
	ticket = find(link->tickets, frame->id);
	if (ticket != NULL && !ticket->done) {
		ticket->result = result;
		ticket->output = frame->fd;
		frame->fd = -1;
		finish(link, ticket, 0);
	}
	link_unlock(link);
	return 0;
}

static int on_deliver(void *context, struct frame *frame)
{
	static struct handover handover;
	struct mail_link *link = context;
	struct link_request request = {
	    .link = link, .id = frame->id, .broker = link->broker_number};
	int error = handover_read(frame->payload, &handover);

	if (error != 0 || link->calls.on_deliver == NULL)
		return -ERR_PROTOCOL;
	link->calls.on_deliver(link->calls.context, &request, &handover,
			       handle_take(&frame->fd));
	return 0;
}

static void lose_broker(struct mail_link *link)
{
	loop_unwatch(link->loop, link->broker_watch);
	link->broker_watch = NULL;
	link_lock(link);
	handle_close(&link->broker);
	link->broker_number++;
	finish_all(link, link->tickets, -ERR_CANCELLED);
	link_unlock(link);
}

static void on_broker(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_REPORT, FRAME_WITH_FD, on_report},
	    {MESSAGE_RESULT, FRAME_EITHER, on_result},
	    {MESSAGE_DELIVER_REPORT, FRAME_WITH_FD, on_report},
	    {MESSAGE_DELIVER, FRAME_WITH_FD, on_deliver},
	};
	struct mail_link *link = context;
	int error = frame_dispatch(fd, rules, 4, link);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=broker reason=%s",
		 error_name(error));
	lose_broker(link);
}

/* --- from the vault --- */

static int on_ack(void *context, struct frame *frame)
{
	struct mail_link *link = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t code = cursor_u32le(&cursor);
	struct ticket *ticket;

	if (cursor.failed || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	link_lock(link);
	ticket = find(link->vault_tickets, frame->id);
	if (ticket != NULL)
		finish(link, ticket, -(int)code);
	link_unlock(link);
	return 0;
}

static int on_traffic(void *context, struct frame *frame)
{
	struct mail_link *link = context;

	if (frame->payload.size != DIRECTION_COUNT)
		return -ERR_PROTOCOL;
	link_lock(link);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		link->traffic[i] =
		    frame->payload.data[i] == 0 ? LINK_RUNS : LINK_STOPPED;
	(void)pthread_cond_broadcast(&link->changed);
	link_unlock(link);
	return 0;
}

static void lose_vault(struct mail_link *link)
{
	loop_unwatch(link->loop, link->vault_watch);
	link->vault_watch = NULL;
	link_lock(link);
	handle_close(&link->vault);
	finish_all(link, link->vault_tickets, -ERR_UNAVAILABLE);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		link->traffic[i] = LINK_UNKNOWN;
	link_unlock(link);
}

static void on_vault(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_VAULT_ACK, FRAME_WITHOUT_FD, on_ack},
	    {MESSAGE_VAULT_TRAFFIC_STATE, FRAME_WITHOUT_FD, on_traffic},
	};
	struct mail_link *link = context;
	int error = frame_dispatch(fd, rules, 2, link);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=vault reason=%s",
		 error_name(error));
	lose_vault(link);
}

/* Changes are told at once; asking is for what was told while this program
 * could not hear it. */
static void ask_traffic(void *context)
{
	struct mail_link *link = context;

	if (link->vault < 0)
		return;
	if (frame_send(link->vault, MESSAGE_VAULT_TRAFFIC_ASK, 0,
		       (struct view){NULL, 0}, -1) != 0)
		log_line(LOG_LINE_WARNING, "traffic-not-asked");
	loop_arm(link->loop, &link->ask, ASK_AGAIN_MS);
}

/* --- edges --- */

static struct watch *watch(struct mail_link *link, int fd,
			   watch_callback *callback)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0
		   ? loop_watch(link->loop, fd, callback, link)
		   : NULL;
}

static int take_edge(struct mail_link *link, const char *name, int fd)
{
	bool broker = strcmp(name, "broker") == 0;
	struct watch *added;

	if (!broker && strcmp(name, "vault") != 0)
		return -ERR_PROTOCOL;
	if (broker && link->broker >= 0)
		lose_broker(link);
	if (!broker && link->vault >= 0)
		lose_vault(link);
	added = watch(link, fd, broker ? on_broker : on_vault);
	if (added == NULL)
		return -ERR_MEMORY;
	link_lock(link);
	if (broker)
		link->broker = fd;
	else
		link->vault = fd;
	link_unlock(link);
	if (broker) {
		link->broker_watch = added;
	} else {
		link->vault_watch = added;
		ask_traffic(link);
	}
	return 0;
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

static void say_stop(void *context)
{
	struct mail_link *link = context;

	link_lock(link);
	link->stop_said = true;
	link_unlock(link);
	link->calls.on_stop(link->calls.context);
	loop_arm(link->loop, &link->stop, STOP_POLL_MS);
}

static int on_stop_frame(void *context, struct frame *frame)
{
	(void)frame;
	say_stop(context); /* once more does no harm */
	return 0;
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop_frame},
	};
	struct mail_link *link = context;
	int error = frame_dispatch(fd, rules, 2, link);

	/* Without its supervisor nothing here would be restarted. */
	if (error != 0 && error != -ERR_UNAVAILABLE)
		_exit(1);
}

static void on_signal(void *context, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) > 0)
		say_stop(context);
}

static void *run(void *context)
{
	struct mail_link *link = context;

	if (loop_run(link->loop) != 0)
		log_line(LOG_LINE_ERROR, "link-ended");
	_exit(1);
}

static int start(struct mail_link *link, const struct program_edges *edges)
{
	int supervisor = program_edge_find(edges, "supervisor");
	pthread_t thread;

	link->loop = loop_new();
	if (link->loop == NULL || program_signals(0, &link->signals) != 0 ||
	    loop_watch(link->loop, link->signals, on_signal, link) == NULL)
		return -ERR_INTERNAL;
	for (int i = 0; i < edges->count; i++) {
		const struct program_edge *edge = &edges->edges[i];
		int error = 0;

		if (edge->fd == supervisor)
			error = loop_watch(link->loop, supervisor,
					   on_supervisor, link) == NULL
				    ? -ERR_MEMORY
				    : 0;
		else
			error = take_edge(link, edge->name, edge->fd);
		if (error != 0)
			return error;
	}
	if (pthread_create(&thread, NULL, run, link) != 0 ||
	    pthread_detach(thread) != 0)
		return -ERR_INTERNAL;
	return 0;
}

struct mail_link *mail_link_new(const struct config *config,
				const struct program_edges *edges,
				const struct link_calls *calls)
{
	struct mail_link *link = calloc(1, sizeof(*link));
	pthread_condattr_t monotonic;

	if (link == NULL)
		return NULL;
	*link = (struct mail_link){
	    .broker = -1,
	    .vault = -1,
	    .in_flight_max = config->mail.in_flight,
	    .traffic = {LINK_UNKNOWN, LINK_UNKNOWN},
	    .calls = *calls,
	};
	link->ask = (struct timer){ask_traffic, link, 0, NULL};
	link->stop = (struct timer){say_stop, link, 0, NULL};
	if (pthread_mutex_init(&link->lock, NULL) != 0 ||
	    pthread_condattr_init(&monotonic) != 0 ||
	    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&link->changed, &monotonic) != 0 ||
	    start(link, edges) != 0) {
		free(link);
		return NULL;
	}
	return link;
}
