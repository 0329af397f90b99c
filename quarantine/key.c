#define _GNU_SOURCE
#include "quarantine/key.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { KEY_TEXT_SIZE = 2 * KEY_SIZE + 1 };

int folder_sync(const char *folder)
{
	HANDLE_CLEANUP int fd =
	    open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return error_from_errno(errno);
	return 0;
}

int folder_make(const char *folder)
{
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_from_errno(errno);
	return 0;
}

int file_replace(const char *folder, const char *name, struct view content,
		 unsigned mode)
{
	char path[PATH_MAX];
	char temporary[PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	int error;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
		sizeof(path) ||
	    (size_t)snprintf(temporary, sizeof(temporary), "%s/.%s.new", folder,
			     name) >= sizeof(temporary))
		return -ERR_CONFIG;
	(void)unlink(temporary);
	fd = open(temporary,
		  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_write_all(fd, content);
	if (error == 0 && (fsync(fd) != 0 || rename(temporary, path) != 0))
		error = error_from_errno(errno);
	if (error == 0)
		error = folder_sync(folder);
	if (error != 0)
		(void)unlink(temporary);
	return error;
}

static int create_key(const char *path)
{
	char folder[PATH_MAX];
	char text[KEY_TEXT_SIZE + 1];
	uint8_t key[KEY_SIZE];
	const char *slash = strrchr(path, '/');
	int error;

	if (slash == NULL ||
	    (size_t)snprintf(folder, sizeof(folder), "%.*s",
			     (int)(slash - path), path) >= sizeof(folder))
		return -ERR_CONFIG;
	error = folder_make(folder);
	if (error != 0)
		return error;
	randombytes_buf(key, sizeof(key));
	(void)sodium_bin2hex(text, sizeof(text), key, sizeof(key));
	text[KEY_TEXT_SIZE - 1] = '\n';
	error =
	    file_replace(folder, slash + 1, view_of(text, KEY_TEXT_SIZE), 0600);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	return error;
}

static int check_file(int fd, const char *path, struct problem *problem)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_from_errno(errno);
	if (!S_ISREG(status.st_mode))
		return problem_set(problem, -ERR_CONFIG,
				   "%s is not a regular file", path);
	if ((status.st_mode & 0177) != 0)
		return problem_set(problem, -ERR_CONFIG,
				   "%s has mode %04o; others could read or "
				   "change it: it must be 0600",
				   path, (unsigned)status.st_mode & 07777);
	if (status.st_uid != geteuid())
		return problem_set(problem, -ERR_CONFIG,
				   "%s belongs to user %u, not to the user "
				   "that runs the vault (%u)",
				   path, (unsigned)status.st_uid,
				   (unsigned)geteuid());
	return 0;
}

static int read_key(int fd, uint8_t ret_key[KEY_SIZE])
{
	char text[KEY_TEXT_SIZE + 1];
	ssize_t size = pread(fd, text, sizeof(text), 0);
	size_t length = 0;
	int result = -ERR_CONFIG;

	if (size == KEY_TEXT_SIZE && text[KEY_TEXT_SIZE - 1] == '\n' &&
	    sodium_hex2bin(ret_key, KEY_SIZE, text, KEY_TEXT_SIZE - 1, NULL,
			   &length, NULL) == 0 &&
	    length == KEY_SIZE)
		result = 0;
	sodium_memzero(text, sizeof(text));
	return result;
}

int key_load(const char *path, bool may_create, uint8_t ret_key[KEY_SIZE],
	     struct problem *problem)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int error;

	if (fd < 0 && errno == ENOENT && may_create) {
		error = create_key(path);
		if (error != 0)
			return problem_set(problem, error, "%s cannot be made",
					   path);
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0 && errno == ENOENT)
		return problem_set(problem, -ERR_NOT_FOUND,
				   "%s is missing, but a database is there: "
				   "restore the key from its backup",
				   path);
	if (fd < 0)
		return problem_set(problem, error_from_errno(errno),
				   "%s cannot be opened: %s", path,
				   strerror(errno));
	error = check_file(fd, path, problem);
	if (error != 0)
		return error;
	if (read_key(fd, ret_key) != 0)
		return problem_set(problem, -ERR_CONFIG,
				   "%s does not hold a key", path);
	return 0;
}
