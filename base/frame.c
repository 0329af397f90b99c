#define _GNU_SOURCE
#include "base/frame.h"

#include "base/handle.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

struct header {
	uint32_t type;
	uint32_t length; /* of the payload, bytes */
	uint64_t id;
};

_Static_assert(sizeof(struct header) == FRAME_HEADER_SIZE, "frame header");

int frame_pair(int ret_fds[2])
{
	const int size = 512 * 1024;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return error_from_errno(errno);
	/* Best effort: smaller buffers only mean more waiting. */
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

/* Whether to try again: a socket that does not block is not waited for. */
static bool wait_for_receivers(int socket)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	int flags = fcntl(socket, F_GETFL);

	if (flags < 0 || (flags & O_NONBLOCK) != 0)
		return false;
	(void)nanosleep(&moment, NULL);
	return true;
}

int frame_send(int socket, uint32_t type, uint64_t id, struct view payload,
	       int fd)
{
	struct header header = {type, (uint32_t)payload.size, id};
	struct iovec pieces[2] = {
	    {&header, sizeof(header)},
	    {(void *)(uintptr_t)payload.data, payload.size},
	};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

	if (payload.size > FRAME_PAYLOAD_MAX)
		return -ERR_PROTOCOL;
	if (fd >= 0) {
		struct cmsghdr *item;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		item = CMSG_FIRSTHDR(&message);
		item->cmsg_level = SOL_SOCKET;
		item->cmsg_type = SCM_RIGHTS;
		item->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(item), &fd, sizeof(int));
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		/* So many descriptors of this user are under way to others, as
		 * this process may have: some receiver is slow. */
		if (errno == ETOOMANYREFS && wait_for_receivers(socket))
			continue;
		if (errno == ETOOMANYREFS)
			return -ERR_UNAVAILABLE;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return -ERR_UNAVAILABLE;
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return -ERR_CANCELLED;
		return error_from_errno(errno);
	}
	return 0;
}

/* CMSG_LEN, not CMSG_SPACE, bounds the control data: the padding of
 * CMSG_SPACE has room for a second descriptor that nobody would close. */
int frame_receive(int socket, struct frame_space *space,
		  struct frame *ret_frame)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_LEN(sizeof(int))];
	} control;
	struct iovec piece = {space->bytes, sizeof(space->bytes)};
	struct msghdr message = {
	    .msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_LEN(sizeof(int)),
	};
	HANDLE_CLEANUP int fd = -1;
	struct cmsghdr *item;
	struct header header;
	ssize_t size;

	do
		size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -ERR_UNAVAILABLE;
	if (size < 0 && errno != ECONNRESET)
		return error_from_errno(errno);
	if (size <= 0)
		return -ERR_CANCELLED;
	item = CMSG_FIRSTHDR(&message);
	if (item != NULL && item->cmsg_level == SOL_SOCKET &&
	    item->cmsg_type == SCM_RIGHTS &&
	    item->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(item), sizeof(int));
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return -ERR_PROTOCOL;
	if ((size_t)size < sizeof(header))
		return -ERR_PROTOCOL;
	memcpy(&header, space->bytes, sizeof(header));
	if (header.length != (size_t)size - sizeof(header))
		return -ERR_PROTOCOL;
	*ret_frame = (struct frame){
	    .type = header.type,
	    .id = header.id,
	    .payload = view_of(space->bytes + sizeof(header), header.length),
	    .fd = fd,
	};
	fd = -1;
	return 0;
}

void pack_string(struct buffer *buffer, const char *text)
{
	size_t size = strlen(text);

	if (size > UINT16_MAX)
		size = UINT16_MAX;
	buffer_u16le(buffer, (uint16_t)size);
	buffer_bytes(buffer, text, size);
}

void unpack_string(struct cursor *cursor, char *text, size_t size)
{
	struct view view = cursor_take(cursor, cursor_u16le(cursor));

	text[0] = '\0';
	if (view.size == 0)
		return;
	if (view.size >= size || memchr(view.data, 0, view.size) != NULL ||
	    !utf8_valid(view)) {
		cursor->failed = true;
		return;
	}
	memcpy(text, view.data, view.size);
	text[view.size] = '\0';
}

int frame_dispatch(int socket, const struct frame_rule *rules, size_t count,
		   void *context)
{
	static _Thread_local struct frame_space space;
	struct frame frame = {.fd = -1};
	int error = frame_receive(socket, &space, &frame);

	if (error != 0)
		return error;
	error = -ERR_PROTOCOL;
	for (size_t i = 0; i < count; i++) {
		if (rules[i].type != frame.type)
			continue;
		if ((rules[i].flags &
		     (frame.fd >= 0 ? FRAME_WITH_FD : FRAME_WITHOUT_FD)) != 0)
			error = rules[i].handler(context, &frame);
		break;
	}
	handle_close(&frame.fd);
	return error;
}
