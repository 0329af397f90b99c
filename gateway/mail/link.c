#define _GNU_SOURCE
#include "gateway/mail/link.h"

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
	PROGRESS_SECONDS = 10,
	ASK_AGAIN_MS = 1000,
	STOP_POLL_MS = 50,
	ANSWER_MS = 10000,
	SEND_AGAIN_NS = 5000000
};

/* What a thread waits for; lies on its stack. */
struct ticket {
	uint64_t id;
	bool done;
	int error; /* when done: 0, or why nothing came */
	struct result result;
	int output;
	struct ticket *next;
};

struct mail_link {
	pthread_mutex_t lock; /* of everything below but loop and watches */
	pthread_cond_t changed;
	int broker; /* -1: being restarted */
	unsigned broker_number;
	int vault;
	struct ticket *tickets; /* at the broker */
	struct ticket *vault_tickets;
	uint64_t last_id;
	unsigned in_flight;
	unsigned in_flight_max;
	enum link_traffic traffic[DIRECTION_COUNT];
	bool stop_said; /* nothing new is taken */
	/* --- the thread's own --- */
	struct loop *loop;
	struct watch *broker_watch;
	struct watch *vault_watch;
	struct timer ask;
	int signals;
	int supervisor;
	struct link_calls calls;
	struct timer stop;
};

static void lock(struct mail_link *link)
{
	if (pthread_mutex_lock(&link->lock) != 0)
		abort();
}

static void unlock(struct mail_link *link)
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
	lock(link);
	ticket = find(link->tickets, frame->id);
	if (ticket != NULL && !ticket->done) {
		ticket->result = result;
		ticket->output = frame->fd;
		frame->fd = -1;
		finish(link, ticket, 0);
	}
	unlock(link);
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
	lock(link);
	handle_close(&link->broker);
	link->broker_number++;
	finish_all(link, link->tickets, -ERR_CANCELLED);
	unlock(link);
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
	lock(link);
	ticket = find(link->vault_tickets, frame->id);
	if (ticket != NULL)
		finish(link, ticket, -(int)code);
	unlock(link);
	return 0;
}

static int on_traffic(void *context, struct frame *frame)
{
	struct mail_link *link = context;

	if (frame->payload.size != DIRECTION_COUNT)
		return -ERR_PROTOCOL;
	lock(link);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		link->traffic[i] =
		    frame->payload.data[i] == 0 ? LINK_RUNS : LINK_STOPPED;
	unlock(link);
	return 0;
}

