/*
 * A small program that serves one peer: its loop, its signals, sekishod's words
 * and the edge to that peer, which is made anew when the peer was restarted.
 */
#ifndef SEKISHO_BASE_SERVICE_H
#define SEKISHO_BASE_SERVICE_H

#include "base/frame.h"
#include "base/loop.h"
#include "base/program.h"

enum { SERVICE_RULES_MAX = 8 };

/* Filled in by the program up to `context`; then service_run(). */
struct service {
	const char *peer;               /* the edge's name: "vault" */
	const struct frame_rule *rules; /* of what the peer may send */
	size_t rule_count;
	/* What sekishod may send besides stop, reload and edges; these handlers
	 * get the service as their context. */
	const struct frame_rule *more;
	size_t more_count;
	/* The peer has a new edge; may be NULL. */
	void (*on_peer)(void *context);
	void *context; /* of the others */
	/* --- service.c --- */
	struct loop *loop; /* may be made before, for timers */
	int fd; /* of the peer; -1: gone, until there is a new edge */
	struct watch *watch;
};

/* Serves until sekishod or a signal says stop, or sekishod is gone. */
int service_run(struct service *service,
		const struct program_edges *edges) MUST_CHECK;

#endif
