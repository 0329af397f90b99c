#define _GNU_SOURCE
#include "gateway/sandbox/zygote.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"
#include "gateway/sandbox/settle.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	CHILDREN_MAX = 512,
	IDLE_MS = 1000,
	SPARES = 2, /* an object takes two runs of the worker and two scans */
	SPARE_DELAY_MS = 1,
	NAME_SIZE = 16,
};

struct child {
	uint64_t job;
	pid_t pid; /* 0: free */
	/* Of one that had waited, to give its job to another should it have
	 * died before it took it: what it was sent over, the job's channel and
	 * limits; -1. */
	int socket;
	int channel;
	struct job_limits limits;
};

/* A process that waits in the sandbox for the next job, so that no job waits
 * for fork and sandbox. It serves one, like every other. */
struct spare {
	pid_t pid;  /* 0: none */
	int socket; /* its job's channel goes over it; -1 */
};

struct zygote {
	const struct zygote_options *options;
	struct child children[CHILDREN_MAX];
	struct spare spares[SPARES];
	bool spares_wanted;
	struct job_limits limits; /* of the last job and of the spares */
	char name[NAME_SIZE];     /* of the process */
	int signals;
	bool stopping;
};

static struct child *find_child(struct zygote *zygote, uint64_t job, pid_t pid)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		struct child *child = &zygote->children[i];

		if (pid == 0 ? child->pid != 0 && child->job == job
			     : child->pid == pid)
			return child;
	}
	return NULL;
}

static struct child *free_child(struct zygote *zygote)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (zygote->children[i].pid == 0)
			return &zygote->children[i];
	return NULL;
}

static void child_close(struct child *child)
{
	handle_close(&child->socket);
	handle_close(&child->channel);
}

/* Says how a job ended; wait status of SANDBOX_EXIT_SETUP for one that could
 * not even begin. */
static int report_exit(struct zygote *zygote, uint64_t job, uint32_t status)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(16);

	buffer_u32le(&payload, status);
	return frame_send(zygote->options->broker, MESSAGE_JOB_EXIT, job,
			  buffer_contents(&payload), -1);
}

/* In a new child: leaves everything of the zygote behind and goes in. */
static void enter(struct zygote *zygote, const struct job_limits *limits)
{
	const struct zygote_options *options = zygote->options;
	int broker = options->broker;
	int supervisor = options->supervisor;

	/* The children must not outlive the zygote, whose end the broker takes
	 * for theirs. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(SANDBOX_EXIT_SETUP);
	program_signals_reset();
	handle_close(&broker);
	handle_close(&supervisor);
	handle_close(&zygote->signals);
	for (int i = 0; i < SPARES; i++)
		handle_close(&zygote->spares[i].socket);
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (zygote->children[i].pid != 0)
			child_close(&zygote->children[i]);
	if (sandbox_enter(options->sandbox, limits) != 0)
		_exit(SANDBOX_EXIT_SETUP);
}

__attribute__((noreturn)) static void run_child(struct zygote *zygote,
						int channel)
{
	zygote->options->run(channel, zygote->options->context);
	_exit(0);
}

static int on_channel(void *context, struct frame *frame)
{
	int *channel = context;

	*channel = frame->fd;
	frame->fd = -1;
	return 0;
}

__attribute__((noreturn)) static void run_spare(struct zygote *zygote,
						int socket)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_JOB_START, FRAME_WITH_FD, on_channel},
	};
	int channel = -1;

	/* No more than a name for those who look at the list of processes. */
	(void)prctl(PR_SET_NAME, "spare");
	enter(zygote, &zygote->limits);
	if (frame_dispatch(socket, rules, 1, &channel) != 0 ||
	    frame_send(socket, MESSAGE_JOB_START, 0, (struct view){NULL, 0},
		       -1) != 0)
		_exit(0);
	handle_close(&socket);
	(void)prctl(PR_SET_NAME, zygote->name);
	run_child(zygote, channel);
}

static void spare_forget(struct spare *spare)
{
	spare->pid = 0;
	handle_close(&spare->socket);
}

static struct spare *spare_find(struct zygote *zygote, pid_t pid)
{
	for (int i = 0; i < SPARES; i++)
		if (zygote->spares[i].pid == pid)
			return &zygote->spares[i];
	return NULL;
}

