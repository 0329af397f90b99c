/*
 * Hashes and copies of large content, off the event loop. One thread: these
 * are bound by memory and disk, and the processors belong to the jobs. What
 * it works on is its own descriptor, so whoever asked may be gone meanwhile.
 */
#define _GNU_SOURCE
#include "gateway/broker/digest.h"

#include "base/handle.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/banned.h"

/* Below it a hand-over costs more than the hash. */
enum { AT_ONCE_BYTES = 64 * 1024, STACK_BYTES = 256 * 1024 };

struct digest {
	struct digest_result result;
	digest_callback *callback; /* NULL: cancelled */
	void *context;
	int fd;
	char *copy_folder; /* NULL: hash only */
	uint64_t limit;
	struct digest *next;
};

struct digests {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct digest *first; /* to be done, under the lock */
	struct digest **last;
	struct digest *done; /* in any order, under the lock */
	int event;
};

static void work(struct digest *digest)
{
	struct digest_result *result = &digest->result;
	HANDLE_CLEANUP int copy = -1;

	if (digest->copy_folder != NULL) {
		result->error =
		    content_copy(digest->fd, digest->limit, digest->copy_folder,
				 &result->size, &copy);
		if (result->error != 0)
			return;
		handle_close(&digest->fd);
		digest->fd = handle_take(&copy);
	}
	result->error = handle_sha256(digest->fd, result->sha256);
}

static void *run(void *context)
{
	struct digests *digests = context;
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&digests->lock);
	for (;;) {
		struct digest *digest = digests->first;

		if (digest == NULL) {
			(void)pthread_cond_wait(&digests->wanted,
						&digests->lock);
			continue;
		}
		digests->first = digest->next;
		if (digests->first == NULL)
			digests->last = &digests->first;
		(void)pthread_mutex_unlock(&digests->lock);
		work(digest);
		(void)pthread_mutex_lock(&digests->lock);
		digest->next = digests->done;
		digests->done = digest;
		(void)!write(digests->event, &one, sizeof(one));
	}
	return NULL;
}

static void digest_free(struct digest *digest)
{
	handle_close(&digest->fd);
	free(digest->copy_folder);
	free(digest);
}

static void finish(struct digest *digest)
{
	if (digest->callback != NULL) {
		digest->result.fd =
		    digest->copy_folder != NULL && digest->result.error == 0
			? handle_take(&digest->fd)
			: -1;
		digest->callback(digest->context, &digest->result);
	}
	digest_free(digest);
}

static void on_done(void *context, int fd)
{
	struct digests *digests = context;
	struct digest *digest;
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
	(void)pthread_mutex_lock(&digests->lock);
	digest = digests->done;
	digests->done = NULL;
	(void)pthread_mutex_unlock(&digests->lock);
	while (digest != NULL) {
		struct digest *next = digest->next;

		finish(digest);
		digest = next;
	}
}

static int start_thread(struct digests *digests)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);

	if (error == 0)
		error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (error == 0)
		error =
		    pthread_create(&digests->thread, &attributes, run, digests);
	return error == 0 ? 0 : -ERR_MEMORY;
}

int digests_start(struct loop *loop, struct digests **ret_digests)
{
	struct digests *digests = calloc(1, sizeof(*digests));

	if (digests == NULL)
		return -ERR_MEMORY;
	digests->last = &digests->first;
	digests->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pthread_mutex_init(&digests->lock, NULL) != 0 ||
	    pthread_cond_init(&digests->wanted, NULL) != 0 ||
	    digests->event < 0 ||
	    loop_watch(loop, digests->event, on_done, digests) == NULL)
		return -ERR_MEMORY;
	*ret_digests = digests;
	return start_thread(digests);
}

static int hand_over(struct digests *digests, struct digest *digest, int fd)
{
	digest->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (digest->fd < 0) {
		digest_free(digest);
		return -ERR_INTERNAL;
	}
	(void)pthread_mutex_lock(&digests->lock);
	*digests->last = digest;
	digests->last = &digest->next;
	(void)pthread_cond_signal(&digests->wanted);
	(void)pthread_mutex_unlock(&digests->lock);
	return 0;
}

static struct digest *digest_new(digest_callback *callback, void *context)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (digest != NULL)
		*digest = (struct digest){.callback = callback,
					  .context = context,
					  .fd = -1,
					  .result = {.fd = -1}};
	return digest;
}

int digest_content(struct digests *digests, int fd, uint64_t size,
		   uint8_t ret_sha256[32], digest_callback *callback,
		   void *context, struct digest **ret_digest)
{
	struct digest *digest;
	int error;

	*ret_digest = NULL;
	if (size <= AT_ONCE_BYTES)
		return handle_sha256(fd, ret_sha256);
	digest = digest_new(callback, context);
	if (digest == NULL)
		return -ERR_MEMORY;
	error = hand_over(digests, digest, fd);
	if (error == 0)
		*ret_digest = digest;
	return error;
}

int digest_copy(struct digests *digests, int fd, uint64_t limit,
		const char *folder, digest_callback *callback, void *context,
		struct digest **ret_digest)
{
	struct digest *digest = digest_new(callback, context);
	int error;

	*ret_digest = NULL;
	if (digest == NULL)
		return -ERR_MEMORY;
	digest->copy_folder = strdup(folder);
	digest->limit = limit;
	if (digest->copy_folder == NULL) {
		digest_free(digest);
		return -ERR_MEMORY;
	}
	error = hand_over(digests, digest, fd);
	if (error == 0)
		*ret_digest = digest;
	return error;
}

void digest_cancel(struct digest *digest)
{
	if (digest != NULL)
		digest->callback = NULL;
}
