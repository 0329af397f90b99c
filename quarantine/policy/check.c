#include "quarantine/policy/check.h"

#include "base/frame.h"
#include "base/handle.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/banned.h"

enum { ANSWER_MS = 20000 };

/* Handed over by the loop; -1: nothing new. */
static atomic_int handed_over = -1;
static int edge = -1; /* the helper thread's */
static uint64_t last_id;

void policy_check_use(int fd)
{
	int former;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	former = atomic_exchange(&handed_over, fd);
	handle_close(&former);
}

static void take_edge(void)
{
	int fd = atomic_exchange(&handed_over, -1);

	if (fd < 0)
		return;
	handle_close(&edge);
	edge = fd;
}

static int ask(struct view text)
{
	HANDLE_CLEANUP int fd = -1;
	int error = memory_file_from("policies", text, &fd);

	return error == 0 ? frame_send(edge, MESSAGE_POLICY_CHECK, ++last_id,
				       (struct view){NULL, 0}, fd)
			  : error;
}

static int read_answer(struct frame *frame, int *ret_fd)
{
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t code = cursor_u32le(&cursor);
	uint64_t size;

	if (frame->type != MESSAGE_POLICY_CHECKED || cursor.failed ||
	    cursor_left(&cursor) != 0 || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	if (code != 0)
		return -ERR_UNAVAILABLE;
	if (frame->fd < 0 || handle_size(frame->fd, &size) != 0 ||
	    size > POLICY_ANSWER_MAX || !memory_file_is_sealed(frame->fd))
		return -ERR_PROTOCOL;
	*ret_fd = handle_take(&frame->fd);
	return 0;
}

/* What answers an earlier question, given up on, is passed over. */
static int receive(int *ret_fd)
{
	static struct frame_space space;
	struct pollfd wait = {.fd = edge, .events = POLLIN};
	struct frame frame = {.fd = -1};

	for (;;) {
		int error;

		if (poll(&wait, 1, ANSWER_MS) != 1)
			return -ERR_UNAVAILABLE;
		error = frame_receive(edge, &space, &frame);
		if (error != 0)
			return error;
		error = frame.id == last_id ? read_answer(&frame, ret_fd) : 1;
		handle_close(&frame.fd);
		if (error <= 0)
			return error;
	}
}

int policy_check(struct view text, int *ret_fd)
{
	int error;

	take_edge();
	if (edge < 0)
		return -ERR_UNAVAILABLE;
	error = ask(text);
	if (error == 0)
		error = receive(ret_fd);
	if (error == 0)
		return 0;
	/* A new one comes when it was started again. */
	if (error != -ERR_UNAVAILABLE)
		handle_close(&edge);
	return -ERR_UNAVAILABLE;
}
