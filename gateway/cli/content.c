#define _GNU_SOURCE
#include "gateway/cli/content.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* O_NONBLOCK: a FIFO must not keep us waiting for its writer. */
static int open_regular(const char *path, uint64_t *ret_size, int *ret_fd)
{
	HANDLE_CLEANUP int fd =
	    open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -ERR_INTAKE_UNREADABLE;
	error = handle_size(fd, ret_size);
	if (error != 0)
		return error;
	*ret_fd = handle_take(&fd);
	return 0;
}

static int unlinked_file(int *ret_fd)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (folder == NULL || folder[0] != '/')
		folder = "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

/* To the end, whatever the size was a moment ago. */
static int copy(int from, int to, uint64_t limit)
{
	uint8_t chunk[65536];
	uint64_t total = 0;

	for (;;) {
		ssize_t got = read(from, chunk, sizeof(chunk));
		int error;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -ERR_INTAKE_UNREADABLE;
		if (got == 0)
			return 0;
		total += (uint64_t)got;
		if (total > limit)
			return -ERR_LIMIT_INPUT;
		error = handle_write_all(to, view_of(chunk, (size_t)got));
		if (error != 0)
			return error;
	}
}

static int reopen_read_only(int fd, int *ret_fd)
{
	char path[64];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		return error_from_errno(errno);
	*ret_fd = again;
	return 0;
}

int content_copy(const char *path, uint64_t limit, uint64_t *ret_bytes,
		 int *ret_fd)
{
	HANDLE_CLEANUP int from = -1;
	HANDLE_CLEANUP int to = -1;
	uint64_t size;
	bool small;
	int error = open_regular(path, &size, &from);

	if (error != 0)
		return error;
	*ret_bytes = size;
	if (size > limit)
		return -ERR_LIMIT_INPUT;
	small = size <= CONTENT_MEMORY_MAX;
	error = small ? memory_file_new("input", &to) : unlinked_file(&to);
	if (error == 0)
		error = copy(from, to, limit);
	if (error != 0)
		return error;
	if (!small)
		return reopen_read_only(to, ret_fd);
	error = memory_file_seal(to);
	if (error == 0)
		*ret_fd = handle_take(&to);
	return error;
}
