#define _GNU_SOURCE
#include "gateway/scanner/scratch.h"

#include "base/program.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { OPEN_FOLDERS_MAX = 16 };

int scratch_make_own(const char *path, char ret_own[SCRATCH_PATH_MAX + 1])
{
	int size = snprintf(ret_own, SCRATCH_PATH_MAX + 1, "%s/%ld", path,
			    (long)getpid());

	if (size < 0 || size > SCRATCH_PATH_MAX)
		return -ERR_SCANNER_FAILED;
	return mkdir(ret_own, 0700) == 0 ? 0 : -ERR_SCANNER_FAILED;
}

static int remove_entry(const char *path, const struct stat *status, int type,
			struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

void scratch_remove(const char *path)
{
	(void)nftw(path, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}

static bool has_ended(long process)
{
	return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* `parent` may be open to everybody: only what is ours alone is touched. */
static void remove_left_behind(const char *parent, const char *name)
{
	char path[SCRATCH_PATH_MAX + 1];
	struct stat status;
	int size = snprintf(path, sizeof(path), "%s/%s", parent, name);

	if (size < 0 || size > SCRATCH_PATH_MAX || lstat(path, &status) != 0)
		return;
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	    (status.st_mode & 077) == 0)
		scratch_remove(path);
}

static void sweep_parent(const char *parent)
{
	DIR *folder = opendir(parent);
	const struct dirent *entry;

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		int process;
		char rest;

		if (sscanf(entry->d_name, "sekisho-scan-%d-%c", &process,
			   &rest) == 2 &&
		    process > 1 && has_ended(process))
			remove_left_behind(parent, entry->d_name);
	}
	(void)closedir(folder);
}

int scratch_make(const char *parent, char ret_path[SCRATCH_PATH_MAX + 1])
{
	int size = snprintf(ret_path, SCRATCH_PATH_MAX + 1,
			    "%s/sekisho-scan-%d-XXXXXX", parent, (int)getpid());

	if (size < 0 || size > SCRATCH_PATH_MAX)
		return -ERR_CONFIG;
	sweep_parent(parent);
	return mkdtemp(ret_path) != NULL ? 0 : error_from_errno(errno);
}

void scratch_sweep(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		char own[SCRATCH_PATH_MAX + 32];
		long process;

		if (program_number(entry->d_name, 2, INT_MAX, &process) != 0)
			continue;
		if (!has_ended(process))
			continue;
		(void)snprintf(own, sizeof(own), "%s/%ld", path, process);
		scratch_remove(own);
	}
	(void)closedir(folder);
}
