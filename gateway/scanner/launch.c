#define _GNU_SOURCE
#include "gateway/scanner/launch.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/banned.h"

/* By exec, not by fork alone: a generation has addresses of its own and none
 * of the edges. */
__attribute__((noreturn)) static void
become_generation(int socket, const struct generation_options *options)
{
	char edge[32];
	char age[16];
	const char *arguments[] = {
	    "sekisho-scanner",
	    "--edge",
	    edge,
	    "--definitions",
	    options->definitions,
	    "--scratch",
	    options->scratch,
	    "--max-age",
	    age,
	    NULL,
	};

	(void)snprintf(edge, sizeof(edge), "generation=%d", socket);
	(void)snprintf(age, sizeof(age), "%u", options->max_age_hours);
	program_signals_reset();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    fcntl(socket, F_SETFD, 0) == 0)
		(void)execv("/proc/self/exe", (char *const *)arguments);
	_exit(127);
}

int launch_generation(const struct generation_options *options,
		      pid_t *ret_process, int *ret_socket)
{
	int pair[2]; /* ours, theirs */
	pid_t process = -1;
	int error = frame_pair(pair);

	if (error != 0)
		return error;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0)
		process = fork();
	if (process == 0)
		become_generation(pair[1], options);
	if (process < 0) {
		error = error_from_errno(errno);
		handle_close(&pair[0]);
	}
	handle_close(&pair[1]);
	if (error != 0)
		return error;
	*ret_process = process;
	*ret_socket = pair[0];
	return 0;
}
