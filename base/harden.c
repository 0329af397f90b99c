#include "base/program.h"

#include "base/error.h"

#include <sys/prctl.h>
#include <sys/resource.h>

int program_harden(void)
{
	const struct rlimit none = {0, 0};

	return prctl(PR_SET_DUMPABLE, 0) == 0 &&
		       setrlimit(RLIMIT_CORE, &none) == 0 &&
		       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
		   ? 0
		   : -ERR_INTERNAL;
}
