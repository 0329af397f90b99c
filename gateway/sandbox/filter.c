#define _GNU_SOURCE
#include "gateway/sandbox/filter.h"

#include "base/handle.h"
#include "gateway/sandbox/office.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/banned.h"

/* The macros of libseccomp leave the second number of a comparison out. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* Memory, time, threads of its own, and the descriptors it was given. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(memfd_create),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(restart_syscall),
};

/* What libclamav does in its temporary folder; Landlock confines it. */
static const int allowed_scratch[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),     SCMP_SYS(stat),
    SCMP_SYS(lstat),      SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(getdents64), SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),   SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),      SCMP_SYS(rename),     SCMP_SYS(renameat),
    SCMP_SYS(renameat2),  SCMP_SYS(chmod),      SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),   SCMP_SYS(getcwd),     SCMP_SYS(dup),
    SCMP_SYS(umask),      SCMP_SYS(readlink),   SCMP_SYS(statfs),
    SCMP_SYS(newfstatat), SCMP_SYS(fstatfs),    SCMP_SYS(fadvise64),
    SCMP_SYS(truncate),
};

/* What reads a font; Landlock says which files. */
static const int allowed_fonts[] = {
    SCMP_SYS(open),     SCMP_SYS(openat),     SCMP_SYS(access),
    SCMP_SYS(stat),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
    SCMP_SYS(readlink), SCMP_SYS(newfstatat), SCMP_SYS(fadvise64),
};

static int allow_list(scmp_filter_ctx filter, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0) != 0)
			return -ERR_SANDBOX_SETUP;
	return 0;
}

/* System calls that are harmless with some arguments only, and those that
 * libraries try and can do without. */
static int allow_some(scmp_filter_ctx filter)
{
	const uint32_t allow = SCMP_ACT_ALLOW;
	static const int commands[] = {F_GETFD,     F_SETFD,
				       F_GETFL,     F_ADD_SEALS,
				       F_GET_SEALS, F_DUPFD_CLOEXEC};
	int failed = 0;

	/* Never executable memory. */
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(mmap), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(mprotect), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* fstat() of glibc 2.36 on a descriptor. */
	failed |= seccomp_rule_add(
	    filter, allow, SCMP_SYS(newfstatat), 1,
	    SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000 /* AT_EMPTY_PATH */, 0x1000));
	/* Threads, no processes. clone3 hides its flags behind a pointer:
	 * libc falls back to clone when it is said not to exist. */
	failed |= seccomp_rule_add(
	    filter, allow, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
				   SCMP_SYS(clone3), 0);
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(prctl), 1,
				   SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	failed |= seccomp_rule_add(filter, allow, SCMP_SYS(prlimit64), 1,
				   SCMP_A2(SCMP_CMP_EQ, 0));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		failed |= seccomp_rule_add(
		    filter, allow, SCMP_SYS(fcntl), 1,
		    SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i]));
	/* isatty() of stdio; abort() then ends by a fault of its own. */
	failed |=
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
			     SCMP_A1(SCMP_CMP_EQ, TCGETS));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
				   SCMP_SYS(tgkill), 0);
	return failed == 0 ? 0 : -ERR_SANDBOX_SETUP;
}

static int export_program(scmp_filter_ctx filter,
			  struct sock_fprog *ret_program)
{
	HANDLE_CLEANUP int fd = -1;
	uint64_t size;
	struct sock_filter *code;
	int error = memory_file_new("filter", &fd);

	if (error != 0)
		return error;
	if (seccomp_export_bpf(filter, fd) != 0)
		return -ERR_SANDBOX_SETUP;
	error = handle_size(fd, &size);
	if (error != 0)
		return error;
	if (size == 0 || size % sizeof(*code) != 0 ||
	    size / sizeof(*code) > BPF_MAXINSNS)
		return -ERR_SANDBOX_SETUP;
	code = malloc(size);
	if (code == NULL)
		return -ERR_MEMORY;
	if (pread(fd, code, size, 0) != (ssize_t)size) {
		free(code);
		return -ERR_IO;
	}
	*ret_program = (struct sock_fprog){
	    .len = (unsigned short)(size / sizeof(*code)), .filter = code};
	return 0;
}

static int allow_for(scmp_filter_ctx filter, enum sandbox_kind kind)
{
	int error;

	if (kind == SANDBOX_OFFICE)
		return office_allow(filter);
	error = allow_list(filter, allowed, sizeof(allowed) / sizeof(int));
	if (error == 0 && kind == SANDBOX_SCRATCH)
		error = allow_list(filter, allowed_scratch,
				   sizeof(allowed_scratch) / sizeof(int));
	if (error == 0 && kind == SANDBOX_FONTS)
		error = allow_list(filter, allowed_fonts,
				   sizeof(allowed_fonts) / sizeof(int));
	return error == 0 ? allow_some(filter) : error;
}

int filter_build(enum sandbox_kind kind, struct sock_fprog *ret_program)
{
	scmp_filter_ctx filter =
	    seccomp_init(kind == SANDBOX_OFFICE ? SCMP_ACT_ERRNO(EPERM)
						: SCMP_ACT_KILL_PROCESS);
	int error;

	if (filter == NULL)
		return -ERR_SANDBOX_SETUP;
	error = allow_for(filter, kind);
	/* A binary tree instead of a chain: the filter runs at every call. */
	if (error == 0 &&
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
		error = -ERR_SANDBOX_SETUP;
	if (error == 0)
		error = export_program(filter, ret_program);
	seccomp_release(filter);
	return error;
}

int filter_apply(const struct sock_fprog *program)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}
