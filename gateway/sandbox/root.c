#define _GNU_SOURCE
#include "gateway/sandbox/root.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* Where the new root is put together: there on every machine, and seen by
 * nobody else, for the namespace is our own. */
static const char place[] = "/tmp";

/* What is taken over from the machine, each with the folders it lies in. What
 * is not there is left out. */
static const struct {
	const char *path;
	bool file;
} taken[] = {
    {"/usr", false},
    {"/etc", false}, /* made here; nothing of the machine's is in it */
    {"/etc/fonts", false},
    {"/etc/libreoffice", false},
    {"/var", false},
    {"/var/cache", false},
    {"/var/cache/fontconfig", false},
    {"/var/lib", false},
    {"/var/lib/libreoffice", false},
    {"/dev", false},
    {"/dev/null", true},
    {"/dev/urandom", true},
};

static bool is_only_made(const char *path)
{
	static const char *const made[] = {"/etc", "/var", "/var/cache",
					   "/var/lib", "/dev"};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (strcmp(path, made[i]) == 0)
			return true;
	return false;
}

static int make_place(const char *path, bool file)
{
	HANDLE_CLEANUP int fd = -1;

	if (!file)
		return mkdir(path, 0755) == 0 ? 0 : -ERR_SANDBOX_SETUP;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd >= 0 ? 0 : -ERR_SANDBOX_SETUP;
}

static int take(const char *path, bool file)
{
	char to[PATH_MAX];
	int error;

	if (access(path, F_OK) != 0)
		return 0;
	(void)snprintf(to, sizeof(to), "%s%s", place, path);
	error = make_place(to, file);
	if (error != 0 || is_only_made(path))
		return error;
	return mount(path, to, NULL, MS_BIND | MS_REC, NULL) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

/* /lib and the like, which are links on Debian. */
static int take_link(const char *path)
{
	char target[PATH_MAX];
	char to[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target) - 1);

	if (size < 0)
		return errno == ENOENT ? 0 : take(path, false);
	target[size] = '\0';
	(void)snprintf(to, sizeof(to), "%s%s", place, path);
	return symlink(target, to) == 0 ? 0 : -ERR_SANDBOX_SETUP;
}

static int fill(void)
{
	static const char *const links[] = {"/lib", "/lib64", "/lib32",
					    "/libx32"};
	int error = 0;

	for (size_t i = 0; error == 0 && i < sizeof(taken) / sizeof(taken[0]);
	     i++)
		error = take(taken[i].path, taken[i].file);
	for (size_t i = 0; error == 0 && i < sizeof(links) / sizeof(links[0]);
	     i++)
		error = take_link(links[i]);
	return error;
}

static int mount_memory(const char *path, uint64_t bytes)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "size=%llu,mode=0755",
		       (unsigned long long)bytes);
	return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     options) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

int root_enter(uint64_t bytes)
{
	enum { ROOT_BYTES = 64 * 1024 };
	char inner[PATH_MAX];
	int error;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -ERR_SANDBOX_SETUP;
	error = mount_memory(place, ROOT_BYTES);
	if (error == 0)
		error = fill();
	(void)snprintf(inner, sizeof(inner), "%s/tmp", place);
	if (error == 0)
		error = make_place(inner, false);
	if (error == 0)
		error = mount_memory(inner, bytes);
	if (error == 0 && (chroot(place) != 0 || chdir("/") != 0))
		error = -ERR_SANDBOX_SETUP;
	return error;
}
