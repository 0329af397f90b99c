#define _GNU_SOURCE
#include "quarantine/vault/slow.h"

#include "base/handle.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/banned.h"

struct list {
	struct slow_job *first;
	struct slow_job **last;
	size_t count;
};

struct slow_thread {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool started;
	bool stopping;
	struct list waiting;
	struct list done;
	int event;
};

static void put(struct list *list, struct slow_job *job)
{
	job->next = NULL;
	*list->last = job;
	list->last = &job->next;
	list->count++;
}

static struct slow_job *take(struct list *list)
{
	struct slow_job *job = list->first;

	if (job == NULL)
		return NULL;
	list->first = job->next;
	if (list->first == NULL)
		list->last = &list->first;
	list->count--;
	job->next = NULL;
	return job;
}

static void *run(void *context)
{
	struct slow_thread *thread = context;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&thread->mutex);
	while (true) {
		struct slow_job *job;

		while (thread->waiting.first == NULL && !thread->stopping)
			(void)pthread_cond_wait(&thread->wake, &thread->mutex);
		job = take(&thread->waiting);
		if (job == NULL)
			break;
		if (thread->stopping) {
			job->result = -ERR_CANCELLED;
		} else {
			(void)pthread_mutex_unlock(&thread->mutex);
			job->result = job->work(job->data);
			(void)pthread_mutex_lock(&thread->mutex);
		}
		put(&thread->done, job);
		(void)!write(thread->event, &one, sizeof(one));
	}
	(void)pthread_mutex_unlock(&thread->mutex);
	return NULL;
}

int slow_start(struct slow_thread **ret_thread, int *ret_event)
{
	struct slow_thread *thread = calloc(1, sizeof(*thread));

	if (thread == NULL)
		return -ERR_MEMORY;
	thread->waiting.last = &thread->waiting.first;
	thread->done.last = &thread->done.first;
	(void)pthread_mutex_init(&thread->mutex, NULL);
	(void)pthread_cond_init(&thread->wake, NULL);
	thread->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->event < 0 ||
	    pthread_create(&thread->thread, NULL, run, thread) != 0) {
		slow_free(thread);
		return -ERR_MEMORY;
	}
	thread->started = true;
	*ret_thread = thread;
	*ret_event = thread->event;
	return 0;
}

void slow_stop(struct slow_thread *thread)
{
	if (thread == NULL || !thread->started)
		return;
	(void)pthread_mutex_lock(&thread->mutex);
	thread->stopping = true;
	(void)pthread_cond_signal(&thread->wake);
	(void)pthread_mutex_unlock(&thread->mutex);
	(void)pthread_join(thread->thread, NULL);
	thread->started = false;
}

void slow_free(struct slow_thread *thread)
{
	if (thread == NULL)
		return;
	slow_stop(thread);
	(void)pthread_cond_destroy(&thread->wake);
	(void)pthread_mutex_destroy(&thread->mutex);
	handle_close(&thread->event);
	free(thread);
}

int slow_add(struct slow_thread *thread, struct slow_job *job)
{
	int error = 0;

	(void)pthread_mutex_lock(&thread->mutex);
	if (thread->waiting.count == SLOW_JOBS_MAX || thread->stopping) {
		error = -ERR_TOO_MANY;
	} else {
		put(&thread->waiting, job);
		(void)pthread_cond_signal(&thread->wake);
	}
	(void)pthread_mutex_unlock(&thread->mutex);
	return error;
}

struct slow_job *slow_done(struct slow_thread *thread)
{
	struct slow_job *job;
	uint64_t count;

	(void)!read(thread->event, &count, sizeof(count));
	(void)pthread_mutex_lock(&thread->mutex);
	job = take(&thread->done);
	(void)pthread_mutex_unlock(&thread->mutex);
	return job;
}
