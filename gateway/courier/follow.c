#define _GNU_SOURCE
#include "gateway/courier/courier.h"

#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

static int file_path(const struct follower *follower, enum piece piece,
		     int year, char path[PATH_MAX])
{
	int size = piece == PIECE_RECORD
		       ? snprintf(path, PATH_MAX, "%s/log-%d.jsonl",
				  follower->folder, year)
		       : snprintf(path, PATH_MAX, "%s/checkpoints-%d",
				  follower->folder, year);

	return size > 0 && size < PATH_MAX ? 0 : -ERR_CONFIG;
}

static bool year_exists(const struct follower *follower, int year)
{
	char path[PATH_MAX];

	return file_path(follower, PIECE_RECORD, year, path) == 0 &&
	       access(path, F_OK) == 0;
}

/* The first year with a log at or after `year`; 0: none. */
static int next_year(const struct follower *follower, int year)
{
	for (; year < 2200; year++)
		if (year_exists(follower, year))
			return year;
	return 0;
}

int follow_open(struct follower *follower)
{
	char path[PATH_MAX];
	char text[128] = "";
	HANDLE_CLEANUP int fd = -1;

	if ((size_t)snprintf(path, sizeof(path), "%s/position",
			     follower->memory) >= sizeof(path))
		return -ERR_CONFIG;
	if (mkdir(follower->memory, 0700) != 0 && errno != EEXIST)
		return error_from_errno(errno);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_from_errno(errno);
	if (read(fd, text, sizeof(text) - 1) < 0)
		return -ERR_IO;
	/* One that cannot be read means: from the beginning. Twice is better
	 * than not at all. */
	if (sscanf(text, "%4d %20" SCNu64 " %20" SCNu64 "\n", &follower->year,
		   &follower->records, &follower->notes) != 3)
		follower->year = 0;
	if (follower->year == 0)
		follower->records = follower->notes = 0;
	return 0;
}

int follow_save(const struct follower *follower)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(128);
	char path[PATH_MAX];
	char temporary[PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	int error;

	buffer_format(&text, "%d %" PRIu64 " %" PRIu64 "\n", follower->year,
		      follower->records, follower->notes);
	if ((size_t)snprintf(path, sizeof(path), "%s/position",
			     follower->memory) >= sizeof(path) ||
	    (size_t)snprintf(temporary, sizeof(temporary), "%s/position.new",
			     follower->memory) >= sizeof(temporary))
		return -ERR_CONFIG;
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_write_all(fd, buffer_contents(&text));
	if (error == 0 && (fdatasync(fd) != 0 || rename(temporary, path) != 0))
		error = error_from_errno(errno);
	return error;
}

void follow_rewind(struct follower *follower, uint64_t bytes)
{
	follower->records -=
	    bytes < follower->records ? bytes : follower->records;
	/* Checkpoints are few: all of the year. */
	follower->notes = 0;
}

/* Reads from `*offset`; after a rewind that may be inside of a line. */
static int read_piece(const struct follower *follower, enum piece piece,
		      uint64_t *offset, struct buffer *text, bool *ret_found)
{
	const char *end = piece == PIECE_RECORD ? "\n" : "\n\n";
	char path[PATH_MAX];
	static uint8_t bytes[LINE_MAX_BYTES];
	HANDLE_CLEANUP int fd = -1;
	struct view view;
	ssize_t size;
	size_t start = 0;
	size_t stop;
	int error = file_path(follower, piece, follower->year, path);

	*ret_found = false;
	if (error != 0)
		return error;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_from_errno(errno);
	size = pread(fd, bytes, sizeof(bytes), (off_t)*offset);
	if (size < 0)
		return error_from_errno(errno);
	view = view_of(bytes, (size_t)size);
	if (piece == PIECE_RECORD && *offset > 0 && size > 0 &&
	    bytes[0] != '{') {
		start = view_find(view, view_of_string("\n"), 0);
		if (start == SIZE_MAX)
			return 0;
		start++;
	}
	/* A note has an empty line inside; its end is the next one. */
	stop = view_find(view, view_of_string(end), start);
	if (piece == PIECE_NOTE && stop != SIZE_MAX)
		stop = view_find(view, view_of_string(end), stop + 2);
	if (stop == SIZE_MAX)
		return size == (ssize_t)sizeof(bytes) ? -ERR_MALFORMED : 0;
	if (piece == PIECE_NOTE)
		stop++; /* its last newline belongs to it */
	buffer_view(text, view_slice(view, start, stop - start));
	*offset += stop + 1;
	*ret_found = true;
	return buffer_error(text);
}

int follow_next(struct follower *follower, struct buffer *text,
		enum piece *ret_piece)
{
	bool found = false;
	int later;
	int error;

	*ret_piece = PIECE_NONE;
	if (follower->year == 0)
		follower->year = next_year(follower, 1970);
	if (follower->year == 0)
		return 0;
	error = read_piece(follower, PIECE_RECORD, &follower->records, text,
			   &found);
	if (error == 0 && found)
		*ret_piece = PIECE_RECORD;
	if (error != 0 || found)
		return error;
	error =
	    read_piece(follower, PIECE_NOTE, &follower->notes, text, &found);
	if (error == 0 && found)
		*ret_piece = PIECE_NOTE;
	if (error != 0 || found)
		return error;
	/* The year is over when the next one has begun. */
	later = next_year(follower, follower->year + 1);
	if (later == 0)
		return 0;
	follower->year = later;
	follower->records = 0;
	follower->notes = 0;
	return follow_next(follower, text, ret_piece);
}
