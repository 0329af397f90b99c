/*
 * The folder for temporary files. With a user namespace each scan mounts a
 * small file system of its own over it; without one the scans share the
 * folder, each in a subfolder named by its process.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_SCRATCH_H
#define SEKISHO_GATEWAY_SCANNER_SCRATCH_H

#include "base/error.h"

#include <stddef.h>

enum { SCRATCH_PATH_MAX = 240 };

/* Makes a new folder, for its owner alone, inside `parent`, and removes those
 * of processes that were killed. */
int scratch_make(const char *parent,
		 char ret_path[SCRATCH_PATH_MAX + 1]) MUST_CHECK;

/* Makes the subfolder of the calling process. Works inside the sandbox. */
int scratch_make_own(const char *path,
		     char ret_own[SCRATCH_PATH_MAX + 1]) MUST_CHECK;

/* Removes the subfolders whose processes have ended. */
void scratch_sweep(const char *path);

/* Removes the folder with all that is in it. */
void scratch_remove(const char *path);

#endif
