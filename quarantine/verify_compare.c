/* The log against a copy that left the machine: what a SIEM received (a file
 * of syslog messages or of records, in any order, lines repeated). */
#define _GNU_SOURCE
#include "quarantine/verify.h"

#include "base/handle.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "base/banned.h"

enum { COPY_YEARS_MAX = 64 };

/* Which records of a year the copy has. */
struct copied_year {
	struct verify_year year;
	bool *seen;
	uint64_t last; /* of those seen, + 1 */
};

struct copy {
	struct verify *verify;
	const char *path;
	uint64_t line;
	struct copied_year years[COPY_YEARS_MAX];
	int count;
};

static void report(struct copy *copy, enum verify_finding finding, int64_t seq,
		   const char *detail)
{
	verify_report(copy->verify, finding,
		      &(struct place){.file = copy->path,
				      .line = copy->line,
				      .seq = seq,
				      .detail = detail});
}

static struct copied_year *find_year(struct copy *copy, int number)
{
	for (int i = 0; i < copy->count; i++)
		if (copy->years[i].year.year == number)
			return &copy->years[i];
	return NULL;
}

/* One record of the copy must be the log's record of that place. */
static void compare_record(struct copy *copy, struct view line)
{
	struct record record;
	struct copied_year *year;

	if (record_read(line, &record) != 0) {
		report(copy, VERIFY_COPY_MALFORMED, -1, NULL);
		return;
	}
	if (strcmp(record.node, copy->verify->signer.name) != 0)
		return; /* of another gateway that sends there too */
	if (record.year < copy->verify->from_year)
		return;
	year = find_year(copy, record.year);
	if (year == NULL || record.seq >= year->year.count) {
		report(copy, VERIFY_COPY_ONLY, (int64_t)record.seq, NULL);
		return;
	}
	if (!view_equal(line, verify_year_line(&year->year, record.seq)))
		report(copy, VERIFY_COPY_DIFFERS, (int64_t)record.seq, NULL);
	year->seen[record.seq] = true;
	if (record.seq >= year->last)
		year->last = record.seq + 1;
}

/* A checkpoint of the copy is one of the log's, word for word. */
static void compare_note(struct copy *copy, const char *note)
{
	struct cursor cursor = cursor_at(view_of_string(note), 0);
	struct checkpoint checkpoint;
	struct view text;
	struct view file = {NULL, 0};
	char path[VERIFY_PATH_MAX];
	int error =
	    note_next(&cursor, &copy->verify->signer, &checkpoint, &text);

	if (error == -ERR_NOT_FOUND)
		return;
	if (error != 0) {
		report(copy, VERIFY_COPY_MALFORMED, -1, NULL);
		return;
	}
	if (checkpoint.year < copy->verify->from_year)
		return;
	if (verify_notes_open(copy->verify, checkpoint.year, path, &file) !=
		0 ||
	    view_find(file, text, 0) == SIZE_MAX)
		report(copy, VERIFY_COPY_ONLY, -1, NULL);
	handle_unmap(&file);
}

/* The body of a message as the courier sends it, or a bare record. */
static void compare_json(struct copy *copy, struct view text)
{
	json_t *root = json_loadb((const char *)text.data, text.size,
				  JSON_DISABLE_EOF_CHECK, NULL);
	const json_t *event = json_object_get(root, "event");
	const char *original =
	    json_string_value(json_object_get(event, "original"));

	if (original != NULL && original[0] == '{')
		compare_record(copy, view_of_string(original));
	else if (original != NULL && strncmp(original, "sekisho/", 8) == 0)
		compare_note(copy, original);
	else if (json_object_get(root, "previous") != NULL)
		compare_record(copy, text);
	json_decref(root);
}

static void compare_lines(struct copy *copy, struct view file)
{
	size_t offset = 0;

	while (offset < file.size) {
		size_t end = view_find(file, view_of_string("\n"), offset);
		size_t size =
		    end == SIZE_MAX ? file.size - offset : end - offset;
		struct view line = view_slice(file, offset, size);
		size_t brace = view_find(line, view_of_string("{"), 0);

		copy->line++;
		if (brace != SIZE_MAX)
			compare_json(copy, view_slice(line, brace, SIZE_MAX));
		offset += size + 1;
	}
}

/* What the copy lacks: the end may be under way, a hole is not. */
static void report_missing(struct copy *copy)
{
	copy->line = 0;
	for (int i = 0; i < copy->count; i++) {
		const struct copied_year *year = &copy->years[i];
		bool later = i + 1 < copy->count;
		uint64_t end = later ? year->year.count : year->last;

		for (uint64_t seq = 0; seq < end; seq++)
			if (!year->seen[seq])
				report(copy, VERIFY_COPY_LACKS, (int64_t)seq,
				       NULL);
		if (!later && end < year->year.count)
			report(copy, VERIFY_COPY_BEHIND, (int64_t)end, NULL);
	}
}

static int open_years(struct copy *copy)
{
	int next = verify_next_year(copy->verify, copy->verify->from_year);

	while (next != 0 && copy->count < COPY_YEARS_MAX) {
		struct copied_year *year = &copy->years[copy->count];
		int error = verify_year_open(copy->verify, next, &year->year);

		if (error != 0)
			return error;
		copy->count++;
		year->seen = calloc(year->year.count + 1, sizeof(bool));
		if (year->seen == NULL)
			return -ERR_MEMORY;
		next = verify_next_year(copy->verify, next + 1);
	}
	return 0;
}

int verify_compare(struct verify *verify, const char *path)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct copy *copy = calloc(1, sizeof(*copy));
	struct view file = {NULL, 0};
	int error = 0;

	if (copy == NULL)
		return -ERR_MEMORY;
	copy->verify = verify;
	copy->path = path;
	if (fd < 0)
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = handle_map(fd, &file);
	if (error == 0)
		error = open_years(copy);
	if (error == 0) {
		compare_lines(copy, file);
		report_missing(copy);
	}
	handle_unmap(&file);
	for (int i = 0; i < copy->count; i++) {
		verify_year_free(&copy->years[i].year);
		free(copy->years[i].seen);
	}
	free(copy);
	return error;
}
