#include "base/killpoint.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void kill_point(const char *name)
{
	/* Asked each time: threads come by here, and nobody sets it. */
	const char *wanted = getenv("SEKISHO_KILL_AT");
	char path[4096];
	size_t size;

	if (wanted == NULL)
		return;
	if (wanted[0] == '*' && wanted[1] == '@') {
		(void)snprintf(path, sizeof(path), "%s/%s", wanted + 2, name);
		if (unlink(path) == 0)
			(void)kill(getpid(), SIGKILL);
		return;
	}
	size = strlen(name);
	if (strncmp(wanted, name, size) != 0 || wanted[size] != '@')
		return;
	if (unlink(wanted + size + 1) == 0)
		(void)kill(getpid(), SIGKILL);
}

bool kill_points_asked(void)
{
	return getenv("SEKISHO_KILL_AT") != NULL;
}
