#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 64 };

struct watch {
	int fd;
	uint32_t events;
	bool dead;
	watch_callback *callback;
	void *context;
	struct watch *next_dead;
};

struct loop {
	int epoll;
	bool stopped;
	struct timer *timers; /* armed, in no order: there are few */
	struct watch *dead;   /* freed when no event can name them any more */
};

uint64_t loop_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 +
	       1;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void free_dead(struct loop *loop)
{
	while (loop->dead != NULL) {
		struct watch *watch = loop->dead;

		loop->dead = watch->next_dead;
		free(watch);
	}
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	free_dead(loop);
	(void)close(loop->epoll);
	free(loop);
}

static struct watch *watch_for(struct loop *loop, int fd, uint32_t events,
			       watch_callback *callback, void *context)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (watch == NULL)
		return NULL;
	*watch = (struct watch){.fd = fd,
				.events = events,
				.callback = callback,
				.context = context};
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		free(watch);
		return NULL;
	}
	return watch;
}

struct watch *loop_watch(struct loop *loop, int fd, watch_callback *callback,
			 void *context)
{
	return watch_for(loop, fd, EPOLLIN, callback, context);
}

struct watch *loop_watch_writable(struct loop *loop, int fd,
				  watch_callback *callback, void *context)
{
	return watch_for(loop, fd, EPOLLOUT, callback, context);
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	if (watch == NULL || watch->dead)
		return;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->dead = true;
	watch->next_dead = loop->dead;
	loop->dead = watch;
}

void loop_pause(struct loop *loop, struct watch *watch, bool paused)
{
	struct epoll_event event = {.data.ptr = watch};

	if (watch == NULL || watch->dead)
		return;
	event.events = paused ? 0 : watch->events;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_disarm(struct loop *loop, struct timer *timer)
{
	for (struct timer **link = &loop->timers; *link;
	     link = &(*link)->next) {
		if (*link != timer)
			continue;
		*link = timer->next;
		break;
	}
	timer->due_ms = 0;
	timer->next = NULL;
}

void loop_arm(struct loop *loop, struct timer *timer, uint64_t ms)
{
	loop_disarm(loop, timer);
	timer->due_ms = loop_now() + ms;
	timer->next = loop->timers;
	loop->timers = timer;
}

/* Milliseconds until the first timer is due; -1: none is armed. */
static int wait_time(const struct loop *loop)
{
	const uint64_t longest = 60 * 1000;
	uint64_t now = loop_now();
	uint64_t wait = longest;

	if (loop->timers == NULL)
		return -1;
	for (struct timer *timer = loop->timers; timer; timer = timer->next) {
		if (timer->due_ms <= now)
			return 0;
		if (timer->due_ms - now < wait)
			wait = timer->due_ms - now;
	}
	return (int)wait;
}

static struct timer *first_due(struct loop *loop, uint64_t now)
{
	struct timer *due = NULL;

	for (struct timer *timer = loop->timers; timer; timer = timer->next)
		if (timer->due_ms <= now &&
		    (due == NULL || timer->due_ms < due->due_ms))
			due = timer;
	return due;
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	loop->stopped = false;
	while (!loop->stopped) {
		int count = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE,
				       wait_time(loop));
		uint64_t now = loop_now();
		struct timer *timer;

		if (count < 0 && errno != EINTR)
			return -ERR_IO;
		for (int i = 0; i < count; i++) {
			struct watch *watch = events[i].data.ptr;

			if (!watch->dead)
				watch->callback(watch->context, watch->fd);
		}
		while ((timer = first_due(loop, now)) != NULL) {
			loop_disarm(loop, timer);
			timer->callback(timer->context);
		}
		free_dead(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
