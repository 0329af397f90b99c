/*
 * Frames between the programs: SOCK_SEQPACKET datagrams of a header {type,
 * length, id}, a payload, and at most one file descriptor.
 *
 * Every program has one table per kind of peer that says which frames that
 * peer may send; the table IS the protocol. A frame that is malformed, not in
 * the table, or refused by its handler closes that peer and nothing else.
 */
#ifndef SEKISHO_BASE_FRAME_H
#define SEKISHO_BASE_FRAME_H

#include "base/buffer.h"
#include "base/view.h"

enum { FRAME_PAYLOAD_MAX = 60 * 1024, FRAME_HEADER_SIZE = 16 };

struct frame {
	uint32_t type; /* enum message in base/message.h */
	uint64_t id;   /* of the job, item or request it belongs to */
	struct view payload;
	int fd; /* -1: none */
};

/* A pair of connected sockets, close-on-exec. */
int frame_pair(int ret_fds[2]) MUST_CHECK;

/*
 * Sends one frame. Blocks only when the socket does; -ERR_CANCELLED when the
 * peer is gone, -ERR_UNAVAILABLE when a non-blocking socket is full, or more
 * descriptors of this user are under way than RLIMIT_NOFILE says. The fd stays
 * the caller's.
 */
int frame_send(int socket, uint32_t type, uint64_t id, struct view payload,
	       int fd) MUST_CHECK;

/* Where frame_receive() puts what came. */
struct frame_space {
	_Alignas(16) uint8_t bytes[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
};

/*
 * Receives one frame; its payload lies in `space` until the next call. The
 * caller owns the fd. -ERR_CANCELLED: the peer closed; -ERR_UNAVAILABLE:
 * nothing there on a non-blocking socket; -ERR_PROTOCOL: not a frame
 * (truncated, wrong length, two fds).
 */
int frame_receive(int socket, struct frame_space *space,
		  struct frame *ret_frame) MUST_CHECK;

/* Strings in payloads: u16 length, bytes. */
void pack_string(struct buffer *buffer, const char *text);

/*
 * Reads a string into `text` of `size` bytes with its NUL. Too long, or with
 * a NUL or invalid UTF-8 inside: the cursor fails and `text` is "".
 */
void unpack_string(struct cursor *cursor, char *text, size_t size);

/* A handler may take the fd by setting frame->fd to -1; else it is closed.
 * A negative result closes the peer. */
typedef int frame_handler(void *context, struct frame *frame);

enum frame_flags {
	FRAME_WITH_FD = 1,    /* may carry a file descriptor */
	FRAME_WITHOUT_FD = 2, /* may come without one */
	FRAME_EITHER = 3,
};

struct frame_rule {
	uint32_t type;
	enum frame_flags flags;
	frame_handler *handler;
};

/*
 * Receives one frame and runs its handler. Negative: close this peer, the
 * reason is worth a log line unless it is -ERR_CANCELLED. -ERR_UNAVAILABLE:
 * nothing there.
 */
int frame_dispatch(int socket, const struct frame_rule *rules, size_t count,
		   void *context) MUST_CHECK;

#endif
