#define _GNU_SOURCE
#include "gateway/web/link.h"

#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { DEADLINE_MS = 250, TICKETS_MAX = 8192 };

/* What is under way at a peer. */
struct link_ticket {
	struct link_ticket *next;
	uint64_t id;
	const struct edge *edge;
	uint64_t due_ms;
	link_answer *on_answer;
	link_result *on_result;
	link_reprocessed *on_reprocessed;
	void *context;
	int first; /* what came in front: a content, a report */
};

static struct link_ticket *find(struct link *link, const struct edge *edge,
				uint64_t id)
{
	for (struct link_ticket *ticket = link->tickets; ticket != NULL;
	     ticket = ticket->next)
		if (ticket->id == id && ticket->edge == edge)
			return ticket;
	return NULL;
}

static void take_out(struct link *link, const struct link_ticket *ticket)
{
	struct link_ticket **at = &link->tickets;

	while (*at != ticket)
		at = &(*at)->next;
	*at = ticket->next;
	link->count--;
}

static void ticket_free(struct link_ticket *ticket)
{
	handle_close(&ticket->first);
	free(ticket);
}

/* The callback may begin new ones: it is off the list by then. */
static void fail(struct link *link, struct link_ticket *ticket, int error)
{
	int none = -1;
	int also_none = -1;

	take_out(link, ticket);
	if (ticket->on_answer != NULL)
		ticket->on_answer(ticket->context, error, &none, &also_none);
	else if (ticket->on_result != NULL)
		ticket->on_result(ticket->context, error, NULL, &none,
				  &also_none);
	else if (ticket->on_reprocessed != NULL)
		ticket->on_reprocessed(ticket->context, error, NULL, &none);
	ticket_free(ticket);
}

static void fail_due(struct link *link, const struct edge *edge,
		     uint64_t now_ms, int error)
{
	struct link_ticket *ticket = link->tickets;

	while (ticket != NULL) {
		if ((edge == NULL || ticket->edge == edge) &&
		    ticket->due_ms <= now_ms) {
			fail(link, ticket, error);
			ticket = link->tickets;
		} else {
			ticket = ticket->next;
		}
	}
}

static void on_deadline(void *context)
{
	struct link *link = context;

	fail_due(link, NULL, loop_now(), -ERR_LIMIT_TIME);
	if (link->tickets != NULL)
		loop_arm(link->loop, &link->deadline, DEADLINE_MS);
}

static void edge_lose(struct edge *edge)
{
	struct link *link = edge->link;

	loop_unwatch(link->loop, edge->watch);
	edge->watch = NULL;
	outbox_close(&edge->outbox);
	handle_close(&edge->fd);
	fail_due(link, edge, UINT64_MAX, -ERR_UNAVAILABLE);
}

/* --- from the vault --- */

static int on_content(void *context, struct frame *frame)
{
	struct edge *edge = context;
	struct link_ticket *ticket = find(edge->link, edge, frame->id);

	if (ticket == NULL)
		return 0;
	if (ticket->first >= 0)
		return -ERR_PROTOCOL;
	ticket->first = handle_take(&frame->fd);
	return 0;
}

