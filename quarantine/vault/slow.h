/*
 * The helper thread for what would block the vault: one at a time, a bounded
 * queue. Jobs are the console's (console.c) and the daily examination
 * (alarms.c).
 */
#ifndef SEKISHO_QUARANTINE_VAULT_SLOW_H
#define SEKISHO_QUARANTINE_VAULT_SLOW_H

#include "base/error.h"

enum { SLOW_JOBS_MAX = 64 };

struct slow_thread;

/* One job; owned by whoever embeds it until it is done. */
struct slow_job {
	struct slow_job *next;
	int (*work)(void *data); /* in the thread */
	/* In the vault's: `result` is what work returned, or -ERR_CANCELLED.
	 * Whatever embeds the job is its to free. */
	void (*done)(struct slow_job *job);
	void *data;
	int result;
};

/* Starts the thread; *ret_event becomes readable when jobs are done. */
int slow_start(struct slow_thread **ret_thread, int *ret_event) MUST_CHECK;

/* Waits for the job under way; what was not begun comes back by slow_done()
 * with -ERR_CANCELLED. NULL is fine. */
void slow_stop(struct slow_thread *thread);
void slow_free(struct slow_thread *thread);

/* -ERR_TOO_MANY: the queue is full. */
int slow_add(struct slow_thread *thread, struct slow_job *job) MUST_CHECK;

/* The oldest job that is done, NULL when there is none. */
struct slow_job *slow_done(struct slow_thread *thread);

#endif
