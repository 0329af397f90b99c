#define _GNU_SOURCE
#include "gateway/cli/postfix.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static int read_all(int fd, struct buffer *text)
{
	uint8_t chunk[4096];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno != EINTR)
			return -ERR_IO;
		if (got > 0)
			buffer_bytes(text, chunk, (size_t)got);
	}
	return buffer_error(text);
}

static int start(char *const arguments[], int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int error;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ERR_MEMORY;
	error = posix_spawn_file_actions_adddup2(&actions, output, 1);
	error |=
	    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	if (error == 0 && posix_spawnp(ret_pid, arguments[0], &actions, NULL,
				       arguments, environ) != 0)
		error = -ERR_NOT_FOUND;
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int run(char *const arguments[], struct buffer *ret_text)
{
	int fds[2];
	int status = 0;
	pid_t pid = 0;
	int error;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_from_errno(errno);
	error = start(arguments, fds[1], &pid);
	handle_close(&fds[1]);
	if (error == 0)
		error = read_all(fds[0], ret_text);
	handle_close(&fds[0]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && error == 0 &&
	    (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		error = -ERR_CONFIG;
	return error;
}

int postconf_run(const char *folder, const char *option,
		 struct buffer *ret_text)
{
	char *const arguments[] = {(char[]){"postconf"}, (char[]){"-c"},
				   (char *)(uintptr_t)folder,
				   (char *)(uintptr_t)option, NULL};

	return run(arguments, ret_text);
}

/* The end of the first table of a list: blanks and commas divide them, braces
 * hold them together. */
static size_t table_length(const char *tables)
{
	size_t length = 0;
	int depth = 0;

	for (; tables[length] != '\0'; length++) {
		depth += tables[length] == '{';
		depth -= tables[length] == '}';
		if (depth <= 0 && strchr(" ,\t", tables[length]) != NULL)
			break;
	}
	return length;
}

bool postmap_find(const char *folder, const char *tables, const char *key,
		  char *ret_value, size_t size)
{
	ret_value[0] = '\0';
	for (tables += strspn(tables, " ,\t"); *tables != '\0';
	     tables += strspn(tables, " ,\t")) {
		BUFFER_CLEANUP struct buffer text = buffer_make(1 << 16);
		size_t length = table_length(tables);
		char *table = strndup(tables, length);
		char *const arguments[] = {(char[]){"postmap"},
					   (char[]){"-c"},
					   (char *)(uintptr_t)folder,
					   (char[]){"-q"},
					   (char *)(uintptr_t)key,
					   table,
					   NULL};
		int error = table == NULL ? -ERR_MEMORY : run(arguments, &text);

		free(table);
		tables += length;
		buffer_u8(&text, 0);
		if (error != 0 || buffer_error(&text) != 0)
			continue;
		(void)snprintf(ret_value, size, "%.*s",
			       (int)strcspn((const char *)text.data, "\n"),
			       (const char *)text.data);
		return true;
	}
	return false;
}

void postconf_value(struct view text, const char *name, char *value,
		    size_t size)
{
	size_t length = strlen(name);
	struct cursor cursor = cursor_at(text, 0);

	value[0] = '\0';
	while (cursor_left(&cursor) > 0) {
		size_t end =
		    view_find(text, view_of_string("\n"), cursor.offset);
		struct view line =
		    cursor_take(&cursor, (end == SIZE_MAX ? text.size : end) -
					     cursor.offset);

		cursor_skip(&cursor, 1);
		if (!view_starts_with(line, name) || line.size < length + 2 ||
		    line.data[length] != ' ' || line.data[length + 1] != '=')
			continue;
		line = view_slice(line, length + 2, line.size);
		while (line.size > 0 && line.data[0] == ' ')
			line = view_slice(line, 1, line.size);
		(void)snprintf(value, size, "%.*s", (int)line.size,
			       (const char *)line.data);
		return;
	}
}
