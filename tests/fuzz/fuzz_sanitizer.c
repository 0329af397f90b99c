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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.limits.unpacked_bytes = 64 * 1024 * 1024;
	policy.limits.output_bytes = 64 * 1024 * 1024;
	policy.limits.pixels = 4 * 1000 * 1000;
	policy.limits.depth = 3;
	run = local_run(view_of(data, size), "input." FUZZ_NAME, &policy);
	if (run->error == 0) {
		struct view output = buffer_contents(&run->output);
		struct local_run *again = local_run_with(
		    output, "input." FUZZ_NAME, &policy, NULL, 0, true);

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
