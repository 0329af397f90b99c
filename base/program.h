/*
 * What every program that sekishod starts has in common: edges given as
 * inherited sockets (`--edge NAME=FD`), signals, and who it runs as.
 */
#ifndef SEKISHO_BASE_PROGRAM_H
#define SEKISHO_BASE_PROGRAM_H

#include "base/error.h"

#include <stdbool.h>

enum { PROGRAM_EDGES_MAX = 16 };

struct program_edge {
	const char *name; /* points into argv */
	int fd;
};

struct program_edges {
	struct program_edge edges[PROGRAM_EDGES_MAX];
	int count;
};

/*
 * Reads one `NAME=FD` argument, checks that the descriptor is open and makes
 * it close-on-exec. -ERR_CONFIG when it is not one.
 */
int program_edge_add(struct program_edges *edges, char *argument) MUST_CHECK;

/* The edge's socket, -1 when it was not given. */
int program_edge_find(const struct program_edges *edges, const char *name);

enum program_signal_flags {
	PROGRAM_CHILDREN = 1, /* SIGCHLD too */
	PROGRAM_HANGUP = 2,   /* SIGHUP too: reads its configuration again */
};

/*
 * Ignores SIGPIPE and sets a signal descriptor that reads SIGTERM and SIGINT
 * and what `flags` (of enum program_signal_flags) adds, which are blocked from
 * then on.
 */
int program_signals(unsigned flags, int *ret_fd) MUST_CHECK;

/* Undoes program_signals() in a forked child. */
void program_signals_reset(void);

/* No core files and no debugger where keys, passwords or mail are in memory. */
int program_harden(void) MUST_CHECK;

/* A whole decimal number from `least` to `most`; -ERR_CONFIG otherwise. */
int program_number(const char *text, long least, long most,
		   long *ret_value) MUST_CHECK;

/* Tells systemd, where NOTIFY_SOCKET is set: "READY=1", "STOPPING=1". */
void program_notify(const char *state);

#endif
