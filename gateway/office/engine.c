#define _GNU_SOURCE
#include "gateway/office/engine.h"

#include "base/handle.h"
#include "gateway/sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

enum { MESSAGES_MAX = 4096 };

bool engine_is_there(void)
{
	return access(SANDBOX_OFFICE_PROGRAM, X_OK) == 0;
}

static int write_input(const struct engine_task *task)
{
	HANDLE_CLEANUP int fd = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/in/document.%s",
		       task->route->kind);
	if (mkdir("/tmp/in", 0700) != 0 || mkdir("/tmp/out", 0700) != 0)
		return -ERR_SANDBOX_SETUP;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -ERR_SANDBOX_SETUP : handle_write_all(fd, task->input);
}

/* ---- what it left ---- */

static bool is_expected(const struct engine_route *route, const char *name)
{
	char expected[64];

	(void)snprintf(expected, sizeof(expected), "document.%s",
		       route->output);
	return strcmp(name, expected) == 0;
}

/* One file of the name that it was asked for, and nothing else. */
static int check_folder(const struct engine_route *route)
{
	DIR *folder = opendir("/tmp/out");
	const struct dirent *entry;
	bool found = false;
	bool other = false;

	if (folder == NULL)
		return -ERR_OFFICE_OUTPUTS;
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (is_expected(route, entry->d_name))
			found = true;
		else
			other = true;
	}
	(void)closedir(folder);
	if (other)
		return -ERR_OFFICE_OUTPUTS;
	return found ? 0 : -ERR_OFFICE_NO_OUTPUT;
}

static int read_output(const struct engine_task *task, struct view *ret_output)
{
	HANDLE_CLEANUP int fd = -1;
	struct stat status;
	char path[64];
	int error = check_folder(task->route);

	if (error != 0)
		return error;
	(void)snprintf(path, sizeof(path), "/tmp/out/document.%s",
		       task->route->output);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return -ERR_OFFICE_OUTPUTS;
	if (status.st_size <= 0)
		return -ERR_OFFICE_NO_OUTPUT;
	if ((uint64_t)status.st_size > task->limits->output_bytes)
		return -ERR_LIMIT_OUTPUT;
	return handle_map(fd, ret_output);
}

/* ---- how it ended ---- */

static void read_messages(char text[MESSAGES_MAX])
{
	HANDLE_CLEANUP int fd = open(
	    "/tmp/messages", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, text, MESSAGES_MAX - 1);

	text[size > 0 ? size : 0] = '\0';
}

static bool says_memory(const char *messages)
{
	static const char *const words[] = {
	    "bad_alloc", "failed to map segment", "annot allocate memory",
	    "cannot create thread"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(messages, words[i]) != NULL)
			return true;
	return false;
}

/* Its last line, without what is not printable. */
static void take_detail(const char *messages, char detail[ENGINE_DETAIL_MAX])
{
	size_t size = strlen(messages);
	size_t begin;
	size_t at = 0;

	while (size > 0 && messages[size - 1] == '\n')
		size--;
	begin = size;
	while (begin > 0 && messages[begin - 1] != '\n')
		begin--;
	while (begin < size && at < ENGINE_DETAIL_MAX - 1) {
		char byte = messages[begin++];

		detail[at++] = byte >= 0x20 && byte < 0x7F ? byte : '?';
	}
	detail[at] = '\0';
}

static enum error reason_of_signal(const struct engine_task *task,
				   const struct engine_end *end,
				   const char *messages)
{
	/* It handles some signals by ending with others. */
	if (end->cpu_ms >= (uint64_t)task->limits->cpu_seconds * 1000)
		return ERR_LIMIT_CPU;
	switch (WTERMSIG(end->status)) {
	case SIGSYS:
		return ERR_SANDBOX_DENIED;
	case SIGXCPU:
		return ERR_LIMIT_CPU;
	case SIGXFSZ:
		return ERR_LIMIT_OUTPUT;
	default:
		return says_memory(messages) ? ERR_MEMORY : ERR_OFFICE_CRASHED;
	}
}

static int judge_end(const struct engine_task *task,
		     const struct engine_end *end,
		     char detail[ENGINE_DETAIL_MAX])
{
	char messages[MESSAGES_MAX] = "";

	if (end->late)
		return -ERR_OFFICE_TIME;
	read_messages(messages);
	if (WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0) {
		take_detail(messages, detail);
		return 0;
	}
	if (WIFSIGNALED(end->status)) {
		(void)snprintf(detail, ENGINE_DETAIL_MAX, "signal %d",
			       WTERMSIG(end->status));
		return -(int)reason_of_signal(task, end, messages);
	}
	(void)snprintf(detail, ENGINE_DETAIL_MAX, "exit %d",
		       WEXITSTATUS(end->status));
	return says_memory(messages) ? -ERR_MEMORY : -ERR_OFFICE_CRASHED;
}

int engine_run(const struct engine_task *task, struct view *ret_output,
	       char detail[ENGINE_DETAIL_MAX])
{
	/* Half of what the whole item has: what hangs holds this object and
	 * not what it came with. */
	uint32_t seconds = task->limits->seconds / 2;
	struct engine_end end;
	int error = write_input(task);

	detail[0] = '\0';
	if (error == 0)
		error = profile_write();
	if (error == 0)
		error = launch(task->route, seconds > 0 ? seconds : 1, &end);
	if (error == 0)
		error = judge_end(task, &end, detail);
	if (error == 0)
		error = read_output(task, ret_output);
	if (error == 0)
		detail[0] = '\0';
	return error;
}
