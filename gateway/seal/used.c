#define _GNU_SOURCE
#include "gateway/seal/used.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { ENTRIES_FIRST = 4096, PATH_SIZE = 4096 };

#define FILE_NAME "seals-used"

/* One use, as it lies in the file; little-endian as the machine. */
struct use {
	uint8_t tag[SEAL_TAG_SIZE];
	uint64_t seconds;
};

struct entry {
	uint8_t tag[SEAL_TAG_SIZE];
	uint64_t seconds; /* of the last use; 0: free */
	uint32_t count;
};

struct used {
	pthread_mutex_t lock;
	int fd;
	uint64_t size; /* of the file: whole uses only */
	uint64_t lifetime;
	struct entry *entries; /* open addressing, at most half full */
	size_t capacity;       /* a power of two */
	size_t count;
};

/* Tags are random: their first bytes are a hash. */
static struct entry *find(struct entry *entries, size_t capacity,
			  const uint8_t tag[SEAL_TAG_SIZE])
{
	size_t at = 0;

	for (unsigned i = 0; i < 8; i++)
		at = at << 8 | tag[i];
	for (;; at++) {
		struct entry *entry = &entries[at & (capacity - 1)];

		if (entry->seconds == 0 ||
		    memcmp(entry->tag, tag, SEAL_TAG_SIZE) == 0)
			return entry;
	}
}

static int grow(struct used *used)
{
	size_t capacity =
	    used->capacity == 0 ? ENTRIES_FIRST : used->capacity * 2;
	struct entry *entries = calloc(capacity, sizeof(*entries));

	if (entries == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < used->capacity; i++)
		if (used->entries[i].seconds != 0)
			*find(entries, capacity, used->entries[i].tag) =
			    used->entries[i];
	free(used->entries);
	used->entries = entries;
	used->capacity = capacity;
	return 0;
}

static int remember(struct used *used, const struct use *use)
{
	struct entry *entry;
	int error = 0;

	if (2 * (used->count + 1) > used->capacity)
		error = grow(used);
	if (error != 0)
		return error;
	entry = find(used->entries, used->capacity, use->tag);
	used->count += entry->seconds == 0;
	(void)!bytes_copy(entry->tag, SEAL_TAG_SIZE,
			  view_of(use->tag, SEAL_TAG_SIZE));
	entry->seconds = use->seconds == 0 ? 1 : use->seconds;
	entry->count++;
	return 0;
}

/* What is not expired, to `to`; half a use at the end, of a crash, goes. */
static int read_all(struct used *used, int from, int to)
{
	uint64_t now = (uint64_t)time(NULL);
	struct view content;
	int error = handle_map(from, &content);
	struct cursor cursor = cursor_at(content, 0);

	while (error == 0 && cursor_left(&cursor) >= sizeof(struct use)) {
		struct view bytes = cursor_take(&cursor, sizeof(struct use));
		struct use use = {0};

		if (!bytes_copy(&use, sizeof(use), bytes))
			break;
		if (use.seconds + used->lifetime < now)
			continue;
		error = remember(used, &use);
		if (error == 0)
			error = handle_write_all(to, bytes);
		used->size += sizeof(use);
	}
	handle_unmap(&content);
	return error;
}

/* Reads what is there and puts a fresh file in its place. */
static int load(struct used *used, int folder)
{
	HANDLE_CLEANUP int old =
	    openat(folder, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int error = 0;

	if (old < 0 && errno != ENOENT)
		return -ERR_IO;
	used->fd =
	    openat(folder, FILE_NAME ".new",
		   O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (used->fd < 0)
		return -ERR_IO;
	if (old >= 0)
		error = read_all(used, old, used->fd);
	if (error != 0)
		return error;
	return fdatasync(used->fd) == 0 &&
		       renameat(folder, FILE_NAME ".new", folder, FILE_NAME) ==
			   0 &&
		       fsync(folder) == 0
		   ? 0
		   : -ERR_IO;
}

struct used *used_open(const char *folder, uint64_t lifetime)
{
	HANDLE_CLEANUP int at =
	    open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct used *used = calloc(1, sizeof(*used));

	if (used == NULL || at < 0) {
		free(used);
		return NULL;
	}
	used->fd = -1;
	used->lifetime = lifetime;
	if (pthread_mutex_init(&used->lock, NULL) != 0 || grow(used) != 0 ||
	    load(used, at) != 0) {
		used_close(used);
		return NULL;
	}
	return used;
}

void used_close(struct used *used)
{
	if (used == NULL)
		return;
	handle_close(&used->fd);
	free(used->entries);
	free(used);
}

/* Whole and synced, or as it was before. */
static int append(struct used *used, struct view uses)
{
	int error = 0;
	ssize_t written =
	    pwrite(used->fd, uses.data, uses.size, (off_t)used->size);

	if (written < 0)
		error = error_from_errno(errno);
	else if ((size_t)written != uses.size)
		error = -ERR_NO_SPACE;
	kill_point("seal.written");
	if (error == 0 && fdatasync(used->fd) != 0)
		error = error_from_errno(errno);
	if (error == 0)
		used->size += uses.size;
	else if (ftruncate(used->fd, (off_t)used->size) != 0)
		error = -ERR_IO; /* overwritten by the next one */
	return error;
}

static int add(struct used *used, const uint8_t (*tags)[SEAL_TAG_SIZE],
	       size_t count, unsigned most, bool *ret_again)
{
	struct use *uses = calloc(count + 1, sizeof(*uses));
	uint64_t now = (uint64_t)time(NULL);
	bool again = false;
	int error = uses == NULL ? -ERR_MEMORY : 0;

	for (size_t i = 0; error == 0 && i < count; i++) {
		const struct entry *entry =
		    find(used->entries, used->capacity, tags[i]);

		if (entry->seconds != 0 && entry->count >= most)
			error = -ERR_STALE;
		again |= entry->seconds != 0;
		uses[i].seconds = now;
		(void)!bytes_copy(uses[i].tag, SEAL_TAG_SIZE,
				  view_of(tags[i], SEAL_TAG_SIZE));
	}
	if (error == 0)
		error = append(used, view_of(uses, count * sizeof(*uses)));
	for (size_t i = 0; error == 0 && i < count; i++)
		error = remember(used, &uses[i]);
	free(uses);
	if (error == 0)
		*ret_again = again;
	return error;
}

int used_add(struct used *used, const uint8_t (*tags)[SEAL_TAG_SIZE],
	     size_t count, unsigned most, bool *ret_again)
{
	int error;

	if (pthread_mutex_lock(&used->lock) != 0)
		abort();
	error = add(used, tags, count, most, ret_again);
	(void)pthread_mutex_unlock(&used->lock);
	return error;
}