static void lose_vault(struct mail_link *link)
{
	loop_unwatch(link->loop, link->vault_watch);
	link->vault_watch = NULL;
	lock(link);
	handle_close(&link->vault);
	finish_all(link, link->vault_tickets, -ERR_UNAVAILABLE);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		link->traffic[i] = LINK_UNKNOWN;
	unlock(link);
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
	lock(link);
	if (broker)
		link->broker = fd;
	else
		link->vault = fd;
	unlock(link);
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

	lock(link);
	link->stop_said = true;
	unlock(link);
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

/* --- for the sessions' threads --- */

/* Waits for a change or the next moment at which the MTA wants to hear
 * something; the lock is held before and after, but not while telling it. */
static int wait_a_while(struct mail_link *link, uint64_t until_ms,
			link_progress *progress, void *context)
{
	uint64_t wake = loop_now() + PROGRESS_SECONDS * 1000ULL;
	struct timespec time;
	int error = 0;

	if (wake > until_ms)
		wake = until_ms;
	time.tv_sec = (time_t)(wake / 1000);
	time.tv_nsec = (long)(wake % 1000) * 1000000L;
	if (pthread_cond_timedwait(&link->changed, &link->lock, &time) !=
	    ETIMEDOUT)
		return 0;
	if (loop_now() >= until_ms)
		return -ERR_LIMIT_TIME;
	unlock(link);
	if (progress != NULL)
		error = progress(context);
	lock(link);
	return error;
}

static void remove_ticket(struct ticket **list, const struct ticket *ticket)
{
	while (*list != NULL && *list != ticket)
		list = &(*list)->next;
	if (*list != NULL)
		*list = ticket->next;
}

/* A socket that is full has room again in a moment. `peer` is the link's own
 * field: the edge may go meanwhile. The lock is held before and after. */
static int send_frame(struct mail_link *link, const int *peer,
		      uint64_t until_ms, enum message type, uint64_t id,
		      struct view payload, int fd)
{
	const struct timespec moment = {.tv_nsec = SEND_AGAIN_NS};
	int error = -ERR_UNAVAILABLE;

	while (*peer >= 0) {
		error = frame_send(*peer, type, id, payload, fd);
		if (error != -ERR_UNAVAILABLE || loop_now() >= until_ms)
			return error;
		unlock(link);
		(void)nanosleep(&moment, NULL);
		lock(link);
	}
	return error;
}

static int send(struct mail_link *link, const struct submission *submission,
		int content, uint64_t id, uint64_t until_ms)
{
	struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	int error;

	submission_write(&payload, submission);
	error = buffer_error(&payload);
	if (error == 0)
		error =
		    send_frame(link, &link->broker, until_ms, MESSAGE_SUBMIT,
			       id, buffer_contents(&payload), content);
	buffer_free(&payload);
	return error;
}

int mail_link_submit(struct mail_link *link,
		     const struct submission *submission, int content,
		     unsigned seconds, link_progress *progress, void *context,
		     struct result *ret_result, int *ret_output)
{
	uint64_t until = loop_now() + seconds * 1000ULL;
	struct ticket ticket = {.output = -1};
	int error = 0;

	lock(link);
	while (error == 0 && link->broker >= 0 &&
	       link->in_flight >= link->in_flight_max)
		error = wait_a_while(link, until, progress, context);
	if (error == 0 && (link->broker < 0 || link->stop_said))
		error = -ERR_UNAVAILABLE;
	ticket.id = ++link->last_id;
	if (error == 0)
		error = send(link, submission, content, ticket.id, until);
	if (error == 0) {
		ticket.next = link->tickets;
		/* Taken off the list before this returns. */
		/* cppcheck-suppress autoVariables */
		link->tickets = &ticket;
		link->in_flight++;
		while (error == 0 && !ticket.done)
			error = wait_a_while(link, until, progress, context);
		remove_ticket(&link->tickets, &ticket);
		link->in_flight--;
		(void)pthread_cond_broadcast(&link->changed);
		if (error == 0)
			error = ticket.error;
	}
	unlock(link);
	if (error != 0) {
		handle_close(&ticket.output);
		return error;
	}
	*ret_result = ticket.result;
	*ret_output = ticket.output;
	return 0;
}

/* Sends one frame to the vault and waits for its answer. */
static int ask_vault(struct mail_link *link, enum message type,
		     struct buffer *payload, unsigned seconds)
{
	uint64_t until = loop_now() + seconds * 1000ULL;
	struct ticket ticket = {.output = -1};
	int error = buffer_error(payload);

	lock(link);
	if (error == 0 && link->vault < 0)
		error = -ERR_UNAVAILABLE;
	ticket.id = ++link->last_id;
	if (error == 0)
		error = send_frame(link, &link->vault, until, type, ticket.id,
				   buffer_contents(payload), -1);
	if (error == 0) {
		ticket.next = link->vault_tickets;
		/* Taken off the list before this returns. */
		/* cppcheck-suppress autoVariables */
		link->vault_tickets = &ticket;
		while (error == 0 && !ticket.done)
			error = wait_a_while(link, until, NULL, NULL);
		remove_ticket(&link->vault_tickets, &ticket);
		if (error == 0)
			error = ticket.error;
	}
	unlock(link);
	buffer_free(payload);
	return error;
}

int mail_link_delivered(struct mail_link *link, const char *item_id,
			unsigned seconds)
{
	struct buffer payload = buffer_make(4096);

	pack_string(&payload, item_id);
	buffer_u8(&payload, STATE_DELIVERED);
	pack_string(&payload, "");
	return ask_vault(link, MESSAGE_VAULT_TRANSITION, &payload, seconds);
}

int mail_link_token(struct mail_link *link, const char *item_id,
		    int64_t version, int wrong, unsigned seconds)
{
	struct buffer payload = buffer_make(4096);

	pack_string(&payload, item_id);
	buffer_u64le(&payload, (uint64_t)version);
	buffer_u32le(&payload, (uint32_t)-wrong);
	return ask_vault(link, MESSAGE_VAULT_TOKEN, &payload, seconds);
}

void mail_link_released(const struct link_request *request, int error)
{
	struct mail_link *link = request->link;
	struct buffer payload = buffer_make(16);
	uint64_t until = loop_now() + ANSWER_MS;

	buffer_u32le(&payload, (uint32_t)-error);
	error = buffer_error(&payload);
	lock(link);
	/* Another broker knows nothing of it, or means something else. */
	if (error == 0 && request->broker == link->broker_number)
		error =
		    send_frame(link, &link->broker, until, MESSAGE_DELIVERED,
			       request->id, buffer_contents(&payload), -1);
	unlock(link);
	buffer_free(&payload);
	if (error != 0)
		log_line(LOG_LINE_WARNING, "release-not-answered reason=%s",
			 error_name(error));
}

enum link_traffic mail_link_traffic(struct mail_link *link,
				    enum direction direction)
{
	enum link_traffic traffic;

	lock(link);
	traffic = link->traffic[direction];
	unlock(link);
	return traffic;
}
