#define _GNU_SOURCE
#include "gateway/daemon/daemon.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/program.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_MAX_MS = 30000,
	STOP_STEP_MS = 25000,
	EXIT_NEEDS_PERSON = 2, /* of a program that must not be restarted */
};

/* Stopped one after the other: no more files in, then what is under way is
 * finished, then the record is closed. The zygotes end with the broker. */
static const enum program_index stop_order[] = {
    PROGRAM_WEB,       PROGRAM_MILTER, PROGRAM_LMTP,    PROGRAM_SEAL,
    PROGRAM_FOLDER,    PROGRAM_BROKER, PROGRAM_VAULT,   PROGRAM_COURIER,
    PROGRAM_DIRECTORY, PROGRAM_POLICY, PROGRAM_NOTIFIER};

bool program_wanted(const struct daemon *daemon, enum program_index index)
{
	const struct config *config = daemon->config;

	if (daemon->standalone)
		return program_table[index].standalone;
	switch (index) {
	case PROGRAM_FOLDER:
		return config->folder_enabled != 0;
	case PROGRAM_MILTER:
		return config->mail.milter[0] != '\0';
	case PROGRAM_LMTP:
		return config->mail.lmtp[0] != '\0';
	case PROGRAM_SEAL:
		return config->mail.seal[0] != '\0';
	case PROGRAM_WEB:
	case PROGRAM_PREVIEW: /* for who looks at the console */
		return config->web.enabled != 0;
	case PROGRAM_DIRECTORY:
		return config->directory.url[0] != '\0';
	case PROGRAM_POLICY:
		return config->web.enabled != 0;
	case PROGRAM_NOTIFIER:
		return config->alarms.to.count > 0;
	case PROGRAM_COURIER:
		return config->syslog_address[0] != '\0';
	default:
		return true;
	}
}

static uint64_t backoff(unsigned failures)
{
	uint64_t wait = BACKOFF_FIRST_MS;

	if (kill_points_asked())
		return wait;
	for (unsigned i = 1; i < failures && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}

/* What `sekisho status` shows. The broker that is not there is told when it
 * starts. */
static void tell_broker(const struct daemon *daemon)
{
	const struct process *broker = &daemon->processes[PROGRAM_BROKER];
	BUFFER_CLEANUP struct buffer list = buffer_make(4096);
	unsigned count = 0;

	for (int i = 0; i < PROGRAMS; i++)
		if (program_wanted(daemon, (enum program_index)i))
			count++;
	buffer_u8(&list, (uint8_t)count);
	for (int i = 0; i < PROGRAMS; i++) {
		const struct process *process = &daemon->processes[i];

		if (!program_wanted(daemon, (enum program_index)i))
			continue;
		pack_string(&list, program_table[i].name);
		buffer_u32le(&list, (uint32_t)process->pid);
		buffer_u32le(&list, process->restarts);
	}
	if (broker->pid != 0 && buffer_error(&list) == 0 &&
	    frame_send(broker->supervisor, MESSAGE_PROGRAMS, 0,
		       buffer_contents(&list), -1) != 0)
		log_line(LOG_LINE_WARNING, "programs-untold");
}

static void start_or_retry(void *context)
{
	struct process *process = context;
	struct daemon *daemon = process->daemon;
	enum program_index index =
	    (enum program_index)(process - daemon->processes);
	int error;

	if (daemon->stopping || process->pid != 0 ||
	    !program_wanted(daemon, index))
		return;
	error = spawn_program(daemon, index);
	if (error == 0) {
		log_line(LOG_LINE_INFO, "started program=%s pid=%d",
			 program_table[index].file, process->pid);
		tell_broker(daemon);
		if (index == PROGRAM_VAULT)
			settings_vault_started(daemon);
		failures_started(daemon, index);
		return;
	}
	if (error != -ERR_UNAVAILABLE)
		process->failures++;
	loop_arm(daemon->loop, &process->restart, backoff(process->failures));
}

static bool anything_runs(const struct daemon *daemon)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (daemon->processes[i].pid != 0)
			return true;
	return false;
}

static void kill_all(struct daemon *daemon, int number)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (daemon->processes[i].pid != 0)
			(void)kill(daemon->processes[i].pid, number);
}

/* Asks the first of the stop order that still runs and was not asked yet;
 * behind the last one the rest is ended. */
