#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/handle.h"
#include "base/log.h"
#include "gateway/sandbox/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/banned.h"

enum { ATTEMPTS_MAX = 3 };

/* Whether the verifier of what came out, by its own word, is one of the heavy
 * ones (gateway/verifier/families.def). The other program refuses what is not
 * for it. */
static bool is_read_elsewhere(const struct object *object)
{
	enum { WEIGHT_light = false, WEIGHT_heavy = true };
	enum {
#define FAMILY(name, weight, modules) FAMILY_##name = WEIGHT_##weight,
#include "gateway/verifier/families.def"
#undef FAMILY
	};
	static const struct {
		const char *format;
		bool heavy;
	} formats[] = {
#define FORMAT(symbol, name, family, modules) {#name, FAMILY_##family},
#include "sanitizers/formats.def"
#undef FORMAT
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(object->outcome.output_format, formats[i].format) ==
		    0)
			return formats[i].heavy;
	return false;
}

static enum zygote_index zygote_of(const struct object *object,
				   enum job_kind kind)
{
	switch (kind) {
	case JOB_SCAN:
		return ZYGOTE_SCANNER;
	case JOB_VERIFY:
		return is_read_elsewhere(object) ? ZYGOTE_READER
						 : ZYGOTE_VERIFIER;
	case JOB_PAGE:
		return ZYGOTE_PREVIEW;
	case JOB_RECHECK:
		/* A message of Outlook comes out as mail. */
		if (strcmp(object->outcome.output_format, "eml") == 0)
			return ZYGOTE_OPENER;
		/* What was converted is of a format that the worker knows. */
		if (object->rebuilder == ZYGOTE_OFFICE)
			return ZYGOTE_WORKER;
		break;
	case JOB_SANITIZE:
	case JOB_TEXT:
	case JOB_MACROS:
	case JOB_KIND_COUNT:
		break;
	}
	return object->rebuilder;
}

/* Nested objects go in front: their parents hold memory and wait. Items that
 * came first come first among the rest. */
static void enqueue(struct broker *broker, struct job_run *job)
{
	struct job_run **link = &broker->queue;
	unsigned depth = job->object->depth;

	/* What ends an object that is under way also goes before what begins
	 * another. */
	while (*link != NULL && ((*link)->object->depth > depth ||
				 ((*link)->object->depth == depth &&
				  (*link)->of_output >= job->of_output)))
		link = &(*link)->next;
	job->next = *link;
	*link = job;
}

int job_submit(struct object *object, enum job_kind kind)
{
	struct broker *broker = object->item->broker;
	struct job_run *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return -ERR_MEMORY;
	*job = (struct job_run){
	    .broker = broker,
	    .id = ++broker->last_id,
	    .object = object,
	    .kind = kind,
	    .zygote = zygote_of(object, kind),
	    .of_output = object->stage == STAGE_CHECK,
	    .channel = -1,
	};
	enqueue(broker, job);
	return 0;
}

static void on_channel(void *context, int fd)
{
	(void)fd;
	(void)job_frames_receive(context);
}

static int listen_to(struct job_run *job)
{
	job->watch =
	    loop_watch(job->broker->loop, job->channel, on_channel, job);
	return job->watch == NULL ? -ERR_MEMORY : 0;
}

void job_set_busy(struct job_run *job, bool busy)
{
	if (busy == job->busy)
		return;
	job->busy = busy;
	if (busy)
		job->broker->process_count++;
	else
		job->broker->process_count--;
	if (job->object == NULL)
		return;
	if (busy)
		job->object->item->busy_count++;
	else
		job->object->item->busy_count--;
}

void job_set_ending(struct job_run *job)
{
	job_set_busy(job, false);
	if (!job->ending)
		job->broker->ending_count++;
	job->ending = true;
}

/* It no longer counts in any way. */
static void stop_counting(struct job_run *job)
{
	job_set_busy(job, false);
	if (job->ending)
		job->broker->ending_count--;
	job->ending = false;
}

/* A new process, by the zygote. */
static int start_process(struct broker *broker, struct job_run *job)
{
	struct zygote_link *link = &broker->zygotes[job->zygote];
	const struct limits *limits = &job->object->item->policy.limits;
	struct job_limits job_limits = {
	    .memory_bytes = limits->memory_bytes,
	    .output_bytes = limits->output_bytes,
	    .cpu_seconds = limits->cpu_seconds,
	};
	BUFFER_CLEANUP struct buffer payload = buffer_make(64);
	int pair[2];
	int error = frame_pair(pair);

	if (error != 0)
		return error;
	job->channel = pair[0];
	job->process = job->id;
	job_limits_write(&payload, &job_limits);
	error = outbox_send(&link->outbox, MESSAGE_JOB_START, job->process,
			    buffer_contents(&payload), pair[1]);
	handle_close(&pair[1]);
	return error;
}

