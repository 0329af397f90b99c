#define _GNU_SOURCE
#include "gateway/cli/operator.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "gateway/cli/session.h"

#include <malloc.h>
#include <poll.h>
#include <sodium.h>

#include "base/banned.h"

enum { ANSWER_MS = 60000 };

/* Passwords pass through jansson. */
static void free_wiped(void *memory)
{
	if (memory == NULL)
		return;
	sodium_memzero(memory, malloc_usable_size(memory));
	free(memory);
}

static int send_call(int fd, const char *operation, json_t *parameters)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	HANDLE_CLEANUP int file = -1;
	struct console_call call = {.source = ""};
	int error = memory_file_new("parameters", &file);

	(void)text_copy(call.operation, sizeof(call.operation), operation);
	console_call_write(&payload, &call);
	if (error == 0 && json_dumpfd(parameters, file, JSON_COMPACT) != 0)
		error = -ERR_IO;
	if (error == 0)
		error = memory_file_seal(file);
	if (error == 0)
		error = buffer_error(&payload);
	return error != 0 ? error
			  : frame_send(fd, MESSAGE_CONSOLE, 1,
				       buffer_contents(&payload), file);
}

static int read_answer(int file, json_t **ret_answer)
{
	struct view text;
	int error = handle_map(file, &text);

	if (error != 0)
		return error;
	*ret_answer = json_loadb((const char *)text.data, text.size,
				 JSON_REJECT_DUPLICATES, NULL);
	handle_unmap(&text);
	return *ret_answer == NULL ? -ERR_PROTOCOL : 0;
}

static int receive(int fd, json_t **ret_answer)
{
	static struct frame_space space;
	HANDLE_CLEANUP int file = -1;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct frame frame = {.fd = -1};
	struct cursor cursor;
	uint32_t code;
	int error;

	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -ERR_UNAVAILABLE;
	error = frame_receive(fd, &space, &frame);
	if (error != 0)
		return error;
	file = frame.fd;
	cursor = cursor_at(frame.payload, 0);
	code = cursor_u32le(&cursor);
	if (frame.type != MESSAGE_CONSOLE_REPLY || cursor.failed ||
	    code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	if (file >= 0)
		error = read_answer(file, ret_answer);
	return error != 0 ? error : -(int)code;
}

int operator_ask(const struct config *config, const char *operation,
		 json_t *parameters, json_t **ret_answer, bool *ret_reached)
{
	HANDLE_CLEANUP int fd = -1;
	int error = socket_connect(config->run, "vault.sock", &fd);

	*ret_answer = NULL;
	*ret_reached = error == 0;
	json_set_alloc_funcs(malloc, free_wiped);
	if (error == 0)
		error = parameters == NULL
			    ? -ERR_MEMORY
			    : send_call(fd, operation, parameters);
	json_decref(parameters);
	return error != 0 ? error : receive(fd, ret_answer);
}
