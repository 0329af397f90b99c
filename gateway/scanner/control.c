#define _GNU_SOURCE
#include "gateway/scanner/control_state.h"

#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { COMPLAIN_AGAIN_MS = 3600 * 1000 };

static int64_t now_seconds(void)
{
	return (int64_t)time(NULL);
}

static void log_state(struct control *control, const char *state,
		      const struct condition *condition)
{
	bool good = strcmp(state, "ok") == 0 && !control->reload_failure[0];
	struct log_text detail = {0};
	struct log_text failure = {0};

	control->complained_ms = loop_now();
	log_line(good ? LOG_LINE_INFO : LOG_LINE_ERROR,
		 "definitions state=%s signatures=%u age_hours=%u detail=%s "
		 "reload_failure=%s",
		 state, condition->signatures,
		 definitions_age_hours(condition->time, now_seconds()),
		 log_quoted(&detail, condition->detail.text),
		 log_quoted(&failure, control->reload_failure));
}

void control_announce(struct control *control, bool always)
{
	const struct condition *condition = &control->current->condition;
	uint32_t max_age = control->options->generation.max_age_hours;
	const char *state = condition_state(condition, now_seconds(), max_age);
	const char *failure = control->reload_failure;
	BUFFER_CLEANUP struct buffer json = buffer_make(CONDITION_JSON_MAX);
	bool bad = strcmp(state, "ok") != 0 || failure[0] != '\0';
	int error;

	if (bad && loop_now() - control->complained_ms > COMPLAIN_AGAIN_MS)
		always = true;
	if (!always && strcmp(state, control->state) == 0)
		return;
	(void)snprintf(control->state, sizeof(control->state), "%s", state);
	log_state(control, state, condition);
	condition_to_json(&json, condition, now_seconds(), max_age,
			  failure[0] != '\0' ? failure : NULL);
	error = buffer_error(&json);
	if (error == 0)
		error =
		    frame_send(control->options->broker, MESSAGE_ZYGOTE_READY,
			       0, buffer_contents(&json), -1);
	if (error != 0)
		loop_stop(control->loop);
}

/* The folder as 32 bytes; a folder without definitions has a value too. */
static void look(const struct control *control, uint8_t ret_look[32])
{
	static struct definitions definitions;
	int error = definitions_survey(control->options->generation.definitions,
				       &definitions);

	for (size_t i = 0; i < 32; i++)
		ret_look[i] =
		    error == 0 ? definitions.fingerprint[i] : (uint8_t)-error;
}

void control_reload(struct control *control)
{
	look(control, control->seen);
	for (size_t i = 0; i < sizeof(control->seen); i++)
		control->loaded[i] = control->seen[i];
	succession_start(control);
}

static void on_poll(void *context)
{
	struct control *control = context;
	uint8_t now[32];
	bool rests;

	look(control, now);
	rests = memcmp(now, control->seen, sizeof(now)) == 0;
	for (size_t i = 0; i < sizeof(now); i++)
		control->seen[i] = now[i];
	if (rests && memcmp(now, control->loaded, sizeof(now)) != 0 &&
	    control->next == NULL && !control->stopping)
		control_reload(control);
	if (control->current != NULL && control->current->ready)
		control_announce(control, false);
	loop_arm(control->loop, &control->poll,
		 (uint64_t)control->options->poll_seconds * 1000);
}

static void on_retry(void *context)
{
	succession_start(context);
}

static void stop(struct control *control)
{
	control->stopping = true;
	if (!jobs_any(control))
		loop_stop(control->loop);
}

static int on_stop(void *context, struct frame *frame)
{
	(void)frame;
	stop(context);
	return 0;
}

static int on_reload(void *context, struct frame *frame)
{
	(void)frame;
	control_reload(context);
	return 0;
}

static void on_signal(void *context, int fd)
{
	struct control *control = context;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			stop(control);
	succession_reap(control);
}

/* An edge that closes, or breaks its rules, ends the program: sekishod
 * starts it anew with edges that work. */
static void serve_edge(struct control *control, int fd,
		       const struct frame_rule *rules, size_t count)
{
	int error = frame_dispatch(fd, rules, count, control);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	if (error != -ERR_CANCELLED)
		log_line(LOG_LINE_ERROR, "edge-closed reason=%s",
			 error_name(error));
	loop_stop(control->loop);
}

static void on_broker(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_JOB_START, FRAME_WITH_FD, jobs_on_start},
	    {MESSAGE_JOB_KILL, FRAME_WITHOUT_FD, jobs_on_kill},
	};

	serve_edge(context, fd, rules, sizeof(rules) / sizeof(rules[0]));
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	    {MESSAGE_RELOAD, FRAME_WITHOUT_FD, on_reload},
	};

	serve_edge(context, fd, rules, sizeof(rules) / sizeof(rules[0]));
}

static int watch_edges(struct control *control)
{
	const struct control_options *options = control->options;
	struct watch **watches = control->edges;
	int error = program_signals(PROGRAM_CHILDREN, &control->signals);

	if (error != 0)
		return error;
	watches[0] =
	    loop_watch(control->loop, control->signals, on_signal, control);
	watches[1] =
	    loop_watch(control->loop, options->broker, on_broker, control);
	if (options->supervisor >= 0)
		watches[2] = loop_watch(control->loop, options->supervisor,
					on_supervisor, control);
	if (watches[0] == NULL || watches[1] == NULL ||
	    (options->supervisor >= 0 && watches[2] == NULL))
		return -ERR_IO;
	return 0;
}

static void close_all(struct control *control)
{
	for (size_t i = 0; i < EDGES_MAX; i++)
		loop_unwatch(control->loop, control->edges[i]);
	/* Generations end when their sockets close, at the latest with this
	 * process. */
	for (int i = 0; i < GENERATIONS_MAX; i++) {
		loop_unwatch(control->loop, control->generations[i].watch);
		handle_close(&control->generations[i].socket);
	}
	handle_close(&control->signals);
}

int control_serve(const struct control_options *options)
{
	struct control *control = calloc(1, sizeof(*control));
	int error = -ERR_MEMORY;

	if (control == NULL)
		return error;
	*control = (struct control){.options = options, .signals = -1};
	control->poll = (struct timer){.callback = on_poll, .context = control};
	control->retry =
	    (struct timer){.callback = on_retry, .context = control};
	for (int i = 0; i < GENERATIONS_MAX; i++)
		control->generations[i].socket = -1;
	control->loop = loop_new();
	if (control->loop != NULL)
		error = watch_edges(control);
	if (error == 0) {
		control_reload(control);
		on_poll(control);
		error = loop_run(control->loop);
	}
	if (control->loop != NULL)
		close_all(control);
	loop_free(control->loop);
	free(control);
	return error;
}