static int read_code(const struct frame *frame, int *ret_error)
{
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t code = cursor_u32le(&cursor);

	if (cursor.failed || cursor_left(&cursor) != 0 || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	*ret_error = -(int)code;
	return 0;
}

static int on_reply(void *context, struct frame *frame)
{
	struct edge *edge = context;
	struct link_ticket *ticket = find(edge->link, edge, frame->id);
	int said = 0;
	int error = read_code(frame, &said);

	if (error != 0 || ticket == NULL)
		return error;
	take_out(edge->link, ticket);
	ticket->on_answer(ticket->context, said, &frame->fd, &ticket->first);
	ticket_free(ticket);
	return 0;
}

/* --- from the broker --- */

static int on_result(void *context, struct frame *frame)
{
	struct edge *edge = context;
	struct link_ticket *ticket = find(edge->link, edge, frame->id);
	struct result result;
	int error = result_read(frame->payload, &result);

	if (error != 0 || verdict_passes(result.verdict) != (frame->fd >= 0))
		return -ERR_PROTOCOL;
	if (ticket == NULL || ticket->on_result == NULL)
		return 0;
	take_out(edge->link, ticket);
	ticket->on_result(ticket->context, 0, &result, &frame->fd,
			  &ticket->first);
	ticket_free(ticket);
	return 0;
}

static int on_reprocessed(void *context, struct frame *frame)
{
	struct edge *edge = context;
	struct link_ticket *ticket = find(edge->link, edge, frame->id);
	static struct reprocessed answer;
	int error = reprocessed_read(frame->payload, &answer);

	if (error != 0)
		return error;
	if (ticket == NULL || ticket->on_reprocessed == NULL)
		return 0;
	take_out(edge->link, ticket);
	ticket->on_reprocessed(ticket->context, 0, &answer, &frame->fd);
	ticket_free(ticket);
	return 0;
}

static int on_status(void *context, struct frame *frame)
{
	struct edge *edge = context;
	struct link_ticket *ticket = find(edge->link, edge, frame->id);

	if (ticket == NULL || ticket->on_answer == NULL)
		return 0;
	take_out(edge->link, ticket);
	ticket->on_answer(ticket->context, 0, &frame->fd, &ticket->first);
	ticket_free(ticket);
	return 0;
}

static const struct frame_rule vault_rules[] = {
    {MESSAGE_CONSOLE_CONTENT, FRAME_WITH_FD, on_content},
    {MESSAGE_CONSOLE_REPLY, FRAME_EITHER, on_reply},
};
static const struct frame_rule broker_rules[] = {
    {MESSAGE_REPORT, FRAME_WITH_FD, on_content},
    {MESSAGE_RESULT, FRAME_EITHER, on_result},
    {MESSAGE_REPROCESSED, FRAME_EITHER, on_reprocessed},
    {MESSAGE_STATUS_REPLY, FRAME_WITH_FD, on_status},
};

static void on_edge_ready(void *context, int fd)
{
	struct edge *edge = context;
	bool vault = edge == &edge->link->vault;
	int error = frame_dispatch(fd, vault ? vault_rules : broker_rules,
				   vault ? 2 : 4, edge);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=%s reason=%s", edge->name,
		 error_name(error));
	edge_lose(edge);
}

static int edge_take(struct link *link, const char *name, int fd)
{
	struct edge *edge = strcmp(name, "vault") == 0    ? &link->vault
			    : strcmp(name, "broker") == 0 ? &link->broker
							  : NULL;

	if (edge == NULL)
		return -ERR_PROTOCOL;
	if (edge->fd >= 0)
		edge_lose(edge);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return -ERR_IO;
	edge->watch = loop_watch(link->loop, fd, on_edge_ready, edge);
	if (edge->watch == NULL)
		return -ERR_MEMORY;
	edge->fd = fd;
	outbox_open(&edge->outbox, link->loop, fd);
	return 0;
}

static int on_edge(void *context, struct frame *frame)
{
	char name[EDGE_NAME_SIZE];
	int error = edge_name_read(frame->payload, name);

	if (error == 0)
		error = edge_take(context, name, frame->fd);
	if (error == 0)
		frame->fd = -1;
	return error;
}

static int on_stop(void *context, struct frame *frame)
{
	struct link *link = context;

	(void)frame;
	link->on_stop(link->stop_context);
	return 0;
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	};
	struct link *link = context;
	int error = frame_dispatch(fd, rules, 2, link);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	/* Without its supervisor nothing here would be restarted. */
	loop_unwatch(link->loop, link->supervisor_watch);
	link->supervisor_watch = NULL;
	link->on_stop(link->stop_context);
}

int link_open(struct link *link, struct loop *loop,
	      const struct program_edges *edges, link_stop *on_stop_asked,
	      void *context)
{
	*link = (struct link){.loop = loop,
			      .supervisor = -1,
			      .on_stop = on_stop_asked,
			      .stop_context = context};
	link->vault = (struct edge){.link = link, .name = "vault", .fd = -1};
	link->broker = (struct edge){.link = link, .name = "broker", .fd = -1};
	link->deadline = (struct timer){on_deadline, link, 0, NULL};
	for (int i = 0; i < edges->count; i++) {
		const struct program_edge *edge = &edges->edges[i];
		int error = 0;

		if (strcmp(edge->name, "supervisor") == 0) {
			link->supervisor = edge->fd;
			link->supervisor_watch =
			    loop_watch(loop, edge->fd, on_supervisor, link);
			error =
			    link->supervisor_watch == NULL ? -ERR_MEMORY : 0;
		} else {
			error = edge_take(link, edge->name, edge->fd);
		}
		if (error != 0)
			return error;
	}
	return 0;
}

