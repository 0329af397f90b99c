#define _GNU_SOURCE
#include "gateway/sandbox/sandbox.h"

#include "base/handle.h"
#include "gateway/sandbox/filter.h"
#include "gateway/sandbox/landlock.h"
#include "gateway/sandbox/office.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

enum { OPEN_FILES_MAX = 256, SCRATCH_MEGABYTES = 512 };

struct sandbox {
	enum sandbox_kind kind;
	char scratch[256];
	struct sandbox_features features;
	struct sock_fprog filter;
	uint64_t base_memory; /* address space of the zygote, bytes */
	bool isolated;        /* the zygote is in the namespaces already */
};

static int write_file(const char *path, const char *text)
{
	HANDLE_CLEANUP int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -ERR_SANDBOX_SETUP;
	return handle_write_all(fd, view_of_string(text)) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

/* The process stays itself inside: its user and group map to themselves. */
static int map_user(uid_t uid, gid_t gid)
{
	char line[64];
	int error = write_file("/proc/self/setgroups", "deny");

	(void)snprintf(line, sizeof(line), "%u %u 1", uid, uid);
	if (error == 0)
		error = write_file("/proc/self/uid_map", line);
	(void)snprintf(line, sizeof(line), "%u %u 1", gid, gid);
	if (error == 0)
		error = write_file("/proc/self/gid_map", line);
	return error;
}

static int mount_scratch(const char *path)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "size=%dm,mode=0700",
		       SCRATCH_MEGABYTES);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -ERR_SANDBOX_SETUP;
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  options) != 0)
		return -ERR_SANDBOX_SETUP;
	return 0;
}

static int leave_host(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0)
		return -ERR_SANDBOX_SETUP;
	return map_user(uid, gid);
}

static int enter_namespaces(const struct sandbox *sandbox)
{
	int error = 0;

	if (!sandbox->features.user_namespace)
		return sandbox->kind == SANDBOX_OFFICE ? -ERR_SANDBOX_SETUP : 0;
	/* One user namespace each: its processes are counted in it. */
	if (!sandbox->isolated || sandbox->kind == SANDBOX_OFFICE)
		error = leave_host();
	if (error == 0 && sandbox->kind == SANDBOX_OFFICE)
		return office_leave_machine();
	if (error != 0 || sandbox->kind != SANDBOX_SCRATCH)
		return error;
	if (unshare(CLONE_NEWNS) != 0)
		return -ERR_SANDBOX_SETUP;
	return mount_scratch(sandbox->scratch);
}

