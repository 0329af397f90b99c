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

static int send_call(int fd, const char *tenant, const char *operation,
		     json_t *parameters)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	HANDLE_CLEANUP int file = -1;
	struct console_call call = {.source = ""};
	int error = memory_file_new("parameters", &file);

	(void)text_copy(call.operation, sizeof(call.operation), operation);
	if (tenant != NULL &&
	    !text_copy(call.tenant, sizeof(call.tenant), tenant))
		return -ERR_NOT_FOUND;
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

/* One frame; what comes along in front of the reply goes to *ret_content. */
static int receive_frame(int fd, uint32_t *ret_type, uint32_t *ret_code,
			 int *ret_file)
{
	static struct frame_space space;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct frame frame = {.fd = -1};
	struct cursor cursor;
	int error;

	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -ERR_UNAVAILABLE;
	error = frame_receive(fd, &space, &frame);
	if (error != 0)
		return error;
	cursor = cursor_at(frame.payload, 0);
	*ret_type = frame.type;
	*ret_code =
	    frame.type == MESSAGE_CONSOLE_REPLY ? cursor_u32le(&cursor) : 0;
	*ret_file = frame.fd;
	return cursor.failed || *ret_code >= ERR_COUNT ? -ERR_PROTOCOL : 0;
}

static int receive(int fd, json_t **ret_answer, int *ret_content)
{
	HANDLE_CLEANUP int file = -1;
	uint32_t type = 0;
	uint32_t code = 0;
	int error = receive_frame(fd, &type, &code, &file);

	if (error == 0 && type == MESSAGE_CONSOLE_CONTENT) {
		*ret_content = handle_take(&file);
		error = receive_frame(fd, &type, &code, &file);
	}
	if (error == 0 && type != MESSAGE_CONSOLE_REPLY)
		error = -ERR_PROTOCOL;
	if (error == 0 && file >= 0)
		error = read_answer(file, ret_answer);
	return error != 0 ? error : -(int)code;
}

int operator_ask_file(const struct config *config, const char *tenant,
		      const char *operation, json_t *parameters,
		      json_t **ret_answer, int *ret_content, bool *ret_reached)
{
	HANDLE_CLEANUP int fd = -1;
	int error = socket_connect(config->run, "vault.sock", &fd);

	*ret_answer = NULL;
	*ret_content = -1;
	*ret_reached = error == 0;
	json_set_alloc_funcs(malloc, free_wiped);
	if (error == 0)
		error = parameters == NULL
			    ? -ERR_MEMORY
			    : send_call(fd, tenant, operation, parameters);
	json_decref(parameters);
	return error != 0 ? error : receive(fd, ret_answer, ret_content);
}

int operator_ask(const struct config *config, const char *tenant,
		 const char *operation, json_t *parameters, json_t **ret_answer,
		 bool *ret_reached)
{
	HANDLE_CLEANUP int content = -1;

	return operator_ask_file(config, tenant, operation, parameters,
				 ret_answer, &content, ret_reached);
}
