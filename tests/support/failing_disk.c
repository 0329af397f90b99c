/*
 * LD_PRELOAD: every fsync() and fdatasync() fails with EIO while the file
 * exists that SEKISHO_FAILING_DISK names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static bool fails(void)
{
	const char *path = getenv("SEKISHO_FAILING_DISK");

	return path != NULL && access(path, F_OK) == 0;
}

static int call(const char *name, int fd)
{
	union {
		void *object;
		int (*function)(int fd);
	} next = {.object = dlsym(RTLD_NEXT, name)};

	if (fails() || next.object == NULL) {
		errno = EIO;
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
