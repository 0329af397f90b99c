/*
 * One LMTP session (RFC 2033). Each recipient is answered only after the next
 * server has said 250 for it, so that a queue stands behind every message at
 * any moment: the one in front until then, the one behind from then on.
 */
#ifndef SEKISHO_GATEWAY_LMTP_SESSION_H
#define SEKISHO_GATEWAY_LMTP_SESSION_H

#include "gateway/mail/door.h"

struct lmtp {
	struct door door;
	char next_hop[4096]; /* endpoint.h */
};

/* Serves the connection until it ends, and closes it. */
void session_serve(struct lmtp *lmtp, int fd);

#endif
