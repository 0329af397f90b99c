#include "gateway/verifier/check.h"
#include "base/bytes.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(const char *format, const char *extension, struct view output,
		  char *ret_detail, size_t size)
{
	struct policy policy;
	struct check check = {.output = output,
			      .format = format,
			      .extension = extension,
			      .policy = &policy,
			      .arena = arena_new(256 * 1024 * 1024)};
	int error;

	policy_default(&policy);
	error = verifier_for(format)->verify(&check);
	(void)text_copy(ret_detail, size, check.detail);
	arena_free(check.arena);
	return error;
}

static void verify_folder(const char *format)
{
	char path[1024];
	struct dirent *entry;
	DIR *folder;
	unsigned seen = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, format);
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		struct buffer input;
		struct local_run *run;
		char detail[512];

		if (entry->d_name[0] == '.' ||
		    strstr(entry->d_name, ".expect.json") != NULL)
			continue;
		input = sample_read(format, entry->d_name);
		run = local_run(buffer_contents(&input), entry->d_name, NULL);
		if (run->error == 0) {
			seen++;
			if (verify(format, run->job.extension,
				   buffer_contents(&run->output), detail,
				   sizeof(detail)) != 0)
				fail_msg("%s: %s", entry->d_name, detail);
		}
		/* What lost something must not pass as it came. */
		if (run->error == 0 && run->removal_count > 0 &&
		    verify(format, run->job.extension, buffer_contents(&input),
			   detail, sizeof(detail)) == 0)
			fail_msg("%s passed", entry->d_name);
		local_run_free(run);
		buffer_free(&input);
	}
	(void)closedir(folder);
	assert_true(seen > 5);
}

static void
what_the_sanitizers_write_passes_and_what_they_got_does_not(void **state)
{
	(void)state;
	verify_folder("odt");
	verify_folder("ods");
	verify_folder("odp");
	verify_folder("odg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_the_sanitizers_write_passes_and_what_they_got_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
