/*
 * LibreOffice's sandbox from the inside. Each act says by its exit status that
 * it was kept from what it tried; what no document has a use for ends it.
 * Skipped under compiler sanitizers, where the sandbox is off, and without user
 * namespaces, where nobody gets in.
 */
#define _GNU_SOURCE
#include "gateway/sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static const struct job_limits limits = {
    .memory_bytes = 256 * 1024 * 1024,
    .output_bytes = 1024 * 1024,
    .cpu_seconds = 5,
};

static struct sandbox *sandbox;
static char outside[] = "/tmp/sekisho-office-XXXXXX";
static char secret[64];
static char listener[64];
static pid_t parent;

static int inside(void (*act)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		if (sandbox_enter(sandbox, &limits) != 0)
			_exit(SANDBOX_EXIT_SETUP);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void assert_done(int status)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void assert_killed(int status)
{
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* Ends with the line's number where what must not be done was done. */
static void must(bool held, int line)
{
	if (!held)
		_exit(line % 100 + 1);
}
#define MUST(held) must(held, __LINE__)

static bool opens(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600) >= 0;
}

static void do_files(void)
{
	MUST(!opens("/etc/shadow", O_RDONLY));
	MUST(!opens("/etc/passwd", O_RDONLY));
	MUST(!opens(secret, O_RDONLY));
	MUST(!opens("/proc/self/status", O_RDONLY));
	MUST(!opens("/proc/1/environ", O_RDONLY));
	MUST(!opens("/usr/escaped", O_WRONLY | O_CREAT));
	MUST(!opens("/etc/fonts/escaped", O_WRONLY | O_CREAT));
	MUST(!opens("/escaped", O_WRONLY | O_CREAT));
	MUST(!opens("/usr/bin/env", O_WRONLY));
	MUST(opens("/usr/bin/env", O_RDONLY));
	MUST(opens("/dev/null", O_RDWR));
	MUST(opens("/tmp/mine", O_RDWR | O_CREAT));
	MUST(mkdir("/tmp/folder", 0700) == 0);
	MUST(opens("/tmp/folder/mine", O_RDWR | O_CREAT));
}

static void the_files_of_the_machine_are_not_there(void **state)
{
	(void)state;
	assert_done(inside(do_files));
}

static void do_tmp(void)
{
	DIR *folder = opendir("/tmp");
	const struct dirent *entry;

	MUST(folder != NULL);
	while ((entry = readdir(folder)) != NULL)
		MUST(entry->d_name[0] == '.');
}

static void its_folder_is_empty_for_each(void **state)
{
	(void)state;
	assert_done(inside(do_tmp));
	assert_done(inside(do_files));
	assert_done(inside(do_tmp));
	assert_int_not_equal(access("/tmp/mine", F_OK), 0);
}

static void do_network(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int socket_fd;

	MUST(socket(AF_INET, SOCK_STREAM, 0) < 0);
	MUST(socket(AF_INET6, SOCK_DGRAM, 0) < 0);
	MUST(socket(AF_NETLINK, SOCK_RAW, 0) < 0);
	MUST(socket(AF_PACKET, SOCK_RAW, 0) < 0);
	socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	MUST(socket_fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		       listener);
	MUST(connect(socket_fd, (struct sockaddr *)&address, sizeof(address)) !=
	     0);
}

static void nothing_can_be_connected_to(void **state)
{
	(void)state;
	assert_done(inside(do_network));
}

static void do_execute(void)
{
	char *const arguments[] = {NULL};

	(void)execve("/bin/sh", arguments, arguments);
	(void)execve("/usr/bin/env", arguments, arguments);
	MUST(errno == EACCES);
}

static void no_other_program_can_be_executed(void **state)
{
	(void)state;
	assert_done(inside(do_execute));
}

static void do_signal(void)
{
	MUST(kill(parent, 0) != 0);
	MUST(kill(-1, SIGTERM) != 0);
}

/* Its first child is the first process of the namespace, and sees no other. */
static void do_processes(void)
{
	pid_t child = fork();
	int status;

	MUST(child > 0 || child == 0);
	if (child == 0) {
		MUST(getpid() == 1);
		MUST(getppid() == 0);
		do_signal();
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void other_processes_are_not_seen(void **state)
{
	(void)state;
	assert_done(inside(do_processes));
}

static void do_ptrace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void do_mount(void)
{
	(void)mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

static void do_unshare(void)
{
	(void)unshare(CLONE_NEWUSER);
}

static void do_chroot(void)
{
	(void)!chroot("/tmp");
}

static void do_keys(void)
{
	(void)syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}

static void do_bpf(void)
{
	(void)syscall(SYS_bpf, 0, NULL, 0);
}

static void do_perf(void)
{
	(void)syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0);
}

static void do_module(void)
{
	(void)syscall(SYS_init_module, NULL, 0, "");
}

static void what_no_document_has_a_use_for_ends_it(void **state)
{
	static void (*const acts[])(void) = {do_ptrace, do_mount, do_unshare,
					     do_chroot, do_keys,  do_bpf,
					     do_perf,   do_module};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		assert_killed(inside(acts[i]));
}

static void do_limits(void)
{
	struct rlimit limit;

	MUST(getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_max <= 128);
	MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	     limit.rlim_max == limits.output_bytes);
	limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	MUST(setrlimit(RLIMIT_FSIZE, &limit) != 0);
	MUST(malloc(512UL * 1024 * 1024) == NULL);
}

static void limits_cannot_be_raised(void **state)
{
	(void)state;
	assert_done(inside(do_limits));
}

static void do_write_much(void)
{
	static const uint8_t block[65536];
	int fd = open("/tmp/much", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (int i = 0; i < 64; i++)
		(void)!write(fd, block, sizeof(block));
}

static void output_beyond_the_limit_ends_it(void **state)
{
	int status = inside(do_write_much);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void *thread_body(void *argument)
{
	return argument;
}

static void do_ordinary(void)
{
	pthread_t thread;
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status;
	int pair[2];

	MUST(code != MAP_FAILED);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	child = fork();
	if (child == 0) {
		MUST(pthread_create(&thread, NULL, thread_body, NULL) == 0);
		MUST(pthread_join(thread, NULL) == 0);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && status == 0);
}

static void what_the_program_needs_still_works(void **state)
{
	(void)state;
	assert_done(inside(do_ordinary));
}

static int set_up(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	(void)state;
	parent = getpid();
	if (mkdtemp(outside) == NULL)
		return -1;
	(void)snprintf(secret, sizeof(secret), "%s/secret", outside);
	(void)snprintf(listener, sizeof(listener), "%s/socket", outside);
	fd = open(secret, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	(void)close(fd);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		       listener);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	       listen(fd, 1) != 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(secret);
	(void)unlink(listener);
	(void)rmdir(outside);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_files_of_the_machine_are_not_there),
	    cmocka_unit_test(its_folder_is_empty_for_each),
	    cmocka_unit_test(nothing_can_be_connected_to),
	    cmocka_unit_test(no_other_program_can_be_executed),
	    cmocka_unit_test(other_processes_are_not_seen),
	    cmocka_unit_test(what_no_document_has_a_use_for_ends_it),
	    cmocka_unit_test(limits_cannot_be_raised),
	    cmocka_unit_test(output_beyond_the_limit_ends_it),
	    cmocka_unit_test(what_the_program_needs_still_works),
	};
	struct sandbox_features features;

#ifdef SEKISHO_SANITIZED
	(void)tests;
	(void)set_up;
	(void)tear_down;
	return 0;
#endif
	if (sandbox_prepare(SANDBOX_OFFICE, NULL, &sandbox) != 0)
		return 1;
	sandbox_features(sandbox, &features);
	if (!features.user_namespace) {
		print_message("no user namespaces: skipped\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
