/*
 * Processes that scan more than one object: those of one item, one after the
 * other (docs/decisions/0102). Between two scans they wait, used and known to
 * nobody but this list.
 */
#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/handle.h"
#include "base/log.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/banned.h"

/* What one process scans at most: its limit of CPU time is for all of it. */
enum { SCANNED_BYTES_MAX = 64 * 1024 * 1024 };

struct idle_scan {
	uint64_t process;
	int channel;
	uint64_t scanned; /* bytes */
	struct item *item;
	struct idle_scan *next;
};

static struct idle_scan *unlink_idle(struct idle_scan **link)
{
	struct idle_scan *idle = *link;

	*link = idle->next;
	return idle;
}

/* Where a process was used before and then fails, a fresh one decides. */
bool scans_take(struct job_run *job)
{
	struct idle_scan **link = &job->broker->idle_scans;

	if (job->kind != JOB_SCAN || job->attempts > 1)
		return false;
	while (*link != NULL && (*link)->item != job->object->item)
		link = &(*link)->next;
	if (*link != NULL) {
		struct idle_scan *idle = unlink_idle(link);

		job->process = idle->process;
		job->channel = idle->channel;
		job->scanned = idle->scanned;
		job->used_before = true;
		free(idle);
	}
	return job->used_before;
}

void scans_begun(struct job_run *job)
{
	const struct object *object = job->object;

	if (job->kind != JOB_SCAN)
		return;
	job->scanned +=
	    job->of_output ? object->output_bytes : object->input_bytes;
	/* The output of the whole item is the last that is scanned. */
	job->stays = (object->parent != NULL || !job->of_output) &&
		     job->scanned <= SCANNED_BYTES_MAX;
	if (!job->stays)
		(void)shutdown(job->channel, SHUT_WR);
}

bool scans_keep(struct job_run *job)
{
	struct broker *broker = job->broker;
	struct idle_scan *idle;

	if (!job->stays)
		return false;
	job->stays = false;
	idle = job->object != NULL && !job->object->item->ended &&
		       job->outcome.error == ERR_NONE
		   ? malloc(sizeof(*idle))
		   : NULL;
	if (idle == NULL) {
		/* It ends when nothing more can come. */
		(void)shutdown(job->channel, SHUT_WR);
		return false;
	}
	loop_unwatch(broker->loop, job->watch);
	job->watch = NULL;
	outbox_close(&job->outbox);
	*idle = (struct idle_scan){
	    .process = job->process,
	    .channel = handle_take(&job->channel),
	    .scanned = job->scanned,
	    .item = job->object->item,
	    .next = broker->idle_scans,
	};
	broker->idle_scans = idle;
	return true;
}

static void idle_free(struct idle_scan *idle)
{
	handle_close(&idle->channel);
	free(idle);
}

void scans_end(const struct item *item)
{
	struct broker *broker = item->broker;
	struct idle_scan **link = &broker->idle_scans;

	while (*link != NULL) {
		struct idle_scan *idle;

		if ((*link)->item != item) {
			link = &(*link)->next;
			continue;
		}
		idle = unlink_idle(link);
		/* One that was taken over would not end by itself. The zygote
		 * being gone has ended it too. */
		if (outbox_send(&broker->zygotes[ZYGOTE_SCANNER].outbox,
				MESSAGE_JOB_KILL, idle->process,
				(struct view){NULL, 0}, -1) != 0)
			log_line(LOG_LINE_WARNING, "scan-kill-failed");
		idle_free(idle);
	}
}

struct item *scans_exited(struct broker *broker, uint64_t process)
{
	struct idle_scan **link = &broker->idle_scans;
	struct item *item = NULL;

	while (*link != NULL && (*link)->process != process)
		link = &(*link)->next;
	if (*link != NULL) {
		struct idle_scan *idle = unlink_idle(link);

		item = idle->item;
		idle_free(idle);
	}
	return item;
}

void scans_lost(struct broker *broker)
{
	while (broker->idle_scans != NULL)
		idle_free(unlink_idle(&broker->idle_scans));
}
