/*
 * The sandbox from the inside: each thing that hostile code would try first is
 * tried, and must end the process by SIGSYS (or be refused where a library
 * tries it in good faith). Skipped under compiler sanitizers, where the sandbox
 * is off.
 */
#define _GNU_SOURCE
#include "gateway/sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static const struct job_limits limits = {
    .memory_bytes = 64 * 1024 * 1024,
    .output_bytes = 1024 * 1024,
    .cpu_seconds = 1,
};

/* Wait status of a child that entered the sandbox and did this. */
static int inside(enum sandbox_kind kind, void (*act)(void))
{
	static struct sandbox *sandboxes[2];
	char scratch[] = "/tmp/sekisho-sandbox-XXXXXX";
	pid_t child;
	int status;

	if (sandboxes[kind] == NULL) {
		assert_non_null(mkdtemp(scratch));
		assert_int_equal(
		    sandbox_prepare(kind, scratch, &sandboxes[kind]), 0);
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (sandbox_enter(sandboxes[kind], &limits) != 0)
			_exit(SANDBOX_EXIT_SETUP);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void assert_denied(int status)
{
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void assert_done(int status)
{
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void do_nothing(void)
{
}

static void do_open(void)
{
	(void)!open("/etc/passwd", O_RDONLY);
}

static void do_create(void)
{
	(void)!open("/tmp/sekisho-escaped", O_WRONLY | O_CREAT, 0600);
}

static void do_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void do_connect(void)
{
	struct sockaddr address = {.sa_family = AF_UNIX};

	(void)connect(0, &address, sizeof(address));
}

static void do_exec(void)
{
	char *arguments[] = {NULL};

	(void)execve("/bin/true", arguments, arguments);
}

static void do_ptrace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void do_kill(void)
{
	(void)kill(getppid(), 0);
}

static void do_fork(void)
{
	(void)syscall(SYS_fork);
}

static void do_clone_process(void)
{
	(void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void do_prctl(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

static void do_executable_memory(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void do_mprotect_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void do_new_namespace(void)
{
	(void)unshare(CLONE_NEWUSER);
}

static void do_raise_limit(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	(void)setrlimit(RLIMIT_AS, &limit);
}

static void each_escape_is_denied(void **state)
{
	static void (*const escapes[])(void) = {
	    do_open,	  do_create,	    do_socket, do_connect,
	    do_exec,	  do_ptrace,	    do_kill,   do_fork,
	    do_clone_process, do_prctl,	    do_executable_memory,
	    do_mprotect_executable, do_new_namespace, do_raise_limit,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		assert_denied(inside(SANDBOX_PURE, escapes[i]));
	assert_done(inside(SANDBOX_PURE, do_nothing));
}

static void do_open_outside(void)
{
	if (open("/etc/passwd", O_RDONLY) >= 0)
		_exit(1);
	if (open("/tmp/sekisho-escaped", O_WRONLY | O_CREAT, 0600) >= 0)
		_exit(2);
}

static void the_scratch_sandbox_opens_nothing_else(void **state)
{
	static void (*const escapes[])(void) = {
	    do_socket, do_connect, do_exec, do_ptrace,
	    do_kill,   do_fork,	   do_prctl, do_new_namespace,
	};

	(void)state;
	assert_done(inside(SANDBOX_SCRATCH, do_open_outside));
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		assert_denied(inside(SANDBOX_SCRATCH, escapes[i]));
}

static void do_write_too_much(void)
{
	static uint8_t chunk[65536];
	int fd = (int)syscall(SYS_memfd_create, "big", 0U);

	for (int i = 0; i < 32; i++)
		if (write(fd, chunk, sizeof(chunk)) < 0)
			_exit(1);
}

static void output_beyond_the_limit_ends_it(void **state)
{
	int status = inside(SANDBOX_PURE, do_write_too_much);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void do_spin(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

static void processor_time_beyond_the_limit_ends_it(void **state)
{
	int status = inside(SANDBOX_PURE, do_spin);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXCPU);
}

static void do_allocate(void)
{
	if (malloc(128UL * 1024 * 1024) != NULL)
		_exit(1);
}

static void memory_beyond_the_limit_is_refused(void **state)
{
	(void)state;
	assert_done(inside(SANDBOX_PURE, do_allocate));
}

static void *thread_body(void *argument)
{
	return argument;
}

/* Libraries start threads; only processes are forbidden. */
static void do_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_body, NULL) != 0 ||
	    pthread_join(thread, NULL) != 0)
		_exit(1);
}

static void threads_still_work(void **state)
{
	(void)state;
	assert_done(inside(SANDBOX_PURE, do_thread));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_escape_is_denied),
	    cmocka_unit_test(the_scratch_sandbox_opens_nothing_else),
	    cmocka_unit_test(output_beyond_the_limit_ends_it),
	    cmocka_unit_test(processor_time_beyond_the_limit_ends_it),
	    cmocka_unit_test(memory_beyond_the_limit_is_refused),
	    cmocka_unit_test(threads_still_work),
	};

#ifdef SEKISHO_SANITIZED
	(void)tests;
	return 0;
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
