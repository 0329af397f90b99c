/*
 * Tells the vault of every program that ended unexpectedly and came back
 * (LOG-7). One event after the other: the next when the last is on record. What
 * the vault cannot take, because it is what ended, waits here and in a file, so
 * that it is told even when sekishod itself has to be started anew.
 */
#define _GNU_SOURCE
#include "gateway/daemon/daemon.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	AGAIN_MS = 10000, /* when the vault could not record it */
	FILE_MAX = FAILURES_MAX * 96,
	LINE_FIELDS = 5,
};

static const char file_name[] = "programs.pending";
static const char file_new[] = "programs.pending.new";

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the file: CHANGE CAUSE CODE TIME PROGRAM in each line --- */

static int write_events(const struct failures *failures)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(FILE_MAX);
	HANDLE_CLEANUP int fd =
	    open(file_new,
		 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error;

	for (size_t i = 0; i < failures->count; i++) {
		const struct program_event *event = &failures->events[i];

		buffer_format(&text, "%d %d %" PRIu32 " %" PRId64 " %s\n",
			      event->change, event->cause, event->code,
			      event->time_ms, event->program);
	}
	if (fd < 0)
		return error_from_errno(errno);
	error = buffer_error(&text);
	if (error == 0)
		error = handle_write_all(fd, buffer_contents(&text));
	if (error == 0 && (fsync(fd) != 0 || rename(file_new, file_name) != 0))
		error = error_from_errno(errno);
	return error;
}

/* The working folder is the state folder. */
static void keep(const struct failures *failures)
{
	int error = 0;

	if (failures->count > 0)
		error = write_events(failures);
	else if (unlink(file_name) != 0 && errno != ENOENT)
		error = error_from_errno(errno);
	if (error != 0)
		log_line(LOG_LINE_WARNING, "events-unkept reason=%s",
			 error_name(error));
}

static bool read_event(const char *line, struct program_event *ret_event)
{
	struct program_event event = {0};
	int change;
	int cause;

	if (sscanf(line, "%2d %2d %10" SCNu32 " %15" SCNd64 " %31[a-z-]",
		   &change, &cause, &event.code, &event.time_ms,
		   event.program) != LINE_FIELDS ||
	    change < 0 || change >= PROGRAM_CHANGES || cause < 0 ||
	    cause >= PROGRAM_CAUSES || event.time_ms < 0)
		return false;
	event.change = (enum program_change)change;
	event.cause = (enum program_cause)cause;
	*ret_event = event;
	return true;
}

void failures_load(struct daemon *daemon)
{
	struct failures *failures = &daemon->failures;
	FILE *file;
	char line[128];

	if (daemon->standalone)
		return;
	file = fopen(file_name, "re");
	if (file == NULL)
		return;
	while (failures->count < FAILURES_MAX &&
	       fgets(line, sizeof(line), file) != NULL)
		if (read_event(line, &failures->events[failures->count]))
			failures->count++;
	(void)fclose(file);
	log_line(LOG_LINE_INFO, "events-kept count=%zu", failures->count);
}

/* --- to the vault --- */

bool process_takes(const struct process *process)
{
	struct pollfd room = {.fd = process->supervisor, .events = POLLOUT};

	return process->pid != 0 && !process->replaced &&
	       poll(&room, 1, 0) == 1 && room.revents == POLLOUT;
}

static void tell(struct daemon *daemon)
{
	struct failures *failures = &daemon->failures;
	const struct process *vault = &daemon->processes[PROGRAM_VAULT];
	BUFFER_CLEANUP struct buffer payload = buffer_make(256);

	if (failures->count == 0 || daemon->vault_watch == NULL)
		return;
	/* Told again when no answer comes: the log could not be written. */
	loop_arm(daemon->loop, &failures->again, AGAIN_MS);
	if (!process_takes(vault))
		return;
	program_event_write(&payload, &failures->events[0]);
	if (buffer_error(&payload) != 0 ||
	    frame_send(vault->supervisor, MESSAGE_PROGRAM_EVENT,
		       failures->first, buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "event-untold");
}

static void on_again(void *context)
{
	tell(context);
}

/* The oldest are what somebody will ask for: the last place counts the rest. */
static void add(struct daemon *daemon, const struct program_event *event)
{
	struct failures *failures = &daemon->failures;
	struct program_event *last = &failures->events[FAILURES_MAX - 1];

	if (daemon->standalone || daemon->stopping)
		return;
	if (failures->count < FAILURES_MAX - 1)
		failures->events[failures->count++] = *event;
	else if (failures->count == FAILURES_MAX &&
		 last->change == PROGRAM_EVENTS_LOST)
		last->code++;
	else
		failures->events[failures->count++] =
		    (struct program_event){.change = PROGRAM_EVENTS_LOST,
					   .code = 1,
					   .time_ms = event->time_ms,
					   .program = "sekishod"};
	keep(failures);
	failures->again.callback = on_again;
	failures->again.context = daemon;
	/* The first one, or one that waits for its answer, is sent already. */
	if (failures->count == 1)
		tell(daemon);
}

int failures_noted(struct daemon *daemon, uint64_t id)
{
	struct failures *failures = &daemon->failures;

	/* Told twice, noted twice. */
	if (failures->count == 0 || id != failures->first)
		return 0;
	failures->first++;
	failures->count--;
	for (size_t i = 0; i < failures->count; i++)
		failures->events[i] = failures->events[i + 1];
	keep(failures);
	loop_disarm(daemon->loop, &failures->again);
	tell(daemon);
	return 0;
}

void failures_vault_started(struct daemon *daemon)
{
	daemon->failures.again.callback = on_again;
	daemon->failures.again.context = daemon;
	tell(daemon);
}

static struct program_event event_of(enum program_index index)
{
	struct program_event event = {.time_ms = now_ms()};

	(void)snprintf(event.program, sizeof(event.program), "%s",
		       program_table[index].file);
	return event;
}

void failures_ended(struct daemon *daemon, enum program_index index, int status,
		    bool stays_down)
{
	struct process *process = &daemon->processes[index];
	struct program_event event = event_of(index);

	event.change = stays_down ? PROGRAM_DOWN : PROGRAM_ENDED;
	if (process->with_broker) {
		event.cause = PROGRAM_CAUSE_BROKER;
	} else if (WIFSIGNALED(status)) {
		event.cause = PROGRAM_CAUSE_SIGNAL;
		event.code = (uint32_t)WTERMSIG(status);
	} else {
		event.cause = PROGRAM_CAUSE_EXIT;
		event.code = (uint32_t)WEXITSTATUS(status);
	}
	process->with_broker = false;
	process->fell = true;
	add(daemon, &event);
}

void failures_started(struct daemon *daemon, enum program_index index)
{
	struct process *process = &daemon->processes[index];
	struct program_event event = event_of(index);

	process->with_broker = false;
	if (!process->fell)
		return;
	process->fell = false;
	event.change = PROGRAM_BACK;
	add(daemon, &event);
}
