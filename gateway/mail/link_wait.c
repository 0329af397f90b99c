#define _GNU_SOURCE
#include "gateway/mail/link_internal.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <time.h>

#include "base/banned.h"

enum {
	PROGRESS_SECONDS = 10,
	ANSWER_MS = 10000,
	SEND_AGAIN_NS = 5000000,
	TRAFFIC_MS = 5000, /* until the vault has said what runs */
};

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
	link_unlock(link);
	if (progress != NULL)
		error = progress(context);
	link_lock(link);
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
		link_unlock(link);
		(void)nanosleep(&moment, NULL);
		link_lock(link);
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

	link_lock(link);
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
	link_unlock(link);
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

	link_lock(link);
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
	link_unlock(link);
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
	link_lock(link);
	/* Another broker knows nothing of it, or means something else. */
	if (error == 0 && request->broker == link->broker_number)
		error =
		    send_frame(link, &link->broker, until, MESSAGE_DELIVERED,
			       request->id, buffer_contents(&payload), -1);
	link_unlock(link);
	buffer_free(&payload);
	if (error != 0)
		log_line(LOG_LINE_WARNING, "release-not-answered reason=%s",
			 error_name(error));
}

enum link_traffic mail_link_traffic(struct mail_link *link,
				    enum direction direction)
{
	uint64_t until = loop_now() + TRAFFIC_MS;
	enum link_traffic traffic;
	int error = 0;

	link_lock(link);
	while (error == 0 && link->traffic[direction] == LINK_UNKNOWN)
		error = wait_a_while(link, until, NULL, NULL);
	traffic = link->traffic[direction];
	link_unlock(link);
	return traffic;
}
