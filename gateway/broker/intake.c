#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

enum { CLIENTS_MAX = 128, CLIENT_IN_FLIGHT_MAX = 64 };

static void client_close(struct client *client)
{
	struct broker *broker = client->broker;

	for (struct client **link = &broker->clients; *link;
	     link = &(*link)->next) {
		if (*link != client)
			continue;
		*link = client->next;
		break;
	}
	item_abandon_client(broker, client);
	waiting_client_gone(broker, client);
	loop_unwatch(broker->loop, client->watch);
	outbox_close(&client->outbox);
	handle_close(&client->fd);
	free(client);
}

static bool is_full(const struct client *client)
{
	return client->in_flight >= CLIENT_IN_FLIGHT_MAX ||
	       client->broker->item_count >= client->broker->config->queue ||
	       client->broker->stopping;
}

static void hold_back(struct client *client)
{
	bool full = is_full(client);

	if (full == client->paused)
		return;
	client->paused = full;
	loop_pause(client->broker->loop, client->watch, full);
}

void intake_resume(struct broker *broker)
{
	for (struct client *client = broker->clients; client;
	     client = client->next)
		hold_back(client);
}

bool intake_is_told(const struct broker *broker)
{
	for (const struct client *client = broker->clients; client;
	     client = client->next)
		if (!outbox_is_empty(&client->outbox))
			return false;
	return true;
}

static int on_submit(void *context, struct frame *frame)
{
	static struct submission submission;
	struct client *client = context;
	int error = submission_read(frame->payload, &submission);
	int fd = frame->fd;

	/* It may hold passwords. */
	sodium_memzero((void *)(uintptr_t)frame->payload.data,
		       frame->payload.size);
	if (error != 0)
		return error;
	/* Only the folder itself speaks for the folder, a door for mail. */
	submission.channel = client->channel;
	frame->fd = -1;
	error = item_begin(client->broker, client, frame->id, &submission, fd);
	sodium_memzero(&submission, sizeof(submission));
	return error;
}

static int on_status(void *context, struct frame *frame)
{
	struct client *client = context;
	HANDLE_CLEANUP int fd = -1;
	int error = status_write(client->broker, &fd);

	if (error != 0)
		return error;
	return outbox_send(&client->outbox, MESSAGE_STATUS_REPLY, frame->id,
			   (struct view){NULL, 0}, fd);
}

static void on_client(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_SUBMIT, FRAME_WITH_FD, on_submit},
	    {MESSAGE_STATUS, FRAME_WITHOUT_FD, on_status},
	    {MESSAGE_REPROCESS, FRAME_WITHOUT_FD, waiting_on_reprocess},
	    {MESSAGE_TAKEN, FRAME_WITHOUT_FD, waiting_on_taken},
	    {MESSAGE_DELIVERED, FRAME_WITHOUT_FD, waiting_on_delivered},
	};
	struct client *client = context;
	int error = frame_dispatch(fd, rules, 5, client);

	if (error != 0 && error != -ERR_UNAVAILABLE) {
		if (error != -ERR_CANCELLED)
			log_line(LOG_LINE_WARNING, "client-closed reason=%s",
				 error_name(error));
		client_close(client);
		return;
	}
	hold_back(client);
}

int intake_add_client(struct broker *broker, int fd, enum channel channel,
		      bool edge)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return -ERR_MEMORY;
	*client = (struct client){
	    .broker = broker, .fd = fd, .channel = channel, .edge = edge};
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		client->watch = loop_watch(broker->loop, fd, on_client, client);
	if (client->watch == NULL) {
		free(client);
		return -ERR_INTERNAL;
	}
	outbox_open(&client->outbox, broker->loop, fd);
	client->next = broker->clients;
	broker->clients = client;
	return 0;
}

static bool is_permitted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

void intake_accept(void *context, int listener)
{
	struct broker *broker = context;
	HANDLE_CLEANUP int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	unsigned count = 0;

	if (fd < 0)
		return;
	for (struct client *client = broker->clients; client;
	     client = client->next)
		count++;
	if (count >= CLIENTS_MAX || !is_permitted(fd)) {
		log_line(LOG_LINE_WARNING, "client-refused clients=%u", count);
		return;
	}
	if (intake_add_client(broker, fd, CHANNEL_COMMAND, false) == 0)
		(void)handle_take(&fd);
}

static void fill_result(const struct item *item, struct result *result)
{
	const struct object *original = item->original;

	*result = (struct result){
	    .verdict = item->verdict,
	    .reason = item->reason,
	    .output_bytes = original->output_bytes,
	    .removals = (uint32_t)report_removals(item->report),
	    .recorded = item->recorded,
	};
	if (item->begun_ms != 0)
		result->duration_ms = (uint32_t)(loop_now() - item->begun_ms);
	(void)snprintf(result->item_id, sizeof(result->item_id), "%s",
		       item->submission.item_id);
	(void)snprintf(result->type, sizeof(result->type), "%s",
		       original->outcome.format[0] == '\0'
			   ? "unknown"
			   : original->outcome.format);
	(void)snprintf(result->extension, sizeof(result->extension), "%s",
		       original->outcome.extension);
	(void)snprintf(result->mime, sizeof(result->mime), "%s",
		       original->outcome.mime);
	if (item->recorded)
		(void)text_copy(result->certificate,
				sizeof(result->certificate), item->certificate);
	for (size_t i = 0; i < 32; i++) {
		result->input_sha256[i] = item->input_sha256[i];
		result->output_sha256[i] = item->output_sha256[i];
	}
}

void intake_answer(struct item *item)
{
	struct client *client = item->client;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	static struct result result;
	bool passes = verdict_passes(item->verdict);
	int error = 0;

	if (client == NULL)
		return;
	client->in_flight--;
	fill_result(item, &result);
	result_write(&payload, &result);
	if (item->report_file >= 0)
		error =
		    outbox_send(&client->outbox, MESSAGE_REPORT, item->ticket,
				(struct view){NULL, 0}, item->report_file);
	if (error == 0)
		error = buffer_error(&payload);
	if (error == 0)
		error = outbox_send(&client->outbox, MESSAGE_RESULT,
				    item->ticket, buffer_contents(&payload),
				    passes ? item->original->output : -1);
	/* A client that does not take its answers has gone, or is as good as
	 * gone; what it asked for is in the vault. It is closed by its own
	 * watch: this may be running inside its handler. */
	if (error != 0) {
		log_line(LOG_LINE_WARNING, "answer-failed item=%s reason=%s",
			 item->submission.item_id, error_name(error));
		(void)shutdown(client->fd, SHUT_RDWR);
	}
}
