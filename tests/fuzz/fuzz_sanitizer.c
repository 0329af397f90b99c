/*
 * The fuzzer of one format, chosen at compile time by FUZZ_NAME: hostile bytes
 * through the sanitizer; what comes out must survive a second run unchanged in
 * verdict. Built with libFuzzer, or with a main() that replays files.
 */
#include "tests/support/local_host.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the samples that are locked. */
static const char *const secret[] = {"himitsu"};

/* Formats whose sanitizers open them and lock them again, at no cost. */
static bool opens(void)
{
	return strcmp(FUZZ_NAME, "doc") == 0 || strcmp(FUZZ_NAME, "xls") == 0 ||
	       strcmp(FUZZ_NAME, "ppt") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.limits.unpacked_bytes = 64 * 1024 * 1024;
	policy.limits.output_bytes = 64 * 1024 * 1024;
	policy.limits.pixels = 4 * 1000 * 1000;
	policy.limits.depth = 3;
	if (opens() && size % 2 == 0)
		policy.reencrypt = REENCRYPT_SAME;
	run = local_run_with(view_of(data, size), "input." FUZZ_NAME, &policy,
			     secret, opens() ? 1 : 0, false);
	if (run->error == 0) {
		struct view output = buffer_contents(&run->output);
		struct local_run *again =
		    local_run_with(output, "input." FUZZ_NAME, &policy, secret,
				   opens() ? 1 : 0, true);

		if (again->error != 0 || again->removal_count != 0) {
			(void)fprintf(
			    stderr, "unstable: error %s, %zu removals\n",
			    error_name(again->error), again->removal_count);
			abort();
		}
		local_run_free(again);
	}
	local_run_free(run);
	return 0;
}
