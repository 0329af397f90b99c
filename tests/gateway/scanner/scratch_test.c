#define _GNU_SOURCE
#include "gateway/scanner/scratch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static char parent[] = "/tmp/sekisho-scratch-XXXXXX";

/* The number of a process that has ended. */
static pid_t ended(void)
{
	pid_t process = fork();

	assert_true(process >= 0);
	if (process == 0)
		_exit(0);
	assert_int_equal(waitpid(process, NULL, 0), process);
	return process;
}

static void make(const char *folder, const char *name, mode_t mode,
		 char ret_path[SCRATCH_PATH_MAX + 1])
{
	(void)snprintf(ret_path, SCRATCH_PATH_MAX + 1, "%s/%s", folder, name);
	assert_int_equal(mkdir(ret_path, mode), 0);
	assert_int_equal(chmod(ret_path, mode), 0);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void folders_of_killed_scanners_are_removed(void **state)
{
	char name[64];
	char left[SCRATCH_PATH_MAX + 1];
	char open_to_all[SCRATCH_PATH_MAX + 1];
	char inside[SCRATCH_PATH_MAX + 1];
	char path[SCRATCH_PATH_MAX + 1];

	(void)state;
	(void)snprintf(name, sizeof(name), "sekisho-scan-%d-abc", ended());
	make(parent, name, 0700, left);
	make(left, "4242", 0700, inside);
	(void)snprintf(name, sizeof(name), "sekisho-scan-%d-def", ended());
	make(parent, name, 0777, open_to_all);
	assert_int_equal(scratch_make(parent, path), 0);
	assert_true(exists(path));
	assert_false(exists(left));
	assert_true(exists(open_to_all));
	scratch_remove(path);
	assert_false(exists(path));
	scratch_remove(open_to_all);
}

static void a_running_scanner_keeps_its_folder(void **state)
{
	char first[SCRATCH_PATH_MAX + 1];
	char second[SCRATCH_PATH_MAX + 1];

	(void)state;
	assert_int_equal(scratch_make(parent, first), 0);
	assert_int_equal(scratch_make(parent, second), 0);
	assert_true(exists(first));
	scratch_remove(first);
	scratch_remove(second);
}

static void subfolders_of_ended_scans_are_removed(void **state)
{
	char path[SCRATCH_PATH_MAX + 1];
	char own[SCRATCH_PATH_MAX + 1];
	char left[SCRATCH_PATH_MAX + 1];
	char inside[SCRATCH_PATH_MAX + 1];
	char name[32];

	(void)state;
	assert_int_equal(scratch_make(parent, path), 0);
	assert_int_equal(scratch_make_own(path, own), 0);
	(void)snprintf(name, sizeof(name), "%d", ended());
	make(path, name, 0700, left);
	make(left, "scantemp", 0700, inside);
	scratch_sweep(path);
	assert_true(exists(own));
	assert_false(exists(left));
	scratch_remove(path);
}

static int make_parent(void **state)
{
	(void)state;
	return mkdtemp(parent) != NULL ? 0 : -1;
}

static int remove_parent(void **state)
{
	(void)state;
	return rmdir(parent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folders_of_killed_scanners_are_removed),
	    cmocka_unit_test(a_running_scanner_keeps_its_folder),
	    cmocka_unit_test(subfolders_of_ended_scans_are_removed),
	};

	return cmocka_run_group_tests(tests, make_parent, remove_parent);
}