static int start(struct broker *broker, struct job_run *job)
{
	int error = scans_take(job) ? 0 : start_process(broker, job);

	if (error != 0)
		return error;
	job_frames_send_start(job, job->channel);
	scans_begun(job);
	if (fcntl(job->channel, F_SETFL, O_NONBLOCK) != 0)
		return -ERR_INTERNAL;
	outbox_open(&job->outbox, broker->loop, job->channel);
	job->held_back =
	    job->kind == JOB_SANITIZE && job->object->stage == STAGE_SCAN;
	return job->held_back ? 0 : listen_to(job);
}

static void job_free(struct broker *broker, struct job_run *job)
{
	loop_unwatch(broker->loop, job->watch);
	outbox_close(&job->outbox);
	handle_close(&job->channel);
	free(job);
}

static void unlink_running(struct broker *broker, struct job_run *job)
{
	for (struct job_run **link = &broker->running; *link;
	     link = &(*link)->next) {
		if (*link != job)
			continue;
		*link = job->next;
		return;
	}
}

static bool is_scan_of_input(const struct job_run *job)
{
	return job->kind == JOB_SCAN && !job->of_output;
}

/*
 * No item has all processes to itself: a small one does not wait for a large
 * one. A rebuild that is held back waits for its scan, which therefore starts
 * before it and whatever else is under way. An output has three checks: were
 * only two under way on two processors, the third would be alone with them
 * after that.
 */
static bool may_start(const struct broker *broker, const struct job_run *job)
{
	const struct object *object = job->object;
	unsigned most = broker->config->parallel + (job->of_output ? 1 : 0);

	if (!broker->zygotes[job->zygote].ready)
		return false;
	if (is_scan_of_input(job))
		return true;
	if (object->stage == STAGE_SCAN && !object->scanning)
		return false;
	return object->item->busy_count < most;
}

/* Whether everything that runs belongs to one item, but not to this. */
static bool another_has_all(const struct broker *broker,
			    const struct item *item)
{
	const struct item *other = NULL;

	for (const struct job_run *job = broker->running; job;
	     job = job->next) {
		if (!job->busy || job->object == NULL)
			continue;
		if (job->object->item == item ||
		    (other != NULL && job->object->item != other))
			return false;
		other = job->object->item;
	}
	return other != NULL;
}

/* Processes that have told their result end by themselves and quickly; a
 * taken-over one that does not must not make room for more like it. */
static bool has_room(const struct broker *broker, const struct job_run *job)
{
	unsigned parallel = broker->config->parallel;
	/* One more than there are processors to use: starting and waiting
	 * leave gaps. */
	unsigned most = parallel + 1;

	if (broker->process_count == most &&
	    another_has_all(broker, job->object->item))
		most++;
	return broker->process_count < most &&
	       broker->ending_count < 2 * parallel + 2;
}

/* The first of the queue that may start. */
static struct job_run *take_ready(struct broker *broker)
{
	for (struct job_run **link = &broker->queue; *link;
	     link = &(*link)->next) {
		struct job_run *job = *link;

		if (!may_start(broker, job) || !has_room(broker, job))
			continue;
		*link = job->next;
		return job;
	}
	return NULL;
}

void jobs_schedule(struct broker *broker)
{
	struct job_run *job;

	while ((job = take_ready(broker)) != NULL) {
		int error;

		item_start_clock(job->object->item);
		if (is_scan_of_input(job))
			job->object->scanning = true;
		job->attempts++;
		job->next = broker->running;
		broker->running = job;
		job_set_busy(job, true);
		error = start(broker, job);
		if (error != 0) {
			struct object *object = job->object;

			log_line(LOG_LINE_ERROR, "job-start-failed reason=%s",
				 error_name(error));
			unlink_running(broker, job);
			stop_counting(job);
			job->object = NULL;
			job_free(broker, job);
			object_hold(object, ERR_UNAVAILABLE, "");
		}
	}
}

static enum error reason_of_signal(int number)
{
	switch (number) {
	case SIGSYS:
		return ERR_SANDBOX_DENIED;
	case SIGXCPU:
		return ERR_LIMIT_CPU;
	case SIGXFSZ:
		return ERR_LIMIT_OUTPUT;
	case SIGKILL:
	case SIGTERM:
		return ERR_KILLED;
	default:
		return ERR_CRASHED;
	}
}

static enum error reason_of_end(const struct job_run *job, uint32_t wait_status)
{
	int status = (int)wait_status;

	if (job->broken)
		return ERR_PROTOCOL;
	if (WIFSIGNALED(status))
		return reason_of_signal(WTERMSIG(status));
	if (!WIFEXITED(status))
		return ERR_KILLED;
	if (WEXITSTATUS(status) == SANDBOX_EXIT_SETUP)
		return ERR_SANDBOX_SETUP;
	if (WEXITSTATUS(status) != 0 || !job->reported)
		return ERR_EXITED_EARLY;
	return job->outcome.error;
}

static void end(struct broker *broker, struct job_run *job, enum error error)
{
	struct object *object = job->object;

	unlink_running(broker, job);
	stop_counting(job);
	if (object != NULL)
		object_job_ended(object, job, error);
	job_free(broker, job);
}

