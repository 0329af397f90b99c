#define _GNU_SOURCE
#include "base/outbox.h"

#include "base/handle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { AGAIN_MS = 5, SOCKET_BYTES = 32 * 1024 };

struct outgoing {
	struct outgoing *next;
	uint32_t type;
	uint64_t id;
	int fd; /* -1: none */
	size_t size;
	uint8_t payload[];
};

static void drop_first(struct outbox *outbox)
{
	struct outgoing *outgoing = outbox->first;

	outbox->first = outgoing->next;
	if (outbox->first == NULL)
		outbox->last = NULL;
	outbox->frames--;
	outbox->bytes -= outgoing->size;
	handle_close(&outgoing->fd);
	/* It may be a password. */
	explicit_bzero(outgoing->payload, outgoing->size);
	free(outgoing);
}

static void rest(struct outbox *outbox)
{
	while (outbox->first != NULL)
		drop_first(outbox);
	loop_disarm(outbox->loop, &outbox->again);
	loop_unwatch(outbox->loop, outbox->watch);
	outbox->watch = NULL;
	handle_close(&outbox->writable);
}

void outbox_close(struct outbox *outbox)
{
	if (outbox->loop == NULL)
		return;
	rest(outbox);
	outbox->loop = NULL;
}

static void flush(struct outbox *outbox)
{
	size_t before = outbox->frames;

	while (outbox->first != NULL) {
		const struct outgoing *outgoing = outbox->first;
		int error = frame_send(
		    outbox->socket, outgoing->type, outgoing->id,
		    view_of(outgoing->payload, outgoing->size), outgoing->fd);

		if (error == -ERR_UNAVAILABLE)
			break;
		/* A peer that is gone is found out by who reads from it. */
		if (error != 0) {
			rest(outbox);
			return;
		}
		drop_first(outbox);
	}
	if (outbox->first == NULL) {
		rest(outbox);
	} else if (outbox->frames == before) {
		/* Too many descriptors are under way to others: no event tells
		 * when that has changed. */
		loop_pause(outbox->loop, outbox->watch, true);
		loop_arm(outbox->loop, &outbox->again, AGAIN_MS);
	}
}

static void on_writable(void *context, int fd)
{
	(void)fd;
	flush(context);
}

static void on_again(void *context)
{
	struct outbox *outbox = context;

	loop_pause(outbox->loop, outbox->watch, false);
	flush(outbox);
}

/* The kernel bounds the descriptors that are under way for all processes of a
 * user, by the limit of the one that sends. What waits here is not under way:
 * a peer that does not read must not use that up for the others. */
void outbox_open(struct outbox *outbox, struct loop *loop, int socket)
{
	const int size = SOCKET_BYTES;

	*outbox =
	    (struct outbox){.loop = loop, .socket = socket, .writable = -1};
	outbox->again = (struct timer){on_again, outbox, 0, NULL};
	(void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* A name of its own for the socket, so that watching for room does not touch
 * how the owner watches for frames. */
static int watch_room(struct outbox *outbox)
{
	if (outbox->watch != NULL)
		return 0;
	outbox->writable = fcntl(outbox->socket, F_DUPFD_CLOEXEC, 0);
	if (outbox->writable < 0)
		return -ERR_UNAVAILABLE;
	outbox->watch = loop_watch_writable(outbox->loop, outbox->writable,
					    on_writable, outbox);
	if (outbox->watch != NULL)
		return 0;
	handle_close(&outbox->writable);
	return -ERR_MEMORY;
}

static int keep(struct outbox *outbox, uint32_t type, uint64_t id,
		struct view payload, int fd)
{
	struct outgoing *outgoing;
	int error;

	if (outbox->frames >= OUTBOX_FRAMES_MAX ||
	    outbox->bytes + payload.size > OUTBOX_BYTES_MAX)
		return -ERR_UNAVAILABLE;
	error = watch_room(outbox);
	if (error != 0)
		return error;
	outgoing = malloc(sizeof(*outgoing) + payload.size);
	if (outgoing == NULL)
		return -ERR_MEMORY;
	*outgoing = (struct outgoing){
	    .type = type, .id = id, .fd = -1, .size = payload.size};
	if (payload.size > 0)
		memcpy(outgoing->payload, payload.data, payload.size);
	if (fd >= 0) {
		outgoing->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (outgoing->fd < 0) {
			free(outgoing);
			return -ERR_UNAVAILABLE;
		}
	}
	if (outbox->last != NULL)
		outbox->last->next = outgoing;
	else
		outbox->first = outgoing;
	outbox->last = outgoing;
	outbox->frames++;
	outbox->bytes += payload.size;
	return 0;
}

int outbox_send(struct outbox *outbox, uint32_t type, uint64_t id,
		struct view payload, int fd)
{
	int error = -ERR_UNAVAILABLE;

	if (outbox->loop == NULL)
		return -ERR_CANCELLED;
	if (payload.size > FRAME_PAYLOAD_MAX)
		return -ERR_PROTOCOL;
	if (outbox->first == NULL)
		error = frame_send(outbox->socket, type, id, payload, fd);
	if (error != -ERR_UNAVAILABLE)
		return error;
	return keep(outbox, type, id, payload, fd);
}
