#define _GNU_SOURCE
#include "gateway/web/secret.h"

#include "base/handle.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { SECRET_MAX = 64 * 1024 };

static bool is_ours(const struct stat *state, bool secret)
{
	if (!S_ISREG(state->st_mode) || state->st_size > SECRET_MAX)
		return false;
	return !secret || ((state->st_mode & 077) == 0 &&
			   (state->st_uid == geteuid() || state->st_uid == 0));
}

int secret_read(const char *path, bool secret, char **ret_text)
{
	HANDLE_CLEANUP int fd = -1;
	struct stat state;
	ssize_t got;
	char *text;

	if (path[0] == '\0')
		return -ERR_CONFIG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &state) != 0 || !is_ours(&state, secret))
		return -ERR_CONFIG;
	text = calloc(1, SECRET_MAX + 1);
	if (text == NULL)
		return -ERR_MEMORY;
	got = read(fd, text, SECRET_MAX);
	if (got != state.st_size || strlen(text) != (size_t)got) {
		secret_free(text);
		return -ERR_CONFIG;
	}
	*ret_text = text;
	return 0;
}

void secret_free(char *text)
{
	if (text != NULL)
		sodium_memzero(text, SECRET_MAX + 1);
	free(text);
}