static void stop_next(struct daemon *daemon)
{
	const unsigned steps = sizeof(stop_order) / sizeof(stop_order[0]);

	while (daemon->stop_step < steps) {
		struct process *process =
		    &daemon->processes[stop_order[daemon->stop_step]];

		if (process->pid == 0) {
			daemon->stop_step++;
			daemon->stop_asked = false;
			continue;
		}
		if (daemon->stop_asked)
			return;
		daemon->stop_asked = true;
		if (frame_send(process->supervisor, MESSAGE_STOP, 0,
			       (struct view){NULL, 0}, -1) != 0)
			(void)kill(process->pid, SIGTERM);
		loop_arm(daemon->loop, &daemon->stop_timer, STOP_STEP_MS);
		return;
	}
	if (!anything_runs(daemon)) {
		loop_stop(daemon->loop);
		return;
	}
	if (daemon->stop_asked)
		return;
	daemon->stop_asked = true;
	kill_all(daemon, SIGTERM);
	loop_arm(daemon->loop, &daemon->stop_timer, STOP_STEP_MS);
}

/* What was asked did not end in time. */
static void on_stop_timeout(void *context)
{
	struct daemon *daemon = context;
	const unsigned steps = sizeof(stop_order) / sizeof(stop_order[0]);

	log_line(LOG_LINE_WARNING, "stop-timeout step=%u", daemon->stop_step);
	if (daemon->stop_step < steps)
		(void)kill(daemon->processes[stop_order[daemon->stop_step]].pid,
			   SIGKILL);
	else
		kill_all(daemon, SIGKILL);
}

static void begin_stop(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	log_line(LOG_LINE_INFO, "stopping");
	program_notify("STOPPING=1");
	daemon->stopping = true;
	for (int i = 0; i < PROGRAMS; i++)
		loop_disarm(daemon->loop, &daemon->processes[i].restart);
	stop_next(daemon);
}

static void program_ended(struct daemon *daemon, enum program_index index,
			  int status)
{
	struct process *process = &daemon->processes[index];
	/* The vault's keys or log are damaged or altered: starting it again
	 * would change nothing, and nothing passes without it. */
	bool stays_down =
	    WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NEEDS_PERSON;

	process->pid = 0;
	process->down = stays_down;
	if (index == PROGRAM_VAULT)
		settings_vault_ended(daemon);
	handle_close(&process->supervisor);
	if (daemon->stopping) {
		stop_next(daemon);
		return;
	}
	if (process->replaced) {
		process->replaced = false;
		loop_disarm(daemon->loop, &process->patience);
		log_line(LOG_LINE_INFO, "replaced program=%s",
			 program_table[index].file);
		loop_arm(daemon->loop, &process->restart, 0);
		tell_broker(daemon);
		return;
	}
	process->restarts++;
	tell_broker(daemon);
	if (loop_now() - process->started_ms > HEALTHY_MS)
		process->failures = 0;
	process->failures++;
	log_line(LOG_LINE_WARNING,
		 "program-ended program=%s status=%d signal=%d failures=%u",
		 program_table[index].file,
		 WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0, process->failures);
	failures_ended(daemon, index, status, stays_down);
	if (stays_down)
		log_line(LOG_LINE_ERROR,
			 "program-stays-down program=%s; see what it said "
			 "above, then restart sekishod",
			 program_table[index].file);
	else
		loop_arm(daemon->loop, &process->restart,
			 backoff(process->failures));
	if (index != PROGRAM_BROKER)
		return;
	/* What the zygotes work on belongs to the broker that is gone. */
	for (int i = 0; i < PROGRAMS; i++)
		if (!program_table[i].takes_edges &&
		    daemon->processes[i].pid != 0) {
			daemon->processes[i].with_broker = true;
			(void)kill(daemon->processes[i].pid, SIGTERM);
		}
}

/* The kernel says who sent it. */
static void on_hangup(struct daemon *daemon, uid_t sender)
{
	char actor[SETTINGS_ACTOR_MAX + 1];
	const struct reload asked = {
	    .reason = SETTINGS_RELOAD, .actor = actor, .version = ""};

	settings_actor(sender, actor);
	reload(daemon, &asked);
}

static void on_signal(void *context, int fd)
{
	struct daemon *daemon = context;
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGHUP)
			on_hangup(daemon, info.ssi_uid);
		else if (info.ssi_signo != SIGCHLD)
			begin_stop(daemon);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < PROGRAMS; i++)
			if (daemon->processes[i].pid == pid)
				program_ended(daemon, (enum program_index)i,
					      status);
}

int supervise(struct daemon *daemon)
{
	struct watch *watch =
	    loop_watch(daemon->loop, daemon->signals, on_signal, daemon);

	if (watch == NULL)
		return -ERR_MEMORY;
	daemon->stop_timer = (struct timer){on_stop_timeout, daemon, 0, NULL};
	failures_load(daemon);
	alarms_start(daemon);
	for (int i = 0; i < PROGRAMS; i++) {
		struct process *process = &daemon->processes[i];

		process->restart =
		    (struct timer){start_or_retry, process, 0, NULL};
		if (program_wanted(daemon, (enum program_index)i))
			start_or_retry(process);
	}
	program_notify("READY=1");
	return loop_run(daemon->loop);
}
