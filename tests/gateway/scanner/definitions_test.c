#define _GNU_SOURCE
#include "gateway/scanner/definitions.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { HOUR = 3600 };

struct place {
	char folder[64];
};

static void put(const struct place *place, const char *name, const char *text,
		int64_t modified)
{
	const struct timespec times[2] = {{modified, 0}, {modified, 0}};
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_signed(const struct place *place, const char *name,
		       int64_t made, int64_t modified)
{
	char header[600];

	(void)snprintf(header, sizeof(header),
		       "ClamAV-VDB:21 Nov 2026 07-35 +0000:100:5:90:md5:sig:"
		       "builder:%lld%*s",
		       (long long)made, 400, "");
	put(place, name, header, modified);
}

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (place == NULL)
		return -1;
	(void)snprintf(place->folder, sizeof(place->folder),
		       "/tmp/sekisho-folder-XXXXXX");
	*state = place;
	return mkdtemp(place->folder) != NULL ? 0 : -1;
}

static int remove_place(void **state)
{
	static const char *const names[] = {"daily.cvd", "main.cvd",
					    "own.ndb",   "freshclam.dat",
					    "empty.ndb", "bytecode.cvd"};
	struct place *place = *state;
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", place->folder,
			       names[i]);
		(void)unlink(path);
	}
	(void)rmdir(place->folder);
	free(place);
	return 0;
}

static void a_missing_or_empty_folder_has_no_definitions(void **state)
{
	const struct place *place = *state;
	struct definitions definitions;

	assert_int_equal(definitions_survey("/nonexistent", &definitions),
			 -ERR_SCANNER_NO_DEFINITIONS);
	assert_int_equal(definitions_survey(place->folder, &definitions),
			 -ERR_SCANNER_NO_DEFINITIONS);
	put(place, "freshclam.dat", "state", 1000);
	assert_int_equal(definitions_survey(place->folder, &definitions),
			 -ERR_SCANNER_NO_DEFINITIONS);
}

static void a_file_without_content_fails(void **state)
{
	const struct place *place = *state;
	struct definitions definitions;

	put(place, "own.ndb", "a", 1000);
	put(place, "empty.ndb", "", 1000);
	assert_int_equal(definitions_survey(place->folder, &definitions),
			 -ERR_SCANNER_FAILED);
}

/* main.cvd is years old by design; a copy is as new as today. */
static void the_age_is_that_of_the_daily_database(void **state)
{
	const struct place *place = *state;
	struct definitions definitions;

	put_signed(place, "main.cvd", 1000, 9000000);
	put_signed(place, "daily.cvd", 500000, 9000000);
	put_signed(place, "bytecode.cvd", 800000, 9000000);
	put(place, "own.ndb", "a", 9000000);
	assert_int_equal(definitions_survey(place->folder, &definitions), 0);
	assert_int_equal(definitions.time, 500000);
	assert_int_equal(definitions.count, 4);
}

static void without_a_daily_database_the_newest_header_counts(void **state)
{
	const struct place *place = *state;
	struct definitions definitions;

	put_signed(place, "main.cvd", 1000, 9000000);
	put_signed(place, "bytecode.cvd", 2000, 9000000);
	put(place, "own.ndb", "a", 9000000);
	assert_int_equal(definitions_survey(place->folder, &definitions), 0);
	assert_int_equal(definitions.time, 2000);
}

static void own_definitions_are_as_old_as_their_files(void **state)
{
	const struct place *place = *state;
	struct definitions definitions;

	put(place, "own.ndb", "a", 7000000);
	assert_int_equal(definitions_survey(place->folder, &definitions), 0);
	assert_int_equal(definitions.time, 7000000);
	assert_string_equal(definitions.files[0].name, "own.ndb");
}

static void the_fingerprint_changes_with_the_files(void **state)
{
	const struct place *place = *state;
	struct definitions first;
	struct definitions second;

	put(place, "own.ndb", "a", 7000000);
	assert_int_equal(definitions_survey(place->folder, &first), 0);
	put(place, "freshclam.dat", "state", 1000);
	assert_int_equal(definitions_survey(place->folder, &second), 0);
	assert_memory_equal(first.fingerprint, second.fingerprint, 32);
	put(place, "own.ndb", "b", 7000001);
	assert_int_equal(definitions_survey(place->folder, &second), 0);
	assert_memory_not_equal(first.fingerprint, second.fingerprint, 32);
}

static int64_t header_time(const char *text)
{
	return definitions_header_time(view_of_string(text));
}

static void hostile_headers_have_no_time(void **state)
{
	(void)state;
	assert_int_equal(header_time("ClamAV-VDB:a:b:c:d:e:f:g:12345 "), 12345);
	assert_int_equal(header_time("ClamAV-VDB:a:b:c:d:e:f:g"), 0);
	assert_int_equal(header_time("ClamAV-VDB:a:b:c:d:e:f:g:"), 0);
	assert_int_equal(header_time("Other-VDB:a:b:c:d:e:f:g:12345"), 0);
	assert_int_equal(
	    header_time("ClamAV-VDB:a:b:c:d:e:f:g:99999999999999999999"), 0);
	assert_int_equal(header_time(""), 0);
}

static void staleness(void **state)
{
	const int64_t now = 100000000;

	(void)state;
	assert_false(definitions_are_stale(now - 24 * HOUR, now, 24));
	assert_true(definitions_are_stale(now - 24 * HOUR - 1, now, 24));
	assert_true(definitions_are_stale(0, now, 24));
	assert_false(definitions_are_stale(0, now, 0));
	assert_false(definitions_are_stale(now + HOUR, now, 24));
	assert_true(definitions_are_stale(now + 25 * HOUR, now, 24));
	assert_int_equal(definitions_age_hours(now - 3 * HOUR - 1, now), 3);
	assert_int_equal(definitions_age_hours(now + HOUR, now), 0);
}

int main(void)
{
#define IN_PLACE(test)                                                         \
	cmocka_unit_test_setup_teardown(test, make_place, remove_place)
	const struct CMUnitTest tests[] = {
	    IN_PLACE(a_missing_or_empty_folder_has_no_definitions),
	    IN_PLACE(a_file_without_content_fails),
	    IN_PLACE(the_age_is_that_of_the_daily_database),
	    IN_PLACE(without_a_daily_database_the_newest_header_counts),
	    IN_PLACE(own_definitions_are_as_old_as_their_files),
	    IN_PLACE(the_fingerprint_changes_with_the_files),
	    cmocka_unit_test(hostile_headers_have_no_time),
	    cmocka_unit_test(staleness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
