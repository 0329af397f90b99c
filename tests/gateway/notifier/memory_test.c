/* When people are told, when again, and that a restart forgets nothing. */
#define _GNU_SOURCE
#include "gateway/notifier/notifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum { AGAIN_HOURS = 24 };

static const int64_t minute_ms = INT64_C(60) * 1000;
static const int64_t hour_ms = INT64_C(3600) * 1000;
static const int64_t now_ms = INT64_C(1795297594123);

static struct memory memory;
static char path[64];

static int set_up(void **state)
{
	char folder[] = "/tmp/memory-XXXXXX";

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/alarms.told", folder);
	memory_load(&memory, path);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path);
}

static struct alarm alarm_of(enum alarm_kind kind, const char *key)
{
	struct alarm alarm = {.kind = kind};

	(void)snprintf(alarm.key, sizeof(alarm.key), "%s", key);
	return alarm;
}

static bool is_due(const struct alarm *alarm, int64_t at_ms)
{
	return memory_is_due(&memory, alarm, AGAIN_HOURS, at_ms);
}

static void tries(const struct alarm *alarm, int64_t at_ms, uint32_t recipients)
{
	const struct alarm_told told = {.kind = alarm->kind,
					.recipients = recipients,
					.code = recipients > 0 ? 250 : 451,
					.time_ms = at_ms};

	assert_int_equal(memory_note(&memory, alarm, &told), 0);
}

static void what_lasts_is_told_again_after_its_hours(void **state)
{
	const struct alarm alarm = alarm_of(ALARM_DEFINITIONS, "stale");

	(void)state;
	assert_true(is_due(&alarm, now_ms));
	tries(&alarm, now_ms, 2);
	assert_false(is_due(&alarm, now_ms + 1));
	assert_false(is_due(&alarm, now_ms + 24 * hour_ms - 1));
	assert_true(is_due(&alarm, now_ms + 24 * hour_ms));
}

static void something_else_of_the_kind_is_told_after_an_hour(void **state)
{
	const struct alarm first = alarm_of(ALARM_SELF_CHECK, "backup.age ");
	const struct alarm other =
	    alarm_of(ALARM_SELF_CHECK, "backup.age disk.free ");

	(void)state;
	tries(&first, now_ms, 1);
	assert_false(is_due(&other, now_ms + hour_ms - 1));
	assert_true(is_due(&other, now_ms + hour_ms));
	assert_false(is_due(&first, now_ms + hour_ms));
}

static void each_kind_has_its_own_time(void **state)
{
	const struct alarm one = alarm_of(ALARM_PROGRAM_FALLING, "x");
	const struct alarm two = alarm_of(ALARM_PROGRAM_DOWN, "x");

	(void)state;
	tries(&one, now_ms, 1);
	assert_true(is_due(&two, now_ms));
}

static void a_try_in_vain_is_repeated_ever_later(void **state)
{
	const struct alarm alarm = alarm_of(ALARM_LOG_WRITE, "io");
	int64_t at_ms = now_ms;

	(void)state;
	for (int64_t minutes = 1; minutes <= 32; minutes *= 2) {
		tries(&alarm, at_ms, 0);
		assert_false(is_due(&alarm, at_ms + minutes * minute_ms - 1));
		at_ms += minutes * minute_ms;
		assert_true(is_due(&alarm, at_ms));
	}
	for (int i = 0; i < 40; i++)
		tries(&alarm, at_ms, 0);
	assert_true(is_due(&alarm, at_ms + hour_ms));
	tries(&alarm, at_ms + hour_ms, 1);
	assert_false(is_due(&alarm, at_ms + 2 * hour_ms));
}

static void a_clock_that_went_back_silences_nothing(void **state)
{
	const struct alarm alarm = alarm_of(ALARM_DEFINITIONS, "none");

	(void)state;
	tries(&alarm, now_ms, 1);
	assert_true(is_due(&alarm, now_ms - 48 * hour_ms));
}

static void a_restart_forgets_nothing(void **state)
{
	const struct alarm alarm = alarm_of(ALARM_DEFINITIONS, "stale");
	const struct alarm failed = alarm_of(ALARM_PROGRAM_DOWN, "vault");
	const struct told *told = &memory.kinds[ALARM_DEFINITIONS];

	(void)state;
	tries(&alarm, now_ms, 3);
	tries(&failed, now_ms, 0);
	memory_load(&memory, path);
	assert_false(is_due(&alarm, now_ms + 23 * hour_ms));
	assert_true(is_due(&alarm, now_ms + 24 * hour_ms));
	assert_false(is_due(&failed, now_ms + minute_ms - 1));
	/* Nor what the vault was not told of yet. */
	assert_false(told->noted);
	assert_int_equal(told->try_.kind, ALARM_DEFINITIONS);
	assert_int_equal(told->try_.recipients, 3);
	assert_int_equal(told->try_.code, 250);
	assert_int_equal(told->try_.time_ms, now_ms);
	assert_int_equal(memory_noted(&memory, ALARM_DEFINITIONS, now_ms - 1),
			 0);
	assert_false(told->noted);
	assert_int_equal(memory_noted(&memory, ALARM_DEFINITIONS, now_ms), 0);
	memory_load(&memory, path);
	assert_true(told->noted);
}

static void a_broken_file_is_no_memory(void **state)
{
	static const char *const lines[] = {
	    "definitions.stale 1 1 0 1 250 1 00\n",
	    "definitions.stale -5 1 0 1 250 1 %064d\n",
	    "no.such.kind 1 1 0 1 250 1 %064d\n",
	    "definitions.stale\n",
	    "\n",
	};
	const struct alarm alarm = alarm_of(ALARM_DEFINITIONS, "stale");
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_true(fputs(lines[i], file) >= 0);
	assert_int_equal(fclose(file), 0);
	memory_load(&memory, path);
	assert_true(is_due(&alarm, now_ms));
	assert_int_equal(memory.kinds[ALARM_DEFINITIONS].tried_ms, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_lasts_is_told_again_after_its_hours),
	    TEST(something_else_of_the_kind_is_told_after_an_hour),
	    TEST(each_kind_has_its_own_time),
	    TEST(a_try_in_vain_is_repeated_ever_later),
	    TEST(a_clock_that_went_back_silences_nothing),
	    TEST(a_restart_forgets_nothing),
	    TEST(a_broken_file_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
