#include "tests/support/package_check.h"

#include "base/banned.h"

struct package_check package_check_open(const char *format, const char *name,
					const struct policy *policy)
{
	struct package_check check = {.input = sample_read(format, name)};

	check.run = local_run(buffer_contents(&check.input), name, policy);
	if (check.run->error != 0 ||
	    zip_reader_open(&check.run->job,
			    buffer_contents(&check.run->output), ZIP_STRICT,
			    &check.reader) != 0) {
		(void)fprintf(stderr, "%s: %s\n", name,
			      error_name(check.run->error));
		abort();
	}
	return check;
}

void package_check_close(struct package_check *check)
{
	local_run_free(check->run);
	buffer_free(&check->input);
}

bool package_check_has(struct package_check *check, const char *part)
{
	return zip_reader_find(check->reader, part, false) != SIZE_MAX;
}

bool package_check_contains(struct package_check *check, const char *part,
			    const char *text)
{
	size_t entry = zip_reader_find(check->reader, part, false);
	struct view content;

	if (entry == SIZE_MAX ||
	    zip_reader_read(check->reader, entry, (struct view){NULL, 0},
			    &content) != 0) {
		(void)fprintf(stderr, "no part %s\n", part);
		abort();
	}
	return view_find(content, view_of_string(text), 0) != SIZE_MAX;
}

struct local_run *package_check_text(const char *format, const char *name)
{
	struct buffer input = sample_read(format, name);
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	memset(policy.modes, MODE_TEXT, sizeof(policy.modes));
	run = local_run(buffer_contents(&input), name, &policy);
	buffer_free(&input);
	return run;
}
