#define _GNU_SOURCE
#include "gateway/scanner/control_state.h"

#include "base/log.h"
#include "gateway/sandbox/job_channel.h"

#include <signal.h>

#include "base/banned.h"

/* What a scan writes is bounded by its file system. */
enum { TEMPORARY_FILE_BYTES = 1 << 30 };

static struct job_entry *find_job(struct control *control, uint64_t id)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (control->jobs[i].generation != NULL &&
		    control->jobs[i].id == id)
			return &control->jobs[i];
	return NULL;
}

static struct job_entry *free_job(struct control *control)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (control->jobs[i].generation == NULL)
			return &control->jobs[i];
	return NULL;
}

static int send_exit(struct control *control, uint64_t id, uint32_t status)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(16);

	buffer_u32le(&payload, status);
	return frame_send(control->options->broker, MESSAGE_JOB_EXIT, id,
			  buffer_contents(&payload), -1);
}

/* A scan that no generation can take is answered here. */
static int refuse(struct control *control, const struct frame *frame)
{
	struct job_outcome outcome = {.error = ERR_SCANNER_FAILED,
				      .detail = "no scanner process"};

	/* The exit that follows holds the object as well. */
	if (job_channel_done(frame->fd, &outcome) != 0)
		log_line(LOG_LINE_WARNING, "job-channel-closed job=%llu",
			 (unsigned long long)frame->id);
	return send_exit(control, frame->id, 0);
}

int jobs_on_start(void *context, struct frame *frame)
{
	struct control *control = context;
	BUFFER_CLEANUP struct buffer payload = buffer_make(64);
	struct job_entry *job = free_job(control);
	struct generation *current = control->current;
	struct job_limits limits;
	int error = job_limits_read(frame->payload, &limits);

	if (error != 0)
		return error;
	if (current == NULL || job == NULL || control->stopping)
		return refuse(control, frame);
	if (limits.output_bytes < TEMPORARY_FILE_BYTES)
		limits.output_bytes = TEMPORARY_FILE_BYTES;
	job_limits_write(&payload, &limits);
	error = frame_send(current->socket, MESSAGE_JOB_START, frame->id,
			   buffer_contents(&payload), frame->fd);
	if (error != 0)
		return refuse(control, frame);
	*job = (struct job_entry){frame->id, current};
	current->jobs++;
	return 0;
}

int jobs_on_kill(void *context, struct frame *frame)
{
	struct control *control = context;
	const struct job_entry *job = find_job(control, frame->id);

	/* It may have ended while the message was on its way; when the
	 * generation cannot be told, the limits of the job end it. */
	if (job != NULL && frame_send(job->generation->socket, MESSAGE_JOB_KILL,
				      frame->id, frame->payload, -1) != 0)
		log_line(LOG_LINE_WARNING, "kill-not-sent job=%llu",
			 (unsigned long long)frame->id);
	return 0;
}

int jobs_end(struct generation *generation, uint64_t id, uint32_t status)
{
	struct control *control = generation->control;
	struct job_entry *job = find_job(control, id);

	if (job == NULL || job->generation != generation)
		return -ERR_PROTOCOL;
	job->generation = NULL;
	generation->jobs--;
	/* A broker that has gone ends the program, not this generation. */
	if (send_exit(control, id, status) != 0)
		loop_stop(control->loop);
	return 0;
}

void jobs_end_all(struct generation *generation)
{
	struct control *control = generation->control;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		const struct job_entry *job = &control->jobs[i];

		if (job->generation == generation &&
		    jobs_end(generation, job->id, SIGKILL) != 0)
			loop_stop(control->loop);
	}
}

bool jobs_any(const struct control *control)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (control->jobs[i].generation != NULL)
			return true;
	return false;
}
