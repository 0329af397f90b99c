/*
 * LD_PRELOAD: fsync() and fdatasync() fail while the file exists that
 * SEKISHO_FAILING_DISK names: each with EIO where it is empty; where it holds
 * "N NAME", only the one that comes after N others, in whatever process, with
 * that error (EIO, ENOSPC), and then the file is gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* 0, or the error with which this call is to fail. */
static int fault_of(const char *path, int fd)
{
	char text[64] = "";
	char name[16] = "";
	unsigned left = 0;
	int length;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%u %15s", &left, name) != 2)
		return EIO;
	if (left == 0) {
		(void)unlink(path);
		return strcmp(name, "ENOSPC") == 0 ? ENOSPC : EIO;
	}
	length = snprintf(text, sizeof(text), "%u %s", left - 1, name);
	(void)!ftruncate(fd, 0);
	(void)!pwrite(fd, text, (size_t)length, 0);
	return 0;
}

static int fault(void)
{
	const char *path = getenv("SEKISHO_FAILING_DISK");
	int error = 0;
	int fd;

	if (path == NULL || access(path, F_OK) != 0)
		return 0;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : EIO;
	/* Another process may have used it up while this one waited. */
	if (flock(fd, LOCK_EX) == 0 && access(path, F_OK) == 0)
		error = fault_of(path, fd);
	(void)close(fd);
	return error;
}

static int call(const char *name, int fd)
{
	union {
		void *object;
		int (*function)(int fd);
	} next = {.object = dlsym(RTLD_NEXT, name)};
	int error = next.object == NULL ? EIO : fault();

	if (error != 0) {
		errno = error;
		return -1;
	}
	return next.function(fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	return call("fsync", fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	return call("fdatasync", fd);
}
