#define _GNU_SOURCE
#include "gateway/folder/tree.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

int tree_open(int root, const char *path, int flags, int *ret_fd)
{
	struct open_how how = {
	    .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
	    .mode = 0,
	    .resolve = (uint64_t)(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
				  RESOLVE_NO_MAGICLINKS),
	};
	long fd = syscall(SYS_openat2, root, path[0] == '\0' ? "." : path, &how,
			  sizeof(how));

	if (fd >= 0) {
		*ret_fd = (int)fd;
		return 0;
	}
	if (errno == ENOENT)
		return -ERR_NOT_FOUND;
	if (errno == EACCES || errno == EPERM)
		return -ERR_INTAKE_UNREADABLE;
	if (errno == ELOOP || errno == ENXIO)
		return -ERR_INTAKE_NOT_REGULAR;
	return error_from_errno(errno);
}

/* Makes each missing folder on the way. */
static int make_folders(int root, const char *path)
{
	char part[TREE_PATH_MAX];

	if (!text_copy(part, sizeof(part), path))
		return -ERR_INTAKE_NAME;
	for (char *slash = part; slash != NULL && *part != '\0';) {
		HANDLE_CLEANUP int parent = -1;
		const char *folder = "";
		char copy[TREE_PATH_MAX];
		const char *name;
		int error;

		slash = strchr(slash == part ? part : slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		(void)text_copy(copy, sizeof(copy), part);
		name = tree_split(copy, &folder);
		error = tree_open(root, folder, O_PATH | O_DIRECTORY, &parent);
		if (error != 0)
			return error;
		if (mkdirat(parent, name, 0750) != 0 && errno != EEXIST)
			return error_from_errno(errno);
		if (slash != NULL)
			*slash = '/';
	}
	return 0;
}

int tree_open_folder(int root, const char *path, bool create, int *ret_fd)
{
	int error = tree_open(root, path, O_RDONLY | O_DIRECTORY, ret_fd);

	if (error != -ERR_NOT_FOUND || !create)
		return error;
	error = make_folders(root, path);
	if (error == 0)
		error = tree_open(root, path, O_RDONLY | O_DIRECTORY, ret_fd);
	return error;
}

const char *tree_split(char *path, const char **ret_folder)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL) {
		*ret_folder = "";
		return path;
	}
	*slash = '\0';
	*ret_folder = path;
	return slash + 1;
}

static int open_new(int folder, const char *name, int *ret_fd)
{
	int fd;

	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		return error_from_errno(errno);
	fd = openat(folder, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

/* What could not be written whole is not left behind. */
static int finish(int folder, const char *name, int fd, int error)
{
	if (error == 0 && fsync(fd) != 0)
		error = error_from_errno(errno);
	if (error != 0)
		(void)unlinkat(folder, name, 0);
	return error;
}

int tree_write(int folder, const char *name, struct view content)
{
	HANDLE_CLEANUP int fd = -1;
	int error = open_new(folder, name, &fd);

	if (error != 0)
		return error;
	return finish(folder, name, fd, handle_write_all(fd, content));
}

int tree_write_from(int folder, const char *name, int content)
{
	HANDLE_CLEANUP int fd = -1;
	uint64_t size;
	int error = handle_size(content, &size);

	if (error == 0)
		error = open_new(folder, name, &fd);
	if (error != 0)
		return error;
	return finish(folder, name, fd, handle_copy(content, fd, size));
}

int tree_read(int folder, const char *name, char *text, size_t size)
{
	HANDLE_CLEANUP int fd =
	    openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND : -ERR_IO;
	got = read(fd, text, size - 1);
	if (got < 0)
		return -ERR_IO;
	text[got] = '\0';
	return 0;
}

int tree_sync(int folder)
{
	return fsync(folder) == 0 ? 0 : error_from_errno(errno);
}
