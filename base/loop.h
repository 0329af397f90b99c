/*
 * The event loop of the long-lived programs: descriptors that are ready and
 * timers, one thread, callbacks in turn. A callback may add and remove watches
 * and timers, itself included.
 */
#ifndef SEKISHO_BASE_LOOP_H
#define SEKISHO_BASE_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watch;

typedef void watch_callback(void *context, int fd);
typedef void timer_callback(void *context);

/* Owned by whoever embeds it; must not move or die while it is set. */
struct timer {
	timer_callback *callback;
	void *context;
	uint64_t due_ms; /* of loop_now(); 0: not set */
	struct timer *next;
};

/* NULL when the system refuses. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Calls back while `fd` is readable or hung up. The fd stays the caller's. */
struct watch *loop_watch(struct loop *loop, int fd, watch_callback *callback,
			 void *context) MUST_CHECK;

/* Calls back while `fd` can be written to or is hung up. A descriptor has one
 * watch; to watch for both, have a second name of it. */
struct watch *loop_watch_writable(struct loop *loop, int fd,
				  watch_callback *callback,
				  void *context) MUST_CHECK;

/* The watch is not called again. NULL is fine. Before the fd is closed. */
void loop_unwatch(struct loop *loop, struct watch *watch);

/* Stops and starts calling back, to hold back a sender. */
void loop_pause(struct loop *loop, struct watch *watch, bool paused);

/* (Re)arms a timer in `ms` milliseconds; fires once. */
void loop_arm(struct loop *loop, struct timer *timer, uint64_t ms);
void loop_disarm(struct loop *loop, struct timer *timer);

/* Monotonic milliseconds, never 0. */
uint64_t loop_now(void);

/* Runs until loop_stop(); -ERR_IO when waiting fails. */
int loop_run(struct loop *loop) MUST_CHECK;
void loop_stop(struct loop *loop);

#endif
