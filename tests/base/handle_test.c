/* Content on its way between programs: who can still change it. */
#define _GNU_SOURCE
#include "base/handle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int file_of(uint64_t size)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, "head", 4, 0), 4);
	return fd;
}

static void a_small_copy_is_sealed_memory(void **state)
{
	HANDLE_CLEANUP int from = file_of(100000);
	HANDLE_CLEANUP int copy = -1;
	uint64_t size = 0;
	char head[4];

	(void)state;
	assert_int_equal(content_copy(from, 100000, "/tmp", &size, &copy), 0);
	assert_int_equal(size, 100000);
	assert_true(memory_file_is_sealed(copy));
	assert_true(content_is_frozen(copy));
	assert_int_equal(pread(copy, head, 4, 0), 4);
	assert_memory_equal(head, "head", 4);
	assert_true(pwrite(copy, "x", 1, 0) < 0);
}

static void a_large_copy_is_a_file_for_reading_only(void **state)
{
	const uint64_t large = HANDLE_MEMORY_MAX + 1;
	HANDLE_CLEANUP int from = file_of(large);
	HANDLE_CLEANUP int copy = -1;
	uint64_t size = 0;
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(content_copy(from, UINT64_MAX, "/tmp", &size, &copy),
			 0);
	assert_int_equal(size, large);
	assert_int_equal(handle_size(copy, &seen), 0);
	assert_int_equal(seen, large);
	assert_false(memory_file_is_sealed(copy));
	assert_true(content_is_frozen(copy));
	assert_true(pwrite(copy, "x", 1, 0) < 0);
}

static void what_somebody_can_write_to_is_not_frozen(void **state)
{
	HANDLE_CLEANUP int writer = file_of(10);
	HANDLE_CLEANUP int reader = -1;
	HANDLE_CLEANUP int memory = -1;
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", writer);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(reader >= 0);
	assert_false(content_is_frozen(writer));
	assert_false(content_is_frozen(reader));
	handle_close(&writer);
	assert_true(content_is_frozen(reader));
	assert_int_equal(memory_file_new("open", &memory), 0);
	assert_false(content_is_frozen(memory));
	assert_int_equal(content_freeze(&memory), 0);
	assert_true(content_is_frozen(memory));
}

static void a_file_with_a_name_is_not_frozen(void **state)
{
	char path[] = "/tmp/sekisho-handle-XXXXXX";
	HANDLE_CLEANUP int writer = mkstemp(path);
	HANDLE_CLEANUP int reader = open(path, O_RDONLY | O_CLOEXEC);

	(void)state;
	handle_close(&writer);
	assert_false(content_is_frozen(reader));
	assert_int_equal(unlink(path), 0);
	assert_true(content_is_frozen(reader));
}

static void a_copy_stops_at_its_limit(void **state)
{
	HANDLE_CLEANUP int from = file_of(1000);
	HANDLE_CLEANUP int copy = -1;
	uint64_t size = 0;

	(void)state;
	assert_int_equal(content_copy(from, 999, "/tmp", &size, &copy),
			 -ERR_LIMIT_INPUT);
	assert_int_equal(copy, -1);
	assert_int_equal(content_new(HANDLE_MEMORY_MAX + 1, "/nowhere", &copy),
			 -ERR_NO_SPACE);
}

/* A file of /proc has no size; its content is there all the same. */
static void a_copy_goes_to_the_end(void **state)
{
	HANDLE_CLEANUP int from = open("/proc/self/status", O_RDONLY);
	HANDLE_CLEANUP int copy = -1;
	uint64_t size = 0;

	(void)state;
	assert_int_equal(content_copy(from, 1 << 20, "/tmp", &size, &copy), 0);
	assert_true(size > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_small_copy_is_sealed_memory),
	    cmocka_unit_test(a_large_copy_is_a_file_for_reading_only),
	    cmocka_unit_test(what_somebody_can_write_to_is_not_frozen),
	    cmocka_unit_test(a_file_with_a_name_is_not_frozen),
	    cmocka_unit_test(a_copy_stops_at_its_limit),
	    cmocka_unit_test(a_copy_goes_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
