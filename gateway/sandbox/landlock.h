/*
 * Landlock with whatever the running kernel knows: Debian 12's headers end at
 * ABI 2, kernels go on (linux/landlock.h of later releases).
 */
#ifndef SEKISHO_GATEWAY_LANDLOCK_H
#define SEKISHO_GATEWAY_LANDLOCK_H

#include "base/error.h"

#include <stddef.h>

/* The kernel's ABI version, 0 when it has no Landlock. */
int landlock_abi(void);

/*
 * Denies every right that the ABI can deny; below the folder `scratch_fd`
 * files can be made, read, written and removed (-1: nowhere).
 * -ERR_SANDBOX_SETUP on failure. no_new_privs must be set.
 */
int landlock_restrict(int abi, int scratch_fd) MUST_CHECK;

/* The same where files can be read, and nothing else be done with them, below
 * some folders. */
int landlock_restrict_reading(int abi, const int *folders,
			      size_t count) MUST_CHECK;

/* What may be done below a folder, or with a file. */
enum landlock_use {
	LANDLOCK_USE_READ,    /* files and lists of them */
	LANDLOCK_USE_SCRATCH, /* all but that programs are executed */
	LANDLOCK_USE_DEVICE,  /* a file: read and written */
	LANDLOCK_USE_PROGRAM, /* a file: read and executed */
};

struct landlock_place {
	int fd; /* O_PATH */
	enum landlock_use use;
};

/* Everything is denied but what is said of some places. */
int landlock_restrict_to(int abi, const struct landlock_place *places,
			 size_t count) MUST_CHECK;

#endif
