#define _GNU_SOURCE
#include "gateway/scanner/definitions.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	HEADER_SIZE = 512,
	HEADER_TIME_FIELD = 8, /* counted from 0 */
	TIME_DIGITS_MAX = 12,
	HOUR = 3600,
	CLOCK_SLACK = 24 * HOUR,
};

/* What cl_load() takes from a folder. Other files there, such as those in
 * which freshclam keeps its state, must not cause a reload. */
static const char *const extensions[] = {
    ".cvd",  ".cld",  ".cud", ".db",  ".ndb", ".ndu",  ".ldb",  ".ldu",
    ".hdb",  ".hdu",  ".hsb", ".hsu", ".mdb", ".mdu",  ".msb",  ".msu",
    ".cdb",  ".crb",  ".cbc", ".idb", ".fp",  ".sfp",  ".ftm",  ".cfg",
    ".pdb",  ".gdb",  ".wdb", ".imp", ".ign", ".ign2", ".info", ".yar",
    ".yara", ".pwdb", ".cat", ".ioc", ".zmd", ".rmd",
};

static bool has_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name)
		return false;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (strcasecmp(dot, extensions[i]) == 0)
			return true;
	return false;
}

static bool is_signed(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL &&
	       (strcasecmp(dot, ".cvd") == 0 || strcasecmp(dot, ".cld") == 0 ||
		strcasecmp(dot, ".cud") == 0);
}

int64_t definitions_header_time(struct view header)
{
	int64_t time = 0;
	size_t offset = 0;
	size_t digits = 0;

	header = view_slice(header, 0, HEADER_SIZE);
	if (!view_starts_with(header, "ClamAV-VDB:"))
		return 0;
	for (int field = 0; field < HEADER_TIME_FIELD; field++) {
		offset = view_find(header, view_of_string(":"), offset);
		if (offset == SIZE_MAX)
			return 0;
		offset++;
	}
	while (offset < header.size && header.data[offset] >= '0' &&
	       header.data[offset] <= '9') {
		if (++digits > TIME_DIGITS_MAX)
			return 0;
		time = time * 10 + (header.data[offset++] - '0');
	}
	return time;
}

static int read_header_time(int folder, struct definition_file *file)
{
	HANDLE_CLEANUP int fd =
	    openat(folder, file->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint8_t header[HEADER_SIZE];
	ssize_t size;

	if (fd < 0)
		return -ERR_SCANNER_FAILED;
	size = read(fd, header, sizeof(header));
	if (size < 0)
		return -ERR_SCANNER_FAILED;
	file->time = definitions_header_time(view_of(header, (size_t)size));
	return 0;
}

static int read_time(int folder, struct definition_file *file,
		     const struct stat *status)
{
	file->time = status->st_mtim.tv_sec;
	file->dated = is_signed(file->name);
	return file->dated ? read_header_time(folder, file) : 0;
}

static void fingerprint_file(crypto_hash_sha256_state *state, const char *name,
			     const struct stat *status)
{
	const int64_t facts[] = {
	    (int64_t)status->st_ino,
	    (int64_t)status->st_size,
	    (int64_t)status->st_mtim.tv_sec,
	    (int64_t)status->st_mtim.tv_nsec,
	};

	(void)crypto_hash_sha256_update(state, (const uint8_t *)name,
					strlen(name) + 1);
	(void)crypto_hash_sha256_update(state, (const uint8_t *)facts,
					sizeof(facts));
}

static int select_definition(const struct dirent *entry)
{
	return has_extension(entry->d_name);
}

static void choose_time(struct definitions *definitions)
{
	int64_t daily = 0;
	int64_t dated = 0;
	int64_t modified = 0;
	bool any_dated = false;

	for (size_t i = 0; i < definitions->count; i++) {
		const struct definition_file *file = &definitions->files[i];

		if (!file->dated) {
			if (file->time > modified)
				modified = file->time;
			continue;
		}
		any_dated = true;
		if (file->time > dated)
			dated = file->time;
		if (strncasecmp(file->name, "daily.", strlen("daily.")) == 0 &&
		    file->time > daily)
			daily = file->time;
	}
	if (daily != 0)
		definitions->time = daily;
	else
		definitions->time = any_dated ? dated : modified;
}

static int survey_entries(int folder, struct dirent **entries, int count,
			  struct definitions *definitions)
{
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	for (int i = 0; i < count; i++) {
		struct definition_file *file =
		    &definitions->files[definitions->count];
		struct stat status;
		int error;

		if (fstatat(folder, entries[i]->d_name, &status, 0) != 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		if (status.st_size == 0)
			return -ERR_SCANNER_FAILED;
		if (definitions->count == DEFINITION_FILES_MAX ||
		    !text_copy(file->name, sizeof(file->name),
			       entries[i]->d_name))
			return -ERR_SCANNER_FAILED;
		error = read_time(folder, file, &status);
		if (error != 0)
			return error;
		fingerprint_file(&state, file->name, &status);
		definitions->count++;
	}
	(void)crypto_hash_sha256_final(&state, definitions->fingerprint);
	return definitions->count == 0 ? -ERR_SCANNER_NO_DEFINITIONS : 0;
}

int definitions_survey(const char *folder, struct definitions *ret_definitions)
{
	HANDLE_CLEANUP int fd =
	    open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	int count;
	int error;

	*ret_definitions = (struct definitions){0};
	if (fd < 0)
		return -ERR_SCANNER_NO_DEFINITIONS;
	count = scandirat(fd, ".", &entries, select_definition, alphasort);
	if (count < 0)
		return -ERR_SCANNER_NO_DEFINITIONS;
	error = survey_entries(fd, entries, count, ret_definitions);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	if (error == 0)
		choose_time(ret_definitions);
	return error;
}

bool definitions_are_stale(int64_t time, int64_t now, uint32_t max_age_hours)
{
	if (max_age_hours == 0)
		return false;
	if (time > now)
		return time - now > CLOCK_SLACK;
	return now - time > (int64_t)max_age_hours * HOUR;
}

uint32_t definitions_age_hours(int64_t time, int64_t now)
{
	int64_t hours = time > 0 && time < now ? (now - time) / HOUR : 0;

	return hours > UINT32_MAX ? UINT32_MAX : (uint32_t)hours;
}
