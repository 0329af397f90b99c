/* Every sample of the picture formats, against its expectation. */
#include "tests/support/local_host.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

static const char *const folders[] = {
#define FORMAT(symbol, name, family, modules) #name "\0" #family,
#include "sanitizers/formats.def"
#undef FORMAT
};

enum { PATH_SIZE = 1024, FILE_MAX = 32 * 1024 * 1024 };

static struct buffer read_file(const char *path)
{
	struct buffer buffer = buffer_make(FILE_MAX);
	FILE *file = fopen(path, "rb");
	uint8_t chunk[65536];
	size_t got;

	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_bytes(&buffer, chunk, got);
	(void)fclose(file);
	return buffer;
}

static bool expects(struct view json, const char *key, const char *value)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "\"%s\": \"%s\"", key, value);
	return view_find(json, view_of_string(text), 0) != SIZE_MAX;
}

static bool lists(struct view json, const char *value)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "\n    \"%s\"", value);
	return view_find(json, view_of_string(text), 0) != SIZE_MAX;
}

static enum verdict verdict_of(const struct local_run *run)
{
	if (run->error != 0)
		return VERDICT_BLOCKED;
	if (run->job.converted)
		return VERDICT_CONVERTED;
	return run->removal_count > 0 ? VERDICT_SANITIZED : VERDICT_UNCHANGED;
}

static void check_removals(const struct local_run *run, struct view json,
			   const char *path)
{
	if (run->error != 0)
		return;
	for (int kind = 1; kind < REMOVAL_COUNT; kind++) {
		const char *name = removal_name((enum removal_kind)kind);
		bool found = local_run_count(run, (enum removal_kind)kind) > 0;

		if (found != lists(json, name))
			fail_msg("%s: %s %s", path, name,
				 found ? "reported, not expected"
				       : "expected, not reported");
	}
}

/* The output again: nothing to remove, and where nothing is lossy the same
 * bytes. */
static void check_again(struct local_run *run, const char *path)
{
	const struct sanitizer *sanitizer =
	    sanitizer_for(run->job.output_format);
	char name[64];
	struct local_run *again;

	(void)snprintf(name, sizeof(name), "x.%s", run->job.extension);
	again = local_run_with(buffer_contents(&run->output), name, NULL, NULL,
			       0, true);
	if (again->error != 0)
		fail_msg("%s: second run: %s", path, error_name(again->error));
	if (again->removal_count != 0)
		fail_msg("%s: second run removes %s", path,
			 removal_name(again->removals[0].kind));
	if (!sanitizer->lossy && !view_equal(buffer_contents(&run->output),
					     buffer_contents(&again->output)))
		fail_msg("%s: second run gives other bytes", path);
	local_run_free(again);
}

static void check_sample(const char *folder, const char *name)
{
	char path[PATH_SIZE];
	char expected[PATH_SIZE + 16];
	struct buffer input;
	struct buffer json;
	struct local_run *run;
	struct view text;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", SAMPLES_FOLDER, folder,
		       name);
	(void)snprintf(expected, sizeof(expected), "%s.expect.json", path);
	input = read_file(path);
	json = read_file(expected);
	text = buffer_contents(&json);
	run = local_run(buffer_contents(&input), name, NULL);
	if (!expects(text, "verdict", verdict_name(verdict_of(run))))
		fail_msg("%s: %s (%s)", path, verdict_name(verdict_of(run)),
			 error_name(run->error));
	if (run->error != 0 && !expects(text, "reason", error_name(run->error)))
		fail_msg("%s: held for %s", path, error_name(run->error));
	check_removals(run, text, path);
	if (run->error == 0)
		check_again(run, path);
	local_run_free(run);
	buffer_free(&input);
	buffer_free(&json);
}

static unsigned check_folder(const char *folder)
{
	char path[PATH_SIZE];
	struct dirent **entries;
	unsigned checked = 0;
	int count;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, folder);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strstr(name, ".expect.json") == NULL) {
			check_sample(folder, name);
			checked++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return checked;
}

static bool is_picture(const char *folder)
{
	return strcmp(folder + strlen(folder) + 1, "picture") == 0;
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (is_picture(folders[i]))
			assert_true(check_folder(folders[i]) > 0);
}

/* libvips has threads, and threads do not survive a fork: a process forked
 * after prepare, and after some work, must be able to decode and encode. */
static void a_process_forked_after_prepare_can_work(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	local_prepare();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)alarm(60);
		for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]);
		     i++)
			if (is_picture(folders[i]))
				(void)check_folder(folders[i]);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#ifndef SEKISHO_SANITIZED
/* Kills the process at the first attempt to open, create or connect
 * something: what the real sandbox does. */
static void forbid_files(void)
{
	static const unsigned denied[] = {
	    __NR_open,   __NR_openat, __NR_creat,  __NR_socket,
	    __NR_execve, __NR_stat,   __NR_access, __NR_readlink,
	    __NR_unlink, __NR_mkdir,  __NR_rename, __NR_memfd_create,
	};
	enum { COUNT = sizeof(denied) / sizeof(denied[0]) };
	struct sock_filter filter[COUNT + 3];
	struct sock_fprog program = {.len = COUNT + 3, .filter = filter};

	filter[0] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < COUNT; i++)
		filter[i + 1] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, denied[i], (uint8_t)(COUNT - i),
		    0);
	filter[COUNT + 1] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[COUNT + 2] = (struct sock_filter)BPF_STMT(
	    BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(2);
}

enum { INPUTS_MAX = 256 };

static struct buffer inputs[INPUTS_MAX];

/* All samples of the pictures, read before files are forbidden. */
static unsigned read_inputs(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[PATH_SIZE];
		struct dirent **entries;
		int found;

		if (!is_picture(folders[i]))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER,
			       folders[i]);
		found = scandir(path, &entries, NULL, alphasort);
		for (int k = 0; k < found; k++) {
			char file[PATH_SIZE + 512];

			(void)snprintf(file, sizeof(file), "%s/%s", path,
				       entries[k]->d_name);
			if (entries[k]->d_name[0] != '.' &&
			    strstr(file, ".expect.json") == NULL &&
			    count < INPUTS_MAX)
				inputs[count++] = read_file(file);
			free(entries[k]);
		}
		if (found >= 0)
			free(entries);
	}
	return count;
}

static void nothing_is_opened_after_prepare(void **state)
{
	unsigned count;
	int status = 0;
	pid_t child;

	(void)state;
	local_prepare();
	count = read_inputs();
	assert_true(count > 100);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)alarm(60);
		forbid_files();
		for (unsigned i = 0; i < count; i++)
			local_run_free(
			    local_run(buffer_contents(&inputs[i]), "", NULL));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	for (unsigned i = 0; i < count; i++)
		buffer_free(&inputs[i]);
	assert_int_equal(status, 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_forked_after_prepare_can_work),
#ifndef SEKISHO_SANITIZED
	    cmocka_unit_test(nothing_is_opened_after_prepare),
#endif
	    cmocka_unit_test(every_sample_meets_its_expectation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
