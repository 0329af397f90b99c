#define _GNU_SOURCE
#include "gateway/sandbox/settle.h"

#include "base/buffer.h"
#include "base/handle.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { RANGES_MAX = 1024 };

struct range {
	uintptr_t start;
	uintptr_t end;
	char rights[5];
	uint8_t digest[32];
};

static struct range before[RANGES_MAX];
static size_t before_count;

static bool is_of_sodium(const char *line)
{
	return strstr(line, "libsodium") != NULL;
}

static void remember(uintptr_t start, uintptr_t end, const char *rights)
{
	struct range *range = &before[before_count++];

	assert_true(before_count < RANGES_MAX);
	range->start = start;
	range->end = end;
	(void)snprintf(range->rights, sizeof(range->rights), "%s", rights);
	(void)crypto_hash_sha256(range->digest, (const uint8_t *)start,
				 end - start);
}

/* Fields of one line of /proc/self/maps that shows a readable mapping. */
static bool read_line(FILE *file, char line[5000], struct range *range)
{
	while (fgets(line, 5000, file) != NULL) {
		unsigned long start;
		unsigned long end;

		if (sscanf(line, "%lx-%lx %4s", &start, &end, range->rights) !=
			3 ||
		    range->rights[0] != 'r')
			continue;
		range->start = start;
		range->end = end;
		return true;
	}
	return false;
}

static void read_libraries(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[5000];
	struct range range;

	assert_non_null(file);
	before_count = 0;
	while (read_line(file, line, &range))
		if (is_of_sodium(line))
			remember(range.start, range.end, range.rights);
	assert_int_equal(fclose(file), 0);
	assert_in_range(before_count, 4, RANGES_MAX);
}

/* Each of those that were there is in a mapping with the same rights. */
static void check_rights(void)
{
	for (size_t i = 0; i < before_count; i++) {
		FILE *file = fopen("/proc/self/maps", "re");
		char line[5000];
		struct range range;
		bool found = false;

		assert_non_null(file);
		while (read_line(file, line, &range))
			found |= range.start <= before[i].start &&
				 range.end >= before[i].end &&
				 strcmp(range.rights, before[i].rights) == 0;
		assert_int_equal(fclose(file), 0);
		assert_true(found);
	}
}

__attribute__((unused)) static void libraries_stay_what_they_are(void **state)
{
	uint8_t digest[32];
	struct stat status;
	size_t replaced;

	(void)state;
	read_libraries();
	replaced = settle_libraries();
	/* A debugger may have a thread in here. */
	assert_int_equal(stat("/proc/self/task", &status), 0);
	if (status.st_nlink == 3)
		assert_true(replaced > 0);
	check_rights();
	for (size_t i = 0; i < before_count; i++) {
		(void)crypto_hash_sha256(digest,
					 (const uint8_t *)before[i].start,
					 before[i].end - before[i].start);
		assert_memory_equal(digest, before[i].digest, sizeof(digest));
	}
}

/* A library that has state of its own still works, here and in a child, and
 * neither sees what the other writes. */
__attribute__((unused)) static void libraries_go_on(void **state)
{
	uint8_t one[32];
	uint8_t other[32];
	int status;
	pid_t child;

	(void)state;
	randombytes_buf(one, sizeof(one));
	(void)settle_libraries();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		randombytes_buf(other, sizeof(other));
		_exit(memcmp(one, other, sizeof(one)) == 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	randombytes_buf(other, sizeof(other));
	assert_memory_not_equal(one, other, sizeof(one));
}

static void *wait_for_end(void *context)
{
	char byte;

	assert_int_equal(read(*(int *)context, &byte, 1), 0);
	return NULL;
}

static void with_threads_nothing_is_touched(void **state)
{
	int ends[2];
	pthread_t thread;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &ends[0]),
			 0);
	assert_int_equal(settle_libraries(), 0);
	handle_close(&ends[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	handle_close(&ends[0]);
}

static int begin(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef SEKISHO_SANITIZED /* which may not be read whole, and is not done */
	    cmocka_unit_test(libraries_stay_what_they_are),
	    cmocka_unit_test(libraries_go_on),
#endif
	    cmocka_unit_test(with_threads_nothing_is_touched),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