/* What cannot be had now is done without: jobs get a process when they come. */
static void spare_make(struct zygote *zygote)
{
	struct spare *spare = spare_find(zygote, 0);
	int pair[2];
	pid_t pid;

	if (spare == NULL || frame_pair(pair) != 0) {
		zygote->spares_wanted = false;
		return;
	}
	pid = fork();
	if (pid == 0) {
		handle_close(&pair[0]);
		run_spare(zygote, pair[1]);
	}
	handle_close(&pair[1]);
	if (pid < 0)
		handle_close(&pair[0]);
	else
		*spare = (struct spare){pid, pair[0]};
	zygote->spares_wanted = pid > 0 && spare_find(zygote, 0) != NULL;
}

static void spares_end(struct zygote *zygote)
{
	for (int i = 0; i < SPARES; i++) {
		if (zygote->spares[i].pid != 0)
			(void)kill(zygote->spares[i].pid, SIGKILL);
		spare_forget(&zygote->spares[i]);
	}
}

static bool same_limits(const struct job_limits *one,
			const struct job_limits *other)
{
	return one->memory_bytes == other->memory_bytes &&
	       one->output_bytes == other->output_bytes &&
	       one->cpu_seconds == other->cpu_seconds;
}

/* A spare takes the job; its pid, or 0 where none can. Spares with other limits
 * than this job's make room for some with these. */
static pid_t spare_take(struct zygote *zygote, const struct frame *frame,
			const struct job_limits *limits, int *ret_socket)
{
	if (!same_limits(&zygote->limits, limits))
		spares_end(zygote);
	zygote->limits = *limits;
	zygote->spares_wanted = true;
	for (int i = 0; i < SPARES; i++) {
		struct spare *spare = &zygote->spares[i];
		pid_t pid = spare->pid;

		if (pid == 0)
			continue;
		if (frame_send(spare->socket, MESSAGE_JOB_START, frame->id,
			       (struct view){NULL, 0}, frame->fd) != 0)
			continue;
		*ret_socket = spare->socket;
		*spare = (struct spare){.socket = -1};
		return pid;
	}
	return 0;
}

static pid_t fork_child(struct zygote *zygote, int channel,
			const struct job_limits *limits)
{
	pid_t pid = fork();

	if (pid == 0) {
		enter(zygote, limits);
		run_child(zygote, channel);
	}
	return pid;
}

static int on_start(void *context, struct frame *frame)
{
	struct zygote *zygote = context;
	struct child *child = free_child(zygote);
	struct job_limits limits;
	int socket = -1;
	pid_t pid = -1;
	int error = job_limits_read(frame->payload, &limits);

	if (error != 0)
		return error;
	if (child != NULL)
		pid = spare_take(zygote, frame, &limits, &socket);
	if (child != NULL && pid == 0)
		pid = fork_child(zygote, frame->fd, &limits);
	if (pid < 0) {
		log_line(LOG_LINE_ERROR, "fork-failed job=%llu errno=%d",
			 (unsigned long long)frame->id, errno);
		return report_exit(zygote, frame->id,
				   (uint32_t)SANDBOX_EXIT_SETUP << 8);
	}
	*child = (struct child){.job = frame->id,
				.pid = pid,
				.socket = socket,
				.channel = -1,
				.limits = limits};
	if (socket >= 0) {
		child->channel = frame->fd;
		frame->fd = -1;
	}
	return 0;
}

static int on_kill(void *context, struct frame *frame)
{
	struct zygote *zygote = context;
	struct child *child = find_child(zygote, frame->id, 0);

	/* It may have ended while the message was on its way. */
	if (child == NULL)
		return 0;
	child_close(child); /* no other process for this job */
	(void)kill(child->pid, SIGKILL);
	return 0;
}

static int on_stop(void *context, struct frame *frame)
{
	struct zygote *zygote = context;

	(void)frame;
	zygote->stopping = true;
	return 0;
}

/* Whether it had waited and died before it said that it takes the job: nothing
 * has been done for the job then. */
static bool died_before_job(const struct child *child)
{
	char byte;

	return child->socket >= 0 &&
	       recv(child->socket, &byte, 1, MSG_DONTWAIT) <= 0;
}

