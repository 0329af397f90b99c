#define _GNU_SOURCE
#include "gateway/mail/attempts.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/banned.h"

enum { SLOTS = 4096, PATH_SIZE = 4096 };

struct slot {
	uint8_t id[ITEM_ID_SIZE / 2]; /* all zero: free */
	uint32_t failures;
	uint32_t open; /* attempts under way */
	uint64_t run;  /* of the door that has them */
};

struct attempts {
	pthread_mutex_t lock;
	struct slot *slots; /* SLOTS of them, shared with the file */
	uint64_t run;
	unsigned oldest; /* the next to be given up when all are taken */
};

static int open_file(const char *folder, const char *name, int *ret_fd)
{
	char path[PATH_SIZE];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -ERR_IO;
	if (ftruncate(fd, SLOTS * sizeof(struct slot)) != 0) {
		handle_close(&fd);
		return -ERR_NO_SPACE;
	}
	*ret_fd = fd;
	return 0;
}

struct attempts *attempts_open(const char *folder, const char *name)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));
	HANDLE_CLEANUP int fd = -1;

	if (attempts == NULL || open_file(folder, name, &fd) != 0 ||
	    pthread_mutex_init(&attempts->lock, NULL) != 0) {
		free(attempts);
		return NULL;
	}
	/* Blocks that a full disk would refuse later, as SIGBUS. */
	if (posix_fallocate(fd, 0, SLOTS * sizeof(struct slot)) == 0)
		attempts->slots =
		    mmap(NULL, SLOTS * sizeof(struct slot),
			 PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (attempts->slots == NULL || attempts->slots == MAP_FAILED) {
		free(attempts);
		return NULL;
	}
	randombytes_buf(&attempts->run, sizeof(attempts->run));
	return attempts;
}

void attempts_close(struct attempts *attempts)
{
	if (attempts == NULL)
		return;
	(void)munmap(attempts->slots, SLOTS * sizeof(struct slot));
	free(attempts);
}

static void read_id(const char *item_id, uint8_t ret_id[ITEM_ID_SIZE / 2])
{
	memset(ret_id, 0, ITEM_ID_SIZE / 2);
	(void)sodium_hex2bin(ret_id, ITEM_ID_SIZE / 2, item_id, ITEM_ID_SIZE,
			     NULL, NULL, NULL);
}

static struct slot *find(struct attempts *attempts,
			 const uint8_t id[ITEM_ID_SIZE / 2])
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (memcmp(attempts->slots[i].id, id, ITEM_ID_SIZE / 2) == 0)
			return &attempts->slots[i];
	return NULL;
}

/* A free one, else the one that was taken longest ago. */
static struct slot *take(struct attempts *attempts)
{
	static const uint8_t none[ITEM_ID_SIZE / 2];
	struct slot *slot = find(attempts, none);

	if (slot == NULL)
		slot = &attempts->slots[attempts->oldest++ % SLOTS];
	return slot;
}

unsigned attempts_begin(struct attempts *attempts, const char *item_id)
{
	uint8_t id[ITEM_ID_SIZE / 2];
	struct slot *slot;
	unsigned failures;

	read_id(item_id, id);
	if (pthread_mutex_lock(&attempts->lock) != 0)
		abort();
	slot = find(attempts, id);
	if (slot == NULL) {
		slot = take(attempts);
		*slot = (struct slot){.run = attempts->run};
		(void)!bytes_copy(slot->id, sizeof(slot->id),
				  view_of(id, sizeof(id)));
	}
	/* Begun by a door that is gone: it died over it, or beside it. */
	if (slot->run != attempts->run) {
		slot->failures += slot->open > 0;
		slot->open = 0;
		slot->run = attempts->run;
	}
	slot->open++;
	failures = slot->failures;
	(void)pthread_mutex_unlock(&attempts->lock);
	return failures;
}

void attempts_end(struct attempts *attempts, const char *item_id,
		  enum attempt_end end)
{
	uint8_t id[ITEM_ID_SIZE / 2];
	struct slot *slot;

	read_id(item_id, id);
	if (pthread_mutex_lock(&attempts->lock) != 0)
		abort();
	slot = find(attempts, id);
	if (slot != NULL) {
		if (slot->open > 0)
			slot->open--;
		if (end == ATTEMPT_FAILED)
			slot->failures++;
		if (end == ATTEMPT_DONE)
			slot->failures = 0;
		if (slot->failures == 0 && slot->open == 0)
			*slot = (struct slot){0};
	}
	(void)pthread_mutex_unlock(&attempts->lock);
}
