#define _GNU_SOURCE
#include "quarantine/verify.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/banned.h"

static const struct {
	const char *name;
	enum gravity gravity;
	const char *ja;
	const char *en;
} findings[VERIFY_COUNT] = {
#define VERIFY(symbol, weight, ja, en)                                         \
	[VERIFY_##symbol] = {#symbol, GRAVITY_##weight, ja, en},
#include "quarantine/verify.def"
#undef VERIFY
};

static const char *gravity_word(enum gravity gravity, enum language language)
{
	static const char *const words[][2] = {
	    [GRAVITY_NOTICE] = {"注意", "notice"},
	    [GRAVITY_INCOMPLETE] = {"不完全", "incomplete"},
	    [GRAVITY_ALTERED] = {"改ざん", "altered"},
	};

	return words[gravity][language == LANGUAGE_JA ? 0 : 1];
}

enum gravity verify_gravity(enum verify_finding finding)
{
	return findings[finding].gravity;
}

void verify_report(struct verify *verify, enum verify_finding finding,
		   const struct place *place)
{
	verify->found[finding]++;
	if (verify->out == NULL)
		return;
	(void)fprintf(
	    verify->out,
	    "%s: ", gravity_word(findings[finding].gravity, verify->language));
	if (place->file != NULL)
		(void)fprintf(verify->out, "%s:", place->file);
	if (place->line != 0)
		(void)fprintf(verify->out, "%" PRIu64 ":", place->line);
	if (place->seq >= 0)
		(void)fprintf(verify->out, " seq %" PRId64 ":", place->seq);
	(void)fprintf(verify->out, " %s",
		      verify->language == LANGUAGE_JA ? findings[finding].ja
						      : findings[finding].en);
	if (place->detail != NULL)
		(void)fprintf(verify->out, " (%s)", place->detail);
	(void)fputc('\n', verify->out);
}

enum gravity verify_result(const struct verify *verify)
{
	enum gravity worst = GRAVITY_NOTICE;

	for (int i = 0; i < VERIFY_COUNT; i++)
		if (verify->found[i] > 0 && findings[i].gravity > worst)
			worst = findings[i].gravity;
	return worst;
}

/* --- files --- */

static int map_file(const char *path, struct view *ret_file)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND
				       : error_from_errno(errno);
	return handle_map(fd, ret_file);
}

static int year_path(const struct verify *verify, const char *form, int year,
		     char ret_path[VERIFY_PATH_MAX])
{
	bool records = strcmp(form, "log") == 0;

	if ((size_t)snprintf(ret_path, VERIFY_PATH_MAX, "%s/%s-%d%s",
			     verify->folder, form, year,
			     records ? ".jsonl" : "") >= VERIFY_PATH_MAX)
		return -ERR_CONFIG;
	return 0;
}

int verify_notes_open(const struct verify *verify, int year,
		      char ret_path[VERIFY_PATH_MAX], struct view *ret_file)
{
	int error = year_path(verify, "checkpoints", year, ret_path);

	return error != 0 ? error : map_file(ret_path, ret_file);
}

int verify_witness_open(const struct verify *verify, int year,
			char ret_path[VERIFY_PATH_MAX], struct view *ret_file)
{
	int error = year_path(verify, "witness", year, ret_path);

	return error != 0 ? error : map_file(ret_path, ret_file);
}

int verify_next_year(const struct verify *verify, int year)
{
	char path[VERIFY_PATH_MAX];

	/* The years a file name can have without being a different idea of
	 * time. */
	for (year = year < 1970 ? 1970 : year; year < 2200; year++)
		if (year_path(verify, "log", year, path) == 0 &&
		    access(path, F_OK) == 0)
			return year;
	return 0;
}

void verify_year_free(struct verify_year *year)
{
	handle_unmap(&year->file);
	free(year->ends);
	year->ends = NULL;
}

struct view verify_year_line(const struct verify_year *year, uint64_t index)
{
	uint64_t start = index == 0 ? 0 : year->ends[index - 1];

	return view_slice(year->file, (size_t)start,
			  (size_t)(year->ends[index] - start - 1));
}

/* Where each line ends; what follows the last newline is left out. */
static int find_lines(struct verify_year *year)
{
	uint64_t room = 0;

	for (size_t offset = 0; offset < year->file.size;) {
		const uint8_t *end = memchr(year->file.data + offset, '\n',
					    year->file.size - offset);
		if (end == NULL)
			break;
		if (year->count == room) {
			uint64_t *ends;

			room = room == 0 ? 1024 : room * 2;
			ends = reallocarray(year->ends, room, sizeof(*ends));
			if (ends == NULL)
				return -ERR_MEMORY;
			year->ends = ends;
		}
		offset = (size_t)(end - year->file.data) + 1;
		year->ends[year->count++] = offset;
	}
	return 0;
}

int verify_year_open(struct verify *verify, int number,
		     struct verify_year *ret_year)
{
	struct verify_year year = {.year = number};
	int error = year_path(verify, "log", number, year.path);

	if (error == 0)
		error = map_file(year.path, &year.file);
	if (error == 0)
		error = find_lines(&year);
	if (error != 0) {
		verify_year_free(&year);
		return error;
	}
	*ret_year = year;
	return 0;
}
