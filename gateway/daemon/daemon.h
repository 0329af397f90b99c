/*
 * sekishod's parts:
 *   main.c      options, user, folders
 *   programs.c  the process table
 *   spawn.c     one program: its arguments, its edges, its start
 *   supervise.c starts all, restarts what ends, stops all in order
 *   reload.c    takes a changed configuration over
 */
#ifndef SEKISHO_GATEWAY_DAEMON_H
#define SEKISHO_GATEWAY_DAEMON_H

#include "base/loop.h"
#include "gateway/config/config.h"
#include "gateway/daemon/programs.h"

#include <sys/types.h>

struct daemon;

struct process {
	struct daemon *daemon;
	pid_t pid;         /* 0: not running */
	int supervisor;    /* our end of its edge; -1 */
	int listener;      /* its listening socket, kept over restarts; -1 */
	unsigned failures; /* ends in a row */
	unsigned restarts;
	bool replaced;         /* asked to end, to be started anew */
	struct timer patience; /* with that */
	uint64_t started_ms;
	struct timer restart;
};

struct daemon {
	struct loop *loop;
	struct config *config;
	const char *config_path; /* NULL: the usual place */
	const char *asked_state; /* absolute; NULL: what the file says */
	const char *definitions; /* NULL: what the configuration says */
	bool standalone;
	int client;   /* standalone: the socket of who asks; -1 */
	int programs; /* folder of the programs, O_PATH */
	int signals;
	struct process processes[PROGRAMS];
	bool stopping;
	unsigned stop_step;
	bool stop_asked; /* the program of this step */
	struct timer stop_timer;
};

/* spawn.c. -ERR_UNAVAILABLE: a peer that it cannot do without is not there. */
int spawn_program(struct daemon *daemon, enum program_index index) MUST_CHECK;

/* supervise.c: until a signal says stop. */
int supervise(struct daemon *daemon) MUST_CHECK;
bool program_wanted(const struct daemon *daemon, enum program_index index);

/* main.c: the file and the options; problems are in the log. The caller frees
 * it with config_free(). */
int daemon_configuration(const struct daemon *daemon,
			 struct config **ret_config) MUST_CHECK;

/* reload.c: on SIGHUP. A configuration that cannot be used, or that needs a
 * restart, leaves all as it was and says so in the log. */
void reload(struct daemon *daemon);

#endif
