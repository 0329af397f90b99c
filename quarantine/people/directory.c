#include "quarantine/people/directory.h"

#include "base/frame.h"
#include "base/handle.h"

#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdatomic.h>

#include "base/banned.h"

enum { ANSWER_MS = 30000 };

/* Handed over by the loop; -1: nothing new. */
static atomic_int handed_over = -1;
static atomic_bool used;
static int edge = -1; /* the helper thread's */
static uint64_t last_id;

void directory_use(int fd)
{
	int former;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	former = atomic_exchange(&handed_over, fd);
	handle_close(&former);
	atomic_store(&used, true);
}

bool directory_is_used(void)
{
	return atomic_load(&used);
}

static void take_edge(void)
{
	int fd = atomic_exchange(&handed_over, -1);

	if (fd < 0)
		return;
	handle_close(&edge);
	edge = fd;
}

static int send_question(const char *login, const char *password)
{
	uint8_t *bytes = sodium_malloc(FRAME_PAYLOAD_MAX);
	struct buffer payload = {.data = bytes,
				 .capacity = FRAME_PAYLOAD_MAX,
				 .maximum = FRAME_PAYLOAD_MAX};
	int error;

	if (bytes == NULL)
		return -ERR_MEMORY;
	pack_string(&payload, login);
	pack_string(&payload, password);
	error = buffer_error(&payload);
	if (error == 0)
		error = frame_send(edge, MESSAGE_DIRECTORY_ASK, ++last_id,
				   buffer_contents(&payload), -1);
	sodium_free(bytes);
	return error;
}

static int read_answer(const struct frame *frame,
		       struct directory_person *ret_person)
{
	struct cursor cursor = cursor_at(frame->payload, 0);
	struct directory_person person = {0};
	uint32_t code = cursor_u32le(&cursor);

	unpack_string(&cursor, person.name, sizeof(person.name));
	unpack_string(&cursor, person.mail, sizeof(person.mail));
	unpack_string(&cursor, person.department, sizeof(person.department));
	if (frame->type != MESSAGE_DIRECTORY_ANSWER || cursor.failed ||
	    cursor_left(&cursor) != 0 || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	*ret_person = person;
	return -(int)code;
}

/* What answers an earlier question, given up on, is passed over. */
static int receive(struct directory_person *ret_person)
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
		handle_close(&frame.fd);
		if (frame.id == last_id)
			return read_answer(&frame, ret_person);
	}
}

int directory_ask(const char *login, const char *password,
		  struct directory_person *ret_person)
{
	int error;

	take_edge();
	if (edge < 0)
		return -ERR_UNAVAILABLE;
	error = send_question(login, password);
	if (error == 0)
		error = receive(ret_person);
	if (error == 0 || error == -ERR_LOGIN_REFUSED)
		return error;
	/* A new one comes when it was started again. */
	if (error != -ERR_UNAVAILABLE && error != -ERR_CONFIG)
		handle_close(&edge);
	return -ERR_UNAVAILABLE;
}
