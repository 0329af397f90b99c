#define _GNU_SOURCE
#include "base/program.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int program_number(const char *text, long least, long most, long *ret_value)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < least ||
	    value > most)
		return -ERR_CONFIG;
	*ret_value = value;
	return 0;
}

int program_edge_add(struct program_edges *edges, char *argument)
{
	char *equals = strchr(argument, '=');
	long fd;

	if (equals == NULL || edges->count == PROGRAM_EDGES_MAX)
		return -ERR_CONFIG;
	if (program_number(equals + 1, 3, INT_MAX, &fd) != 0)
		return -ERR_CONFIG;
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0)
		return -ERR_CONFIG;
	*equals = '\0'; /* argv is ours to cut */
	edges->edges[edges->count++] = (struct program_edge){argument, (int)fd};
	return 0;
}

int program_edge_find(const struct program_edges *edges, const char *name)
{
	for (int i = 0; i < edges->count; i++)
		if (strcmp(edges->edges[i].name, name) == 0)
			return edges->edges[i].fd;
	return -1;
}

int program_signals(unsigned flags, int *ret_fd)
{
	sigset_t set;
	int fd;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -ERR_INTERNAL;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if ((flags & PROGRAM_CHILDREN) != 0)
		(void)sigaddset(&set, SIGCHLD);
	if ((flags & PROGRAM_HANGUP) != 0)
		(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -ERR_INTERNAL;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

void program_signals_reset(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

void program_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	HANDLE_CLEANUP int fd = -1;
	size_t size;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	size = strlen(path);
	if (size >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* systemd not listening is no reason not to work. */
	(void)sendto(
	    fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
}
