/*
 * Frames on their way to a peer of an event loop. A non-blocking socket that is
 * full is no reason to drop a peer that is only slow: what does not fit waits
 * here, in order, and goes out when the peer has read.
 */
#ifndef SEKISHO_BASE_OUTBOX_H
#define SEKISHO_BASE_OUTBOX_H

#include "base/frame.h"
#include "base/loop.h"

/* What waits for one peer at most; one of them ends it. */
enum { OUTBOX_FRAMES_MAX = 4096, OUTBOX_BYTES_MAX = 16 * 1024 * 1024 };

struct outgoing;

/* Owned by whoever embeds it; must not move while it is open. All zero is
 * closed. */
struct outbox {
	struct loop *loop; /* NULL: closed */
	int socket;        /* the owner's */
	int writable;      /* another name of it while something waits; -1 */
	struct watch *watch;
	struct timer again;     /* there is room, but for no descriptor */
	struct outgoing *first; /* the oldest */
	struct outgoing *last;
	size_t frames;
	size_t bytes; /* of their payloads */
};

/* `socket` is non-blocking and stays the caller's, open until
 * outbox_close(). */
void outbox_open(struct outbox *outbox, struct loop *loop, int socket);

/* What still waits is dropped. A closed one is fine. Before the socket is
 * closed. */
void outbox_close(struct outbox *outbox);

/*
 * Sends the frame or keeps it, with a descriptor of its own, until there is
 * room; `fd` stays the caller's. -ERR_CANCELLED: the peer is gone, or the
 * outbox is closed; -ERR_UNAVAILABLE: so much waits already that the peer must
 * be taken for dead, or there are no descriptors left; -ERR_MEMORY.
 */
int outbox_send(struct outbox *outbox, uint32_t type, uint64_t id,
		struct view payload, int fd) MUST_CHECK;

/* Whether everything is in the socket. */
static inline bool outbox_is_empty(const struct outbox *outbox)
{
	return outbox->first == NULL;
}

#endif
