#include "tests/support/sample_check.h"

#include <dirent.h>
#include <jansson.h>

#include "base/banned.h"

enum { SAMPLE_MAX = 256 * 1024 * 1024, PASSWORDS = 16 };

static const char suffix[] = ".expect.json";

struct buffer sample_read(const char *format, const char *name)
{
	struct buffer buffer = buffer_make(SAMPLE_MAX);
	char path[1024];
	uint8_t chunk[65536];
	size_t got;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", SAMPLES_FOLDER, format,
		       name);
	file = fopen(path, "rb");
	if (file == NULL)
		abort();
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_bytes(&buffer, chunk, got);
	(void)fclose(file);
	return buffer;
}

static const char *verdict_of(const struct local_run *run)
{
	if (run->error == -ERR_ENCRYPTED || run->error == -ERR_PASSWORD_WRONG)
		return "password";
	if (run->error != 0)
		return "blocked";
	if (run->job.converted)
		return "converted";
	return run->removal_count > 0 ? "sanitized" : "unchanged";
}

static bool expects(const json_t *removals, const char *kind)
{
	const json_t *value;
	size_t i;

	json_array_foreach(removals, i,
			   value) if (strcmp(json_string_value(value), kind) ==
				      0) return true;
	return false;
}

static bool removals_fit(const struct local_run *run, const json_t *removals)
{
	const json_t *value;
	size_t i;

	json_array_foreach(
	    removals, i,
	    value) if (local_run_count(run,
				       removal_by_name(json_string_value(
					   value))) == 0) return false;
	for (size_t k = 0; k < run->removal_count; k++)
		if (!expects(removals, removal_name(run->removals[k].kind)))
			return false;
	return true;
}

static bool is_stable(const struct local_run *run, const char *name)
{
	const struct sanitizer *sanitizer =
	    sanitizer_for(run->job.output_format);
	struct local_run *again = local_run_with(buffer_contents(&run->output),
						 name, NULL, NULL, 0, true);
	bool stable =
	    again->error == 0 && again->removal_count == 0 &&
	    (sanitizer->lossy || view_equal(buffer_contents(&again->output),
					    buffer_contents(&run->output)));

	if (!stable)
		(void)fprintf(stderr, "%s: again: %s, %zu removals\n", name,
			      error_name(again->error), again->removal_count);
	local_run_free(again);
	return stable;
}

static void explain(const char *name, const struct local_run *run)
{
	(void)fprintf(stderr, "%s: %s, reason %s:", name, verdict_of(run),
		      error_name(run->error));
	for (size_t i = 0; i < run->removal_count; i++)
		(void)fprintf(stderr, " %s (%s)",
			      removal_name(run->removals[i].kind),
			      run->removals[i].path);
	(void)fprintf(stderr, "\n");
}

static bool check_sample(const char *format, const char *name,
			 const json_t *expected)
{
	struct buffer input = sample_read(format, name);
	const json_t *given = json_object_get(expected, "passwords");
	const char *reason =
	    json_string_value(json_object_get(expected, "reason"));
	const char *verdict =
	    json_string_value(json_object_get(expected, "verdict"));
	const char *passwords[PASSWORDS];
	struct local_run *run;
	const json_t *value;
	bool held;
	size_t i;
	bool fits;

	json_array_foreach(given, i, value) passwords[i] =
	    json_string_value(value);
	run = local_run_with(buffer_contents(&input), name, NULL, passwords,
			     json_array_size(given), false);
	/* Another program is to do it: no more can be seen here. */
	if (json_is_true(json_object_get(expected, "engine"))) {
		fits = run->error == -ERR_CONVERTED_ELSEWHERE;
		if (!fits)
			explain(name, run);
		local_run_free(run);
		buffer_free(&input);
		return fits;
	}
	held = run->error != 0;
	fits =
	    strcmp(verdict_of(run), verdict) == 0 &&
	    strcmp(error_name(run->error), reason == NULL ? "none" : reason) ==
		0 &&
	    (held || removals_fit(run, json_object_get(expected, "removals")));
	if (!fits)
		explain(name, run);
	else if (!held)
		fits = is_stable(run, name);
	local_run_free(run);
	buffer_free(&input);
	return fits;
}

/* What only the scanner finds is not found in this process. */
static bool needs_scanner(const json_t *expected)
{
	const char *reason =
	    json_string_value(json_object_get(expected, "reason"));

	return reason != NULL && strncmp(reason, "scanner.", 8) == 0;
}

static int is_expectation(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size >= sizeof(suffix) &&
	       strcmp(entry->d_name + size - (sizeof(suffix) - 1), suffix) == 0;
}

int sample_check_folder(const char *format)
{
	struct dirent **entries;
	char path[1024];
	int failed = 0;
	int count;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, format);
	count = scandir(path, &entries, is_expectation, alphasort);
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;
		struct buffer text = sample_read(format, name);
		json_t *expected =
		    json_loadb((const char *)text.data, text.size, 0, NULL);

		name[strlen(name) - (sizeof(suffix) - 1)] = '\0';
		if (!needs_scanner(expected) &&
		    !check_sample(format, name, expected))
			failed++;
		json_decref(expected);
		buffer_free(&text);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count <= 0 ? -1 : failed;
}
