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

/* Maps a whole file read-only; the caller unmaps with handle_unmap(). An empty
 * file gives an empty view. */
int handle_map(int fd, struct view *ret_view) MUST_CHECK;
void handle_unmap(struct view *view);

/* SHA-256 of the whole file. */
int handle_sha256(int fd, uint8_t ret_digest[32]) MUST_CHECK;

#endif
