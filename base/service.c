#include "base/service.h"

#include "base/handle.h"
#include "base/log.h"
#include "base/message.h"

#include <string.h>

static void on_peer(void *context, int fd)
{
	struct service *service = context;
	int error = frame_dispatch(fd, service->rules, service->rule_count,
				   service->context);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	loop_unwatch(service->loop, service->watch);
	service->watch = NULL;
	handle_close(&service->fd);
}

static int use_peer(struct service *service, int fd)
{
	if (service->fd >= 0) {
		loop_unwatch(service->loop, service->watch);
		handle_close(&service->fd);
	}
	service->fd = fd;
	service->watch = loop_watch(service->loop, fd, on_peer, service);
	if (service->watch == NULL)
		return -ERR_IO;
	if (service->on_peer != NULL)
		service->on_peer(service->context);
	return 0;
}

static int on_stop(void *context, struct frame *frame)
{
	struct service *service = context;

	(void)frame;
	loop_stop(service->loop);
	return 0;
}

/* A program that is to work by another configuration is started anew. */
static int on_reload(void *context, struct frame *frame)
{
	(void)context;
	(void)frame;
	return 0;
}

static int on_edge(void *context, struct frame *frame)
{
	struct service *service = context;
	char name[EDGE_NAME_SIZE];
	int error = edge_name_read(frame->payload, name);

	if (error != 0 || strcmp(name, service->peer) != 0)
		return -ERR_PROTOCOL;
	return use_peer(service, handle_take(&frame->fd));
}

static void on_supervisor(void *context, int fd)
{
	struct service *service = context;
	struct frame_rule rules[SERVICE_RULES_MAX] = {
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	    {MESSAGE_RELOAD, FRAME_WITHOUT_FD, on_reload},
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	};
	size_t count = 3;
	int error;

	for (size_t i = 0; i < service->more_count && count < SERVICE_RULES_MAX;
	     i++)
		rules[count++] = service->more[i];
	error = frame_dispatch(fd, rules, count, service);
	if (error != 0 && error != -ERR_UNAVAILABLE)
		loop_stop(service->loop);
}

static void on_signal(void *context, int fd)
{
	(void)fd;
	loop_stop(context);
}

int service_run(struct service *service, const struct program_edges *edges)
{
	HANDLE_CLEANUP int signals = -1;
	int supervisor = program_edge_find(edges, "supervisor");
	int peer = program_edge_find(edges, service->peer);
	int error = program_signals(0, &signals);

	service->fd = -1;
	if (error != 0)
		return error;
	if (service->loop == NULL)
		service->loop = loop_new();
	if (service->loop == NULL ||
	    loop_watch(service->loop, signals, on_signal, service->loop) ==
		NULL)
		return -ERR_MEMORY;
	if (supervisor >= 0 && loop_watch(service->loop, supervisor,
					  on_supervisor, service) == NULL)
		return -ERR_IO;
	if (peer >= 0)
		error = use_peer(service, peer);
	log_line(LOG_LINE_INFO, "started");
	return error != 0 ? error : loop_run(service->loop);
}
