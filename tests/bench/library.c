/*
 * What the sanitizer of a file costs by itself, in one process: the bench
 * subtracts it from what the gateway takes.
 *
 * usage: bench-library TIMES FILE; prints the median in microseconds.
 */
#include "tests/support/local_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

enum { TIMES_MAX = 10000, FILE_MAX = 64 * 1024 * 1024 };

static uint8_t data[FILE_MAX];

static uint64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	static uint64_t took[TIMES_MAX];
	size_t times = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	FILE *file =
	    times > 0 && times <= TIMES_MAX ? fopen(argv[2], "rb") : NULL;
	size_t size;

	if (file == NULL)
		return 64;
	size = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	local_prepare();
	for (size_t i = 0; i < times; i++) {
		uint64_t begun = now();
		struct local_run *run =
		    local_run(view_of(data, size), argv[2], NULL);
		int error = run->error;

		local_run_free(run);
		took[i] = now() - begun;
		if (error != 0)
			return 1;
	}
	qsort(took, times, sizeof(took[0]), compare);
	(void)printf("%.1f\n", (double)took[times / 2] / 1000);
	return 0;
}