void link_close(struct link *link)
{
	loop_disarm(link->loop, &link->deadline);
	if (link->vault.fd >= 0)
		edge_lose(&link->vault);
	if (link->broker.fd >= 0)
		edge_lose(&link->broker);
	loop_unwatch(link->loop, link->supervisor_watch);
	handle_close(&link->supervisor);
}

/* --- asking --- */

static struct link_ticket *begin(struct link *link, const struct edge *edge,
				 uint64_t ms, void *context)
{
	struct link_ticket *ticket;

	if (edge->fd < 0 || link->count >= TICKETS_MAX)
		return NULL;
	ticket = calloc(1, sizeof(*ticket));
	if (ticket == NULL)
		return NULL;
	*ticket = (struct link_ticket){.next = link->tickets,
				       .id = ++link->last_id,
				       .edge = edge,
				       .due_ms = loop_now() + ms,
				       .context = context,
				       .first = -1};
	link->tickets = ticket;
	link->count++;
	if (link->deadline.due_ms == 0)
		loop_arm(link->loop, &link->deadline, DEADLINE_MS);
	return ticket;
}

static uint64_t send(struct link *link, struct link_ticket *ticket,
		     enum message type, const struct buffer *payload, int fd)
{
	struct edge *edge =
	    ticket->edge == &link->vault ? &link->vault : &link->broker;
	int error = payload == NULL ? 0 : buffer_error(payload);

	if (error == 0)
		error = outbox_send(&edge->outbox, type, ticket->id,
				    payload == NULL ? (struct view){NULL, 0}
						    : buffer_contents(payload),
				    fd);
	if (error == 0)
		return ticket->id;
	take_out(link, ticket);
	ticket_free(ticket);
	return 0;
}

uint64_t link_call(struct link *link, const struct console_call *call,
		   struct view parameters, uint64_t ms, link_answer *callback,
		   void *context)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	HANDLE_CLEANUP int fd = -1;
	struct link_ticket *ticket;

	if (parameters.size > 0 &&
	    memory_file_from("console-call", parameters, &fd) != 0)
		return 0;
	ticket = begin(link, &link->vault, ms, context);
	if (ticket == NULL)
		return 0;
	ticket->on_answer = callback;
	console_call_write(&payload, call);
	return send(link, ticket, MESSAGE_CONSOLE, &payload, fd);
}

uint64_t link_submit(struct link *link, const struct submission *submission,
		     int content, uint64_t ms, link_result *callback,
		     void *context)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	struct link_ticket *ticket = begin(link, &link->broker, ms, context);
	uint64_t id;

	if (ticket == NULL)
		return 0;
	ticket->on_result = callback;
	submission_write(&payload, submission);
	id = send(link, ticket, MESSAGE_SUBMIT, &payload, content);
	if (payload.data != NULL)
		sodium_memzero(payload.data, payload.size);
	return id;
}

uint64_t link_reprocess(struct link *link, const struct reprocess *request,
			uint64_t ms, link_reprocessed *callback, void *context)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	struct link_ticket *ticket = begin(link, &link->broker, ms, context);
	uint64_t id;

	if (ticket == NULL)
		return 0;
	ticket->on_reprocessed = callback;
	reprocess_write(&payload, request);
	id = send(link, ticket, MESSAGE_REPROCESS, &payload, -1);
	if (payload.data != NULL)
		sodium_memzero(payload.data, payload.size);
	return id;
}

void link_taken(struct link *link, uint64_t id, int error)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(8);

	buffer_u32le(&payload, (uint32_t)-error);
	if (link->broker.fd < 0 || buffer_error(&payload) != 0 ||
	    outbox_send(&link->broker.outbox, MESSAGE_TAKEN, id,
			buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "taken-not-said");
}

uint64_t link_status(struct link *link, uint64_t ms, link_answer *callback,
		     void *context)
{
	struct link_ticket *ticket = begin(link, &link->broker, ms, context);

	if (ticket == NULL)
		return 0;
	ticket->on_answer = callback;
	return send(link, ticket, MESSAGE_STATUS, NULL, -1);
}

void link_forget(struct link *link, uint64_t id)
{
	for (struct link_ticket *ticket = link->tickets; ticket != NULL;
	     ticket = ticket->next) {
		if (ticket->id != id)
			continue;
		take_out(link, ticket);
		ticket_free(ticket);
		return;
	}
}