static void start_again(struct broker *broker, struct job_run *job)
{
	struct object *object = job->object;

	unlink_running(broker, job);
	stop_counting(job);
	loop_unwatch(broker->loop, job->watch);
	job->watch = NULL;
	outbox_close(&job->outbox);
	handle_close(&job->channel);
	job->held_back = false;
	job->reported = false;
	job->used_before = false;
	job->scanned = 0;
	if (is_scan_of_input(job))
		object->scanning = false;
	if (job->kind == JOB_SANITIZE && object_rebuild_again(object) != 0) {
		job_free(broker, job);
		object_hold(object, ERR_NO_SPACE, "");
		return;
	}
	enqueue(broker, job);
}

/* What a process that was used before says is believed when it found nothing or
 * names malware: what else it comes to may be the former objects' doing. */
static bool is_for_another(const struct job_run *job, enum error error)
{
	return job->used_before && job->object != NULL && !job->broken &&
	       error != ERR_NONE && error != ERR_INFECTED;
}

static void end_with_status(struct broker *broker, struct job_run *job,
			    uint32_t status)
{
	enum error error;

	job->stays = false;
	/* What it said before it ended may still lie in the socket. */
	while (job->watch != NULL && job_frames_receive(job))
		continue;
	error = reason_of_end(job, status);
	if (!is_for_another(job, error)) {
		end(broker, job, error);
		return;
	}
	log_line(LOG_LINE_WARNING, "scan-again item=%s reason=%s",
		 job->object->item->submission.item_id, error_name((int)error));
	start_again(broker, job);
}

void jobs_scan_ended(struct job_run *job)
{
	struct broker *broker = job->broker;

	end(broker, job, ERR_NONE);
	jobs_schedule(broker);
}

/* A process that waited for a scan has ended, and nobody told it to. */
static void idle_ended(struct broker *broker, uint64_t process, uint32_t status)
{
	struct item *item = scans_exited(broker, process);

	if (item == NULL)
		return;
	log_line(LOG_LINE_WARNING, "idle-scan-ended item=%s status=%u",
		 item->submission.item_id, status);
	if (WIFSIGNALED((int)status))
		item_abort(item, reason_of_signal(WTERMSIG((int)status)));
}

void jobs_exited(struct broker *broker, uint64_t id, uint32_t status)
{
	for (struct job_run *job = broker->running; job; job = job->next) {
		if (job->process != id || job->exited)
			continue;
		if (job->held_back && job->object != NULL) {
			job->exited = true;
			job->status = status;
			stop_counting(job);
		} else {
			end_with_status(broker, job, status);
		}
		jobs_schedule(broker);
		return;
	}
	idle_ended(broker, id, status);
}

void job_release_rebuild(const struct object *object)
{
	for (struct job_run *job = object->item->broker->running; job;
	     job = job->next) {
		if (job->object != object || !job->held_back)
			continue;
		job->held_back = false;
		if (listen_to(job) != 0) {
			object_hold(job->object, ERR_MEMORY, "");
		} else if (job->exited) {
			job->exited = false;
			end_with_status(job->broker, job, job->status);
		}
		return;
	}
}

void jobs_lost(struct broker *broker, enum zygote_index zygote)
{
	struct job_run *next;

	if (zygote == ZYGOTE_SCANNER)
		scans_lost(broker);
	for (struct job_run *job = broker->running; job; job = next) {
		struct object *object = job->object;

		next = job->next;
		if (job->zygote != zygote || job->exited)
			continue;
		/* A rebuild that already handed out nested objects cannot be
		 * repeated under the same budget; anything else can. */
		if (object == NULL || job->attempts >= ATTEMPTS_MAX ||
		    job->kind >= JOB_PAGE ||
		    (job->kind == JOB_SANITIZE &&
		     (job->children > 0 || object->removals > 0))) {
			end(broker, job, ERR_UNAVAILABLE);
			next = broker->running;
			continue;
		}
		start_again(broker, job);
		next = broker->running;
	}
	jobs_schedule(broker);
}

void job_forget_object(struct broker *broker, const struct object *object)
{
	for (struct job_run **link = &broker->queue; *link;) {
		struct job_run *job = *link;

		if (job->object != object) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		job_free(broker, job);
	}
	for (struct job_run **link = &broker->running; *link;) {
		struct job_run *job = *link;

		if (job->object != object) {
			link = &job->next;
			continue;
		}
		if (job->busy)
			job->object->item->busy_count--;
		job->object = NULL;
		if (job->exited) {
			*link = job->next;
			job_free(broker, job);
			continue;
		}
		link = &job->next;
		job->children = 0;
		if (!job->ending)
			job_set_busy(job, true);
		/* The zygote being gone has ended it too. */
		if (outbox_send(&broker->zygotes[job->zygote].outbox,
				MESSAGE_JOB_KILL, job->process,
				(struct view){NULL, 0}, -1) != 0)
			continue;
	}
}
