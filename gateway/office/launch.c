/*
 * Starts LibreOffice and waits for its end. Between the job and it there is the
 * first process of its namespace: with that one's end the kernel ends all that
 * LibreOffice started, whatever became of them.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "gateway/office/engine.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	EXIT_START_AGAIN = 81, /* a fresh profile is complete now */
	EXIT_NO_EXEC = 126,
	STARTS_MAX = 2,
	TEXT_MAX = 256,
};

/* What the first process says at the end. */
struct last_words {
	int status;
	uint64_t cpu_ms;
};

static uint64_t milliseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

/* ---- LibreOffice itself ---- */

/* Its messages go to a file, which says why it could not. */
static int set_descriptors(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int messages = open("/tmp/messages",
			    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (nothing < 0 || messages < 0 || dup2(nothing, 0) < 0 ||
	    dup2(messages, 1) < 0 || dup2(messages, 2) < 0)
		return -ERR_SANDBOX_SETUP;
	/* It gets nothing of what the job has. */
	return close_range(3, ~0U, 0) == 0 ? 0 : -ERR_SANDBOX_SETUP;
}

__attribute__((noreturn)) static void
become_office(const struct engine_route *route)
{
	static const char *const environment[] = {
	    "HOME=/tmp", "TMPDIR=/tmp", "PATH=/nonexistent", "LANG=C.UTF-8",
	    "LC_ALL=C.UTF-8", "TZ=UTC0", "SAL_USE_VCLPLUGIN=svp",
	    "SAL_DISABLE_OPENCL=1", "SAL_DISABLESKIA=1", "MAX_CONCURRENCY=2",
	    /* the loader finds the program's folder by /proc */
	    "LD_LIBRARY_PATH=/usr/lib/libreoffice/program", NULL};
	char filter[TEXT_MAX];
	char target[TEXT_MAX];
	char input[TEXT_MAX];
	const char *arguments[] = {
	    SANDBOX_OFFICE_PROGRAM,
	    "-env:UserInstallation=file:///tmp/profile",
	    "--headless",
	    "--nologo",
	    "--nodefault",
	    "--norestore",
	    "--nolockcheck",
	    "--nofirststartwizard",
	    "--convert-to",
	    target,
	    "--outdir",
	    "/tmp/out",
	    route->reads[0] != '\0' ? filter : "--headless",
	    input,
	    NULL,
	};

	(void)snprintf(filter, sizeof(filter), "--infilter=%s", route->reads);
	(void)snprintf(target, sizeof(target), "%s:%s", route->output,
		       route->writes);
	(void)snprintf(input, sizeof(input), "/tmp/in/document.%s",
		       route->kind);
	if (set_descriptors() != 0)
		_exit(EXIT_NO_EXEC);
	(void)execve(SANDBOX_OFFICE_PROGRAM,
		     (char *const *)(uintptr_t)arguments,
		     (char *const *)(uintptr_t)environment);
	_exit(EXIT_NO_EXEC);
}

/* ---- the first process ---- */

/* Waits for one child; those of others that were left behind come here too. */
static int wait_for(pid_t child)
{
	int status = 0;
	pid_t ended;

	do
		ended = wait(&status);
	while (ended != child && (ended > 0 || errno == EINTR));
	return ended == child ? status : EXIT_NO_EXEC << 8;
}

static int run_office(const struct engine_route *route)
{
	int status = EXIT_START_AGAIN << 8;

	for (int i = 0; i < STARTS_MAX && WIFEXITED(status) &&
			WEXITSTATUS(status) == EXIT_START_AGAIN;
	     i++) {
		pid_t child = fork();

		if (child == 0)
			become_office(route);
		if (child < 0)
			return EXIT_NO_EXEC << 8;
		status = wait_for(child);
	}
	return status;
}

__attribute__((noreturn)) static void be_first(const struct engine_route *route,
					       int socket)
{
	struct last_words words = {0};
	struct rusage usage;
	char byte;

	/* It must not outlive the job; one that is gone already says nothing
	 * any more. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    read(socket, &byte, 1) != 1)
		_exit(EXIT_NO_EXEC);
	words.status = run_office(route);
	if (getrusage(RUSAGE_CHILDREN, &usage) == 0)
		words.cpu_ms =
		    milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
	if (write(socket, &words, sizeof(words)) != (ssize_t)sizeof(words))
		_exit(EXIT_NO_EXEC);
	_exit(0);
}

/* ---- the job ---- */

static uint64_t now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* False when the time is up. */
static bool wait_until(int socket, uint64_t end_ms)
{
	struct pollfd polled = {.fd = socket, .events = POLLIN};
	int count;

	do {
		uint64_t now = now_ms();

		if (now >= end_ms)
			return false;
		count = poll(&polled, 1, (int)(end_ms - now));
	} while (count < 0 && errno == EINTR);
	return count != 0;
}

static void end_all(pid_t first)
{
	int status;

	(void)kill(first, SIGKILL);
	while (waitpid(first, &status, 0) < 0 && errno == EINTR)
		continue;
}

int launch(const struct engine_route *route, uint32_t seconds,
	   struct engine_end *ret_end)
{
	uint64_t end_ms = now_ms() + (uint64_t)seconds * 1000;
	struct last_words words = {.status = SIGKILL};
	int pair[2];
	pid_t first;
	bool late;
	int error = frame_pair(pair);

	if (error != 0)
		return error;
	first = fork();
	if (first == 0) {
		handle_close(&pair[0]);
		be_first(route, pair[1]);
	}
	handle_close(&pair[1]);
	if (first < 0 || write(pair[0], "!", 1) != 1) {
		handle_close(&pair[0]);
		return -ERR_SANDBOX_SETUP;
	}
	late = !wait_until(pair[0], end_ms);
	/* Of one that ended without a word it is known that it did. */
	if (!late && recv(pair[0], &words, sizeof(words), MSG_DONTWAIT) !=
			 (ssize_t)sizeof(words))
		words = (struct last_words){.status = SIGKILL};
	end_all(first);
	handle_close(&pair[0]);
	*ret_end = (struct engine_end){
	    .late = late, .status = words.status, .cpu_ms = words.cpu_ms};
	return 0;
}
