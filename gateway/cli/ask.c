#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/session.h"

#include <poll.h>

#include "base/banned.h"

enum { ANSWER_MS = 10000 };

static int parse(int fd, json_t **ret)
{
	struct view text;
	json_t *value;
	int error = handle_map(fd, &text);

	if (error != 0)
		return error;
	value = json_loadb((const char *)text.data, text.size,
			   JSON_REJECT_DUPLICATES, NULL);
	handle_unmap(&text);
	if (value == NULL)
		return -ERR_PROTOCOL;
	*ret = value;
	return 0;
}

int ask(const struct config *config, const char *name, uint32_t request,
	struct view payload, uint32_t answer, json_t **ret)
{
	static struct frame_space space;
	HANDLE_CLEANUP int fd = -1;
	HANDLE_CLEANUP int file = -1;
	struct pollfd wait = {.events = POLLIN};
	struct frame frame = {.fd = -1};
	int error = socket_connect(config->run, name, &fd);

	if (error == 0)
		error = frame_send(fd, request, 1, payload, -1);
	if (error != 0)
		return error;
	wait.fd = fd;
	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -ERR_UNAVAILABLE;
	error = frame_receive(fd, &space, &frame);
	if (error != 0)
		return error;
	file = frame.fd;
	if (frame.type == MESSAGE_VAULT_ACK && frame.payload.size == 4) {
		struct cursor cursor = cursor_at(frame.payload, 0);
		uint32_t code = cursor_u32le(&cursor);

		if (code == 0 && answer == MESSAGE_NONE)
			return 0; /* nothing else is waited for */
		return code > 0 && code < ERR_COUNT ? -(int)code
						    : -ERR_PROTOCOL;
	}
	if (frame.type != answer || file < 0)
		return -ERR_PROTOCOL;
	return parse(file, ret);
}
