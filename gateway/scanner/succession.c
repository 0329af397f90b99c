#define _GNU_SOURCE
#include "gateway/scanner/control_state.h"

#include "base/handle.h"
#include "base/log.h"
#include "gateway/scanner/launch.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/banned.h"

enum { RETRY_MS_FIRST = 500, RETRY_MS_MAX = 30000 };

static void retire(struct generation *generation)
{
	struct control *control = generation->control;

	loop_unwatch(control->loop, generation->watch);
	generation->watch = NULL;
	handle_close(&generation->socket);
	if (control->current == generation)
		control->current = NULL;
	if (control->next == generation)
		control->next = NULL;
}

static void retry_later(struct control *control)
{
	uint64_t wait = control->retry_ms;

	if (wait < RETRY_MS_FIRST)
		wait = RETRY_MS_FIRST;
	control->retry_ms = wait * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : wait * 2;
	loop_arm(control->loop, &control->retry, wait);
}

static void set_failure(struct control *control, const char *why)
{
	(void)snprintf(control->reload_failure, sizeof(control->reload_failure),
		       "%s", why);
}

/* A generation is gone: what it had under way is over. */
static void lose(struct generation *generation)
{
	struct control *control = generation->control;
	bool was_current = control->current == generation;
	bool was_next = control->next == generation;

	retire(generation);
	if (generation->process > 0)
		(void)kill(generation->process, SIGKILL);
	jobs_end_all(generation);
	if (control->stopping || (!was_current && !was_next))
		return;
	log_line(LOG_LINE_ERROR, "scanner-process-lost process=%d",
		 (int)generation->process);
	if (was_current && generation->ready) {
		succession_start(control);
	} else if (was_current) {
		retry_later(control);
	} else {
		set_failure(control, "the new process ended while loading");
		if (control->current != NULL && control->current->ready)
			control_announce(control, true);
	}
}

void succession_drain(struct generation *generation)
{
	const struct control *control = generation->control;

	if (generation != control->current && generation != control->next &&
	    generation->jobs == 0)
		retire(generation);
}

/* The old generation goes on when the new one is of no use. */
static void take_over(struct generation *generation)
{
	struct control *control = generation->control;
	struct generation *old = control->current;

	control->next = NULL;
	control->retry_ms = 0;
	if (old != NULL && old != generation && old->condition.error == 0 &&
	    generation->condition.error != 0) {
		set_failure(control, generation->condition.detail.text);
		retire(generation);
	} else {
		set_failure(control, "");
		control->current = generation;
		if (old != NULL)
			succession_drain(old);
	}
	control_announce(control, true);
}

static int on_ready(void *context, struct frame *frame)
{
	struct generation *generation = context;
	int error = generation->ready ? -ERR_PROTOCOL : 0;

	if (error == 0)
		error = condition_read(frame->payload, &generation->condition);
	if (error != 0)
		return error;
	generation->ready = true;
	take_over(generation);
	return 0;
}

static int on_exit_of_job(void *context, struct frame *frame)
{
	struct generation *generation = context;
	struct control *control = generation->control;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t status = cursor_u32le(&cursor);
	int error = cursor.failed ? -ERR_PROTOCOL : 0;

	if (error == 0)
		error = jobs_end(generation, frame->id, status);
	if (error != 0)
		return error;
	succession_drain(generation);
	if (control->stopping && !jobs_any(control))
		loop_stop(control->loop);
	return 0;
}

static void on_generation(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_ZYGOTE_READY, FRAME_WITHOUT_FD, on_ready},
	    {MESSAGE_JOB_EXIT, FRAME_WITHOUT_FD, on_exit_of_job},
	};
	struct generation *generation = context;
	int error = frame_dispatch(fd, rules, 2, generation);

	if (error != 0 && error != -ERR_UNAVAILABLE)
		lose(generation);
}

static struct generation *free_generation(struct control *control)
{
	for (int i = 0; i < GENERATIONS_MAX; i++) {
		struct generation *generation = &control->generations[i];

		if (generation->process == 0 && generation->socket < 0)
			return generation;
	}
	return NULL;
}

/* The first generation takes scans before it is ready: they wait in its
 * socket until it has loaded. */
static int start(struct control *control, struct generation *generation)
{
	int error;

	*generation = (struct generation){.control = control, .socket = -1};
	error = launch_generation(&control->options->generation,
				  &generation->process, &generation->socket);
	if (error != 0)
		return error;
	generation->watch = loop_watch(control->loop, generation->socket,
				       on_generation, generation);
	if (generation->watch == NULL) {
		handle_close(&generation->socket);
		return -ERR_IO;
	}
	control->next = generation;
	if (control->current == NULL)
		control->current = generation;
	return 0;
}

void succession_start(struct control *control)
{
	struct generation *generation = free_generation(control);
	int error = -ERR_UNAVAILABLE;

	if (control->next != NULL)
		return;
	if (generation != NULL)
		error = start(control, generation);
	if (error == 0)
		return;
	log_line(LOG_LINE_ERROR, "scanner-process-not-started reason=%s",
		 error_name(error));
	retry_later(control);
}

void succession_reap(struct control *control)
{
	pid_t process;

	while ((process = waitpid(-1, NULL, WNOHANG)) > 0)
		for (int i = 0; i < GENERATIONS_MAX; i++)
			if (control->generations[i].process == process)
				control->generations[i].process = 0;
}
