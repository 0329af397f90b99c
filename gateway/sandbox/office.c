#define _GNU_SOURCE
#include "gateway/sandbox/office.h"

#include "base/handle.h"
#include "gateway/sandbox/landlock.h"
#include "gateway/sandbox/root.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { PROCESSES_MAX = 128, SCRATCH_MEGABYTES = 1024 };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

int office_leave_machine(void)
{
	static const char name[] = "office";

	if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS) != 0 ||
	    sethostname(name, sizeof(name) - 1) != 0)
		return -ERR_SANDBOX_SETUP;
	return root_enter((uint64_t)SCRATCH_MEGABYTES * 1024 * 1024);
}

int office_limit_processes(void)
{
	struct rlimit limit = {PROCESSES_MAX, PROCESSES_MAX};

	return setrlimit(RLIMIT_NPROC, &limit) == 0 ? 0 : -ERR_SANDBOX_SETUP;
}

/* Of all programs two can be executed: LibreOffice, and what loads it. */
static const struct {
	const char *path;
	enum landlock_use use;
} places[] = {
    {"/usr", LANDLOCK_USE_READ},
    {"/etc/fonts", LANDLOCK_USE_READ},
    {"/etc/libreoffice", LANDLOCK_USE_READ},
    {"/var/cache/fontconfig", LANDLOCK_USE_READ},
    {"/var/lib/libreoffice", LANDLOCK_USE_READ},
    {"/tmp", LANDLOCK_USE_SCRATCH},
    {"/dev/null", LANDLOCK_USE_DEVICE},
    {"/dev/urandom", LANDLOCK_USE_DEVICE},
    {SANDBOX_OFFICE_PROGRAM, LANDLOCK_USE_PROGRAM},
    {"/lib64/ld-linux-x86-64.so.2", LANDLOCK_USE_PROGRAM},
    {"/lib/ld-linux-aarch64.so.1", LANDLOCK_USE_PROGRAM},
};

int office_restrict(int landlock_abi)
{
	struct landlock_place open_places[COUNT(places)];
	size_t count = 0;
	int error;

	for (size_t i = 0; i < COUNT(places); i++) {
		int fd = open(places[i].path, O_PATH | O_CLOEXEC);

		if (fd >= 0)
			open_places[count++] =
			    (struct landlock_place){fd, places[i].use};
	}
	error = landlock_restrict_to(landlock_abi, open_places, count);
	for (size_t i = 0; i < count; i++)
		handle_close(&open_places[i].fd);
	return error;
}

/* Files, processes, threads and their signals, memory, time, and sockets
 * between its own processes. */
static const int allowed[] = {
    /* files */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(creat),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(chdir),
    SCMP_SYS(fchdir),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(umask),
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(flock),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(utimensat),
    SCMP_SYS(utime),
    SCMP_SYS(sendfile),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(memfd_create),
    /* memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(msync),
    SCMP_SYS(mincore),
    SCMP_SYS(brk),
    SCMP_SYS(membarrier),
    SCMP_SYS(get_mempolicy),
    /* processes and threads */
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(execve),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),
    SCMP_SYS(setsid),
    SCMP_SYS(setpgid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getgroups),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getcpu),
    SCMP_SYS(getrandom),
    /* time */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(getitimer),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    /* waiting, and sockets */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
};

/* What no document has a use for: the attempt ends the process, and is on
 * record. */
static const int deadly[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
};

int office_allow(scmp_filter_ctx filter)
{
	const scmp_datum_t namespaces =
	    CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
	    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	static const int names[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_PDEATHSIG};
	const uint32_t allow = SCMP_ACT_ALLOW;
	int failed = 0;

	for (size_t i = 0; i < COUNT(allowed); i++)
		failed |= seccomp_rule_add(filter, allow, allowed[i], 0);
	for (size_t i = 0; i < COUNT(deadly); i++)
		failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
					   deadly[i], 0);
	for (size_t i = 0; i < COUNT(names); i++)
		failed |= seccomp_rule_add(
		    filter, allow, SCMP_SYS(prctl), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)names[i]));
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(clone), 1,
				   SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0));
	/* Its flags are behind a pointer: libc does without. */
	failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
				   SCMP_SYS(clone3), 0);
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(socket), 1,
				   SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(socketpair), 1,
				   SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(prlimit64), 1,
				   SCMP_A2(SCMP_CMP_EQ, 0));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY),
				   SCMP_SYS(ioctl), 0);
	return failed == 0 ? 0 : -ERR_SANDBOX_SETUP;
}
