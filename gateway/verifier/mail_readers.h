/*
 * Two readers of mail, GMime and libetpan, each as a list of the parts it sees.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_MAIL_READERS_H
#define SEKISHO_GATEWAY_VERIFIER_MAIL_READERS_H

#include "base/arena.h"
#include "base/view.h"

enum { MAIL_PARTS_MAX = 5000, MAIL_DEPTH_MAX = 64, MAIL_TYPE_SIZE = 128 };

/* A part in the order of the message, messages within it included. */
struct mail_seen {
	unsigned depth;
	char type[MAIL_TYPE_SIZE]; /* "text/plain", lower case */
	bool leaf;
	struct view content;  /* of a leaf, decoded */
	const char *name;     /* of a file; "" when it has none */
	const char *boundary; /* of a multipart; "" */
	const char *disposition;
	const char *cid; /* Content-ID without its angles; "" */
};

struct mail_reading {
	struct arena *arena;
	struct mail_seen *parts;
	size_t count;
	size_t room;       /* for so many of them, now */
	const char *fault; /* why it is not complete; NULL: it is */
};

/* Warms both up, so that they open nothing afterwards. */
int mail_readers_prepare(void) MUST_CHECK;

/* Name, disposition and boundary are given by GMime alone. -ERR_MEMORY. */
int mail_read_gmime(struct view message, struct mail_reading *list) MUST_CHECK;
int mail_read_etpan(struct view message, struct mail_reading *list) MUST_CHECK;

#endif
