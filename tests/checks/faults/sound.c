/*
 * Nothing is wrong here: what no tool may complain of, or its findings would
 * have to be switched off.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/handle.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_new(const char *path, int *ret_fd)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < -1)
		return -ERR_IO;
	*ret_fd = handle_take(&fd);
	return 0;
}

static int text_length(const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(1024);

	buffer_text(&buffer, text);
	if (buffer_error(&buffer) != 0)
		return buffer_error(&buffer);
	return (int)buffer_contents(&buffer).size;
}

int main(int count, char **arguments)
{
	HANDLE_CLEANUP int fd = -1;
	struct arena *arena;

	if (count > 1 || open_new(arguments[0], &fd) != 0)
		return 1;
	arena = arena_new(1024);
	if (arena == NULL)
		return 2;
	(void)printf("%d\n", text_length(arguments[0]));
	arena_free(arena);
	return 0;
}