static int set_limit(int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit limit = {soft, hard};

	return setrlimit((__rlimit_resource_t)resource, &limit) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

static int set_limits(const struct sandbox *sandbox,
		      const struct job_limits *limits)
{
	uint64_t memory = sandbox->base_memory + limits->memory_bytes;
	int error = set_limit(RLIMIT_CORE, 0, 0);

	/* SIGXCPU at the soft limit names the reason, the hard one ends a
	 * process that ignores it. */
	if (error == 0)
		error = set_limit(RLIMIT_CPU, limits->cpu_seconds,
				  limits->cpu_seconds + 1);
	if (error == 0)
		error = set_limit(RLIMIT_FSIZE, limits->output_bytes,
				  limits->output_bytes);
	if (error == 0)
		error =
		    set_limit(RLIMIT_NOFILE, OPEN_FILES_MAX, OPEN_FILES_MAX);
#ifndef SEKISHO_SANITIZED
	if (error == 0 && sandbox->kind == SANDBOX_OFFICE)
		error = office_limit_processes();
	if (error == 0)
		error = set_limit(RLIMIT_AS, memory, memory);
#else
	(void)memory;
#endif
	return error;
}

/* A user namespace gives every capability inside it: none is needed. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3,
						  0};
	struct __user_cap_data_struct data[2] = {{0}};

	return syscall(SYS_capset, &header, data) == 0 ? 0 : -ERR_SANDBOX_SETUP;
}

/* Where fonts and what belongs to them are; those that are not there are left
 * out. */
static const char *const font_folders[] = {
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/poppler",
};
enum { FONT_FOLDERS = sizeof(font_folders) / sizeof(font_folders[0]) };

static int restrict_to_fonts(const struct sandbox *sandbox)
{
	int folders[FONT_FOLDERS];
	size_t count = 0;
	int error;

	for (size_t i = 0; i < FONT_FOLDERS; i++) {
		folders[count] =
		    open(font_folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		count += folders[count] >= 0;
	}
	error = landlock_restrict_reading(sandbox->features.landlock_abi,
					  folders, count);
	for (size_t i = 0; i < count; i++)
		handle_close(&folders[i]);
	return error;
}

static int restrict_files(const struct sandbox *sandbox, int scratch)
{
	int abi = sandbox->features.landlock_abi;

	if (sandbox->kind == SANDBOX_FONTS)
		return restrict_to_fonts(sandbox);
	if (sandbox->kind == SANDBOX_OFFICE)
		return office_restrict(abi);
	return landlock_restrict(abi, scratch);
}

static int confine(const struct sandbox *sandbox)
{
	HANDLE_CLEANUP int scratch = -1;
	int error;

	if (sandbox->kind == SANDBOX_SCRATCH) {
		scratch =
		    open(sandbox->scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (scratch < 0)
			return -ERR_SANDBOX_SETUP;
	}
	/* A core file that is piped to a program has no limit. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -ERR_SANDBOX_SETUP;
	error = restrict_files(sandbox, scratch);
	handle_close(&scratch);
	if (error == 0)
		error = filter_apply(&sandbox->filter);
	return error;
}

int sandbox_enter(const struct sandbox *sandbox,
		  const struct job_limits *limits)
{
#ifdef SEKISHO_SANITIZED
	(void)enter_namespaces;
	(void)drop_capabilities;
	(void)confine;
	return set_limits(sandbox, limits);
#else
	int error = enter_namespaces(sandbox);

	if (error == 0)
		error = set_limits(sandbox, limits);
	if (error == 0)
		error = drop_capabilities();
	if (error == 0)
		error = confine(sandbox);
	return error;
#endif
}

static int address_space(uint64_t *ret_bytes)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages;
	int count;

	if (file == NULL)
		return -ERR_SANDBOX_SETUP;
	count = fscanf(file, "%llu", &pages);
	(void)fclose(file);
	if (count != 1)
		return -ERR_SANDBOX_SETUP;
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int sandbox_isolate(struct sandbox *sandbox)
{
#ifdef SEKISHO_SANITIZED
	(void)sandbox;
	return 0;
#else
	int error = address_space(&sandbox->base_memory);

	if (error != 0 || !sandbox->features.user_namespace ||
	    sandbox->isolated)
		return error;
	error = leave_host();
	if (error == 0)
		sandbox->isolated = true;
	return error;
#endif
}

/* Tries one thing in a child of its own; true when the child succeeds. */
static bool probe(const struct sandbox *sandbox,
		  int (*step)(const struct sandbox *sandbox))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(step(sandbox) == 0 ? 0 : 1);
	if (child < 0)
		return false;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int sandbox_prepare(enum sandbox_kind kind, const char *scratch,
		    struct sandbox **ret_sandbox)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	int error;

	if (sandbox == NULL)
		return -ERR_MEMORY;
	/* A thread with a heap of its own opens a file of /proc when that heap
	 * shrinks (glibc), which would kill the process inside. */
	(void)mallopt(M_ARENA_MAX, 1);
	sandbox->kind = kind;
	if (scratch != NULL)
		(void)snprintf(sandbox->scratch, sizeof(sandbox->scratch), "%s",
			       scratch);
	sandbox->features.landlock_abi = landlock_abi();
	error = filter_build(kind, &sandbox->filter);
	if (error == 0)
		error = address_space(&sandbox->base_memory);
	if (error == 0 && !probe(sandbox, confine))
		error = -ERR_SANDBOX_SETUP;
	if (error != 0) {
		free(sandbox->filter.filter);
		free(sandbox);
		return error;
	}
	sandbox->features.seccomp = true;
	sandbox->features.user_namespace = true;
	if (!probe(sandbox, enter_namespaces))
		sandbox->features.user_namespace = false;
	sandbox->features.network_namespace = sandbox->features.user_namespace;
	*ret_sandbox = sandbox;
	return 0;
}

void sandbox_features(const struct sandbox *sandbox,
		      struct sandbox_features *ret_features)
{
	*ret_features = sandbox->features;
}
