#define _GNU_SOURCE
#include "gateway/cli/content.h"

#include "base/handle.h"

#include <fcntl.h>
#include <stdlib.h>

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

int input_copy(const char *path, uint64_t limit, uint64_t *ret_bytes,
	       int *ret_fd)
{
	HANDLE_CLEANUP int from = -1;
	const char *folder = getenv("TMPDIR");
	uint64_t copied;
	int error = open_regular(path, ret_bytes, &from);

	if (error != 0)
		return error;
	if (folder == NULL || folder[0] != '/')
		folder = "/var/tmp";
	return content_copy(from, limit, folder, &copied, ret_fd);
}
