#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>

#include "base/banned.h"

static const char *const zygote_names[ZYGOTES] = {
    [ZYGOTE_WORKER] = "worker",     [ZYGOTE_DECODER] = "decoder",
    [ZYGOTE_OPENER] = "opener",     [ZYGOTE_SCANNER] = "scanner",
    [ZYGOTE_VERIFIER] = "verifier", [ZYGOTE_READER] = "reader",
    [ZYGOTE_PREVIEW] = "preview",   [ZYGOTE_OFFICE] = "office",
};

int zygote_index_of(const char *name)
{
	for (int i = 0; i < ZYGOTES; i++)
		if (strcmp(zygote_names[i], name) == 0)
			return i;
	return -1;
}

static int on_ready(void *context, struct frame *frame)
{
	struct zygote_link *link = context;

	if (frame->payload.size >= sizeof(link->state))
		return -ERR_PROTOCOL;
	if (!bytes_copy(link->state, sizeof(link->state), frame->payload))
		return -ERR_PROTOCOL;
	link->state[frame->payload.size] = '\0';
	link->ready = true;
	if (link == &link->broker->zygotes[ZYGOTE_SCANNER])
		vault_tell_definitions(link->broker);
	jobs_schedule(link->broker);
	return 0;
}

static int on_job_exit(void *context, struct frame *frame)
{
	struct zygote_link *link = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t status = cursor_u32le(&cursor);

	if (cursor.failed)
		return -ERR_PROTOCOL;
	jobs_exited(link->broker, frame->id, status);
	return 0;
}

static void disconnect(struct zygote_link *link)
{
	loop_unwatch(link->broker->loop, link->watch);
	link->watch = NULL;
	outbox_close(&link->outbox);
	handle_close(&link->fd);
	link->ready = false;
	link->state[0] = '\0';
}

static void on_readable(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_ZYGOTE_READY, FRAME_WITHOUT_FD, on_ready},
	    {MESSAGE_JOB_EXIT, FRAME_WITHOUT_FD, on_job_exit},
	};
	struct zygote_link *link = context;
	struct broker *broker = link->broker;
	int error = frame_dispatch(fd, rules, 2, link);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=%s reason=%s", link->name,
		 error_name(error));
	link->losses++;
	disconnect(link);
	jobs_lost(broker, (enum zygote_index)(link - broker->zygotes));
}

void zygote_connect(struct broker *broker, enum zygote_index index, int fd)
{
	struct zygote_link *link = &broker->zygotes[index];

	if (link->fd >= 0) {
		disconnect(link);
		jobs_lost(broker, index);
	}
	link->broker = broker;
	link->name = zygote_names[index];
	link->fd = fd;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		link->watch = loop_watch(broker->loop, fd, on_readable, link);
	if (link->watch == NULL)
		handle_close(&link->fd);
	else
		outbox_open(&link->outbox, broker->loop, fd);
}
