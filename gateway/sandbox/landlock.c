#define _GNU_SOURCE
#include "gateway/sandbox/landlock.h"

#include "base/handle.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/banned.h"

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset_attributes {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND_CONNECT 3ULL     /* ABI 4 */
#define SCOPE_SOCKET_SIGNAL 3ULL  /* ABI 6 */

int landlock_abi(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

static uint64_t every_right(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* ABI 1 */

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= FS_TRUNCATE;
	if (abi >= 5)
		rights |= FS_IOCTL_DEV;
	return rights;
}

static uint64_t scratch_rights(int abi)
{
	return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	       LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	       LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
	       LANDLOCK_ACCESS_FS_MAKE_DIR | (abi >= 3 ? FS_TRUNCATE : 0);
}

static int allow(int ruleset, uint64_t rights, int folder)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights,
	    .parent_fd = folder,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
		       LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

static uint64_t rights_of(int abi, enum landlock_use use)
{
	switch (use) {
	case LANDLOCK_USE_PROGRAM:
		return LANDLOCK_ACCESS_FS_READ_FILE |
		       LANDLOCK_ACCESS_FS_EXECUTE;
	case LANDLOCK_USE_SCRATCH:
		return scratch_rights(abi) | LANDLOCK_ACCESS_FS_MAKE_SOCK |
		       LANDLOCK_ACCESS_FS_MAKE_SYM |
		       (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0);
	case LANDLOCK_USE_DEVICE:
		return LANDLOCK_ACCESS_FS_READ_FILE |
		       LANDLOCK_ACCESS_FS_WRITE_FILE;
	case LANDLOCK_USE_READ:
		break;
	}
	return LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
}

static int make_ruleset(int abi, int *ret_ruleset)
{
	struct ruleset_attributes attributes = {
	    .handled_access_fs = every_right(abi),
	    .handled_access_net = abi >= 4 ? NET_BIND_CONNECT : 0,
	    .scoped = abi >= 6 ? SCOPE_SOCKET_SIGNAL : 0,
	};
	size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

	if (abi < 1)
		return -ERR_SANDBOX_SETUP;
	*ret_ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	return *ret_ruleset >= 0 ? 0 : -ERR_SANDBOX_SETUP;
}

static int restrict_self(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0
		   ? 0
		   : -ERR_SANDBOX_SETUP;
}

static int restrict_to(int abi, uint64_t rights, const int *folders,
		       size_t count)
{
	HANDLE_CLEANUP int ruleset = -1;
	int error = make_ruleset(abi, &ruleset);

	for (size_t i = 0; error == 0 && i < count; i++)
		error = allow(ruleset, rights, folders[i]);
	return error == 0 ? restrict_self(ruleset) : error;
}

int landlock_restrict(int abi, int scratch_fd)
{
	return restrict_to(abi, scratch_rights(abi), &scratch_fd,
			   scratch_fd >= 0 ? 1 : 0);
}

int landlock_restrict_reading(int abi, const int *folders, size_t count)
{
	return restrict_to(abi, LANDLOCK_ACCESS_FS_READ_FILE, folders, count);
}

int landlock_restrict_to(int abi, const struct landlock_place *places,
			 size_t count)
{
	HANDLE_CLEANUP int ruleset = -1;
	int error = make_ruleset(abi, &ruleset);

	for (size_t i = 0; error == 0 && i < count; i++)
		error =
		    allow(ruleset, rights_of(abi, places[i].use), places[i].fd);
	return error == 0 ? restrict_self(ruleset) : error;
}
