/*
 * File descriptors and the memory files that carry content between programs.
 */
#ifndef SEKISHO_BASE_HANDLE_H
#define SEKISHO_BASE_HANDLE_H

#include "base/view.h"

/* Closes *fd when it is not negative and sets it to -1; errno is kept. */
void handle_close(int *fd);

#define HANDLE_CLEANUP __attribute__((cleanup(handle_close)))

/* Takes the descriptor out of the reach of its cleanup. */
static inline int handle_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* An empty memory file that can be sealed; close-on-exec. */
int memory_file_new(const char *name, int *ret_fd) MUST_CHECK;

/* A sealed memory file that holds `content`. */
int memory_file_from(const char *name, struct view content,
		     int *ret_fd) MUST_CHECK;

/* Forbids every further change; -ERR_IO when somebody still maps it
 * writable. */
int memory_file_seal(int fd) MUST_CHECK;

/* Whether nobody, the sender included, can change it any more. */
bool memory_file_is_sealed(int fd);

/* Size in bytes of a regular or memory file. */
int handle_size(int fd, uint64_t *ret_size) MUST_CHECK;

/* Writes all of it, over interruptions and short writes. */
int handle_write_all(int fd, struct view bytes) MUST_CHECK;

/* Copies `size` bytes from the start of `from` to the end of `to`. */
int handle_copy(int from, int to, uint64_t size) MUST_CHECK;

/*
 * Content on its way between programs: up to HANDLE_MEMORY_MAX bytes in memory,
 * above it in an unlinked file of `folder`, which nobody can give a name.
 */
#define HANDLE_MEMORY_MAX (64ULL * 1024 * 1024)

/* An empty one to be written, for about `size` bytes. -ERR_NO_SPACE: nothing
 * can be made in `folder`. */
int content_new(uint64_t size, const char *folder, int *ret_fd) MUST_CHECK;

/*
 * From here on nobody can change it: memory is sealed (-ERR_IO when somebody
 * maps it writable); a file is opened anew for reading only, and *fd becomes
 * that, so the caller must know that nobody else can write to it.
 */
int content_freeze(int *fd) MUST_CHECK;

/* Whether that is so: sealed memory, or a file without a name, open for
 * reading only, that no process has open for writing. Who owns such a file
 * could open it again by way of /proc, so for a file this holds only as far
 * as its sender is trusted. */
bool content_is_frozen(int fd);

/*
 * A frozen copy of a whole file, up to its end as it is when that is reached;
 * `ret_size` is what was copied. -ERR_LIMIT_INPUT: more than `limit` bytes;
 * -ERR_INTAKE_UNREADABLE: reading failed; -ERR_NO_SPACE.
 */
int content_copy(int from, uint64_t limit, const char *folder,
		 uint64_t *ret_size, int *ret_fd) MUST_CHECK;

/* Maps a whole file read-only; the caller unmaps with handle_unmap(). An empty
 * file gives an empty view. */
int handle_map(int fd, struct view *ret_view) MUST_CHECK;
void handle_unmap(struct view *view);

/* SHA-256 of the whole file. */
int handle_sha256(int fd, uint8_t ret_digest[32]) MUST_CHECK;

#endif