static int child_ended(struct zygote *zygote, struct child *child, int status)
{
	HANDLE_CLEANUP int channel = child->channel;
	bool again = died_before_job(child) && !zygote->stopping;
	pid_t pid = -1;

	child->channel = -1;
	child_close(child);
	child->pid = 0;
	if (again) {
		log_line(LOG_LINE_WARNING, "spare-ended status=%d", status);
		pid = fork_child(zygote, channel, &child->limits);
	}
	if (pid < 0)
		return report_exit(zygote, child->job, (uint32_t)status);
	child->pid = pid;
	return 0;
}

static int reap_children(struct zygote *zygote)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(zygote->signals, &info, sizeof(info)) ==
	       (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			zygote->stopping = true;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = find_child(zygote, 0, pid);
		struct spare *spare = spare_find(zygote, pid);
		int error;

		/* A spare that ends by itself is not made again at once. */
		if (spare != NULL) {
			log_line(LOG_LINE_WARNING, "spare-ended status=%d",
				 status);
			spare_forget(spare);
		}
		if (child == NULL)
			continue;
		error = child_ended(zygote, child, status);
		if (error != 0)
			return error;
	}
	return 0;
}

static int serve_edges(struct zygote *zygote, const struct pollfd *polled)
{
	static const struct frame_rule broker_rules[] = {
	    {MESSAGE_JOB_START, FRAME_WITH_FD, on_start},
	    {MESSAGE_JOB_KILL, FRAME_WITHOUT_FD, on_kill},
	};
	static const struct frame_rule supervisor_rules[] = {
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	};
	int error = 0;

	if (polled[0].revents != 0)
		error = reap_children(zygote);
	if (error == 0 && polled[1].revents != 0)
		error = frame_dispatch(polled[1].fd, broker_rules, 2, zygote);
	if (error == 0 && polled[2].revents != 0)
		error =
		    frame_dispatch(polled[2].fd, supervisor_rules, 1, zygote);
	return error;
}

static bool has_children(const struct zygote *zygote)
{
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (zygote->children[i].pid != 0)
			return true;
	return false;
}

static int serve(struct zygote *zygote)
{
	const struct zygote_options *options = zygote->options;
	struct pollfd polled[3] = {
	    {.fd = zygote->signals, .events = POLLIN},
	    {.fd = options->broker, .events = POLLIN},
	    {.fd = options->supervisor, .events = POLLIN},
	};

	while (!zygote->stopping || has_children(zygote)) {
		bool spare = zygote->spares_wanted && !zygote->stopping;
		int wait = options->idle != NULL ? IDLE_MS : -1;
		int count = poll(polled, 3, spare ? SPARE_DELAY_MS : wait);
		int error;

		if (count < 0 && errno != EINTR)
			return -ERR_IO;
		error = count > 0 ? serve_edges(zygote, polled) : 0;
		if (count == 0 && spare)
			spare_make(zygote);
		else if (error == 0 && options->idle != NULL && count == 0)
			error = options->idle(options->context);
		if (error == -ERR_CANCELLED)
			return 0;
		if (error != 0)
			return error;
	}
	return 0;
}

int zygote_serve(const struct zygote_options *options)
{
	struct zygote *zygote = calloc(1, sizeof(*zygote));
	int error;

	if (zygote == NULL)
		return -ERR_MEMORY;
	*zygote = (struct zygote){.options = options, .signals = -1};
	for (int i = 0; i < SPARES; i++)
		zygote->spares[i].socket = -1;
	(void)prctl(PR_GET_NAME, zygote->name);
	/* With a zone that is named, and loaded once, libc does not look for
	 * /etc/localtime each time a library converts a date. */
	if (setenv("TZ", "UTC0", 1) != 0) {
		free(zygote);
		return -ERR_MEMORY;
	}
	tzset();
	error = sandbox_isolate(options->sandbox);
#ifndef SEKISHO_SANITIZED
	(void)settle_libraries(); /* where it cannot, forks take longer */
#endif
	if (error == 0)
		error = program_signals(PROGRAM_CHILDREN, &zygote->signals);
	if (error == 0)
		error = frame_send(options->broker, MESSAGE_ZYGOTE_READY, 0,
				   view_of_string(options->ready), -1);
	if (error == 0)
		error = serve(zygote);
	for (int i = 0; i < CHILDREN_MAX; i++)
		if (zygote->children[i].pid != 0)
			(void)kill(zygote->children[i].pid, SIGKILL);
	spares_end(zygote);
	handle_close(&zygote->signals);
	free(zygote);
	return error == -ERR_CANCELLED ? 0 : error;
}
