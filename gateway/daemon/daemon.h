/*
 * sekishod's parts:
 *   main.c      options, user, folders
 *   programs.c  the process table
 *   spawn.c     one program: its arguments, its edges, its start
 *   supervise.c starts all, restarts what ends, stops all in order
 *   reload.c    takes a changed configuration over
 *   settings.c  tells the vault what is in force; versions of the console
 *   failures.c  tells the vault which programs ended and came back
 *   alarms.c    tells sekisho-notifier which keep falling
 */
#ifndef SEKISHO_GATEWAY_DAEMON_H
#define SEKISHO_GATEWAY_DAEMON_H

#include "base/loop.h"
#include "base/message.h"
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
	bool down;         /* it is not started again by itself */
	unsigned restarts;
	struct buffer options; /* what it was started with, but its edges */
	bool replaced;         /* asked to end, to be started anew */
	bool fell;             /* ended by itself, and is not back yet */
	bool with_broker;      /* asked to end because the broker did */
	struct timer patience; /* with that */
	uint64_t started_ms;
	struct timer restart;
};

enum {
	FAILURES_MAX = 256,
	HEALTHY_MS = 60000, /* running so long clears its failures */
};

/* What the vault is to be told of programs that ended; the oldest first. */
struct failures {
	struct program_event events[FAILURES_MAX];
	size_t count;
	uint64_t first; /* the id of events[0] */
	struct timer again;
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
	/* --- settings.c --- */
	struct watch *vault_watch;
	enum settings_reason reason; /* why what is in force is in force */
	char actor[SETTINGS_ACTOR_MAX + 1];
	struct buffer refusal; /* that the vault was not told of yet */
	int refusal_text;      /* -1 */
	struct failures failures;
	struct timer alarms;
};

/* Who wants a configuration to be taken over, and which. */
struct reload {
	enum settings_reason reason;
	const char *actor;
	const char *version; /* of the console; "": what the files say */
	struct view text;    /* of that version */
};

/* spawn.c. -ERR_UNAVAILABLE: a peer that it cannot do without is not there. */
int spawn_program(struct daemon *daemon, enum program_index index) MUST_CHECK;

/* The arguments that the program would be started with now, each with its NUL,
 * without its edges. */
void spawn_options(const struct daemon *daemon, enum program_index index,
		   struct buffer *options);

/* supervise.c: until a signal says stop. */
int supervise(struct daemon *daemon) MUST_CHECK;
bool program_wanted(const struct daemon *daemon, enum program_index index);

/* main.c: the file and the options; problems are in the log, too. The caller
 * frees it with config_free(). */
int daemon_configuration(const struct daemon *daemon,
			 struct config_problems *problems,
			 struct config **ret_config) MUST_CHECK;
void daemon_log_problems(const struct config_problems *problems);

/* reload.c: on SIGHUP, and for a version of the console. A configuration that
 * cannot be used, or that needs a restart, leaves all as it was; the log and
 * the vault's records say so. */
void reload(struct daemon *daemon, const struct reload *reload);

/* settings.c. "local:NAME" of a user of the machine. */
void settings_actor(uid_t user, char actor[SETTINGS_ACTOR_MAX + 1]);
/* The vault was started or is about to be closed. */
void settings_vault_started(struct daemon *daemon);
void settings_vault_ended(struct daemon *daemon);
/* daemon->config is in force from now on. */
void settings_taken(struct daemon *daemon, const struct reload *reload);
/* It is not: `problems` says why, else `error` and the key. `now` may be NULL.
 */
void settings_refused(struct daemon *daemon, const struct reload *reload,
		      const struct config *now,
		      const struct config_problems *problems, int error,
		      const char *key);
/* failures.c. What a former run could not tell is read in. */
void failures_load(struct daemon *daemon);
/* A program ended without having been asked to, or came back. */
void failures_ended(struct daemon *daemon, enum program_index index, int status,
		    bool stays_down);
void failures_started(struct daemon *daemon, enum program_index index);
void failures_vault_started(struct daemon *daemon);
/* It runs and reads what it is told: one that does not must not hold this
 * process up. */
bool process_takes(const struct process *process);
int failures_noted(struct daemon *daemon, uint64_t id) MUST_CHECK;

/* alarms.c: looks again and again. */
void alarms_start(struct daemon *daemon);

/* settings.c: puts a version in the place of the policies, in `now` and on the
 * disk. */
int settings_write_version(struct config *now, const struct reload *reload,
			   struct config_problems *problems) MUST_CHECK;

#endif
