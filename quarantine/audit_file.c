/* The audit log's files: held against the database when the vault starts, and
 * brought up to date after each commit. */
#define _GNU_SOURCE
#include "quarantine/audit.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "base/banned.h"

enum { COMPARE_BYTES = 1024 * 1024 };

/* The two kinds of file, told by the statements that list what is in them:
 * number, end_offset and text with its newline, by number. */
struct kind {
	const char *name; /* of the file, before the year */
	const char *ending;
	const char *rows;
	const char *last; /* number and end_offset of the last that fits */
};

static const struct kind records_kind = {
    "log-",
    ".jsonl",
    "SELECT seq, end_offset, line || char(10) FROM audit_entry"
    " WHERE year = ? AND seq >= ? ORDER BY seq",
    "SELECT seq + 1, end_offset FROM audit_entry"
    " WHERE year = ? AND end_offset <= ? ORDER BY seq DESC LIMIT 1",
};

static const struct kind checkpoints_kind = {
    "checkpoints-",
    "",
    "SELECT number - 1, end_offset, note || char(10) FROM audit_checkpoint"
    " WHERE year = ? AND number - 1 >= ? ORDER BY number",
    "SELECT number, end_offset FROM audit_checkpoint"
    " WHERE year = ? AND end_offset <= ? ORDER BY number DESC LIMIT 1",
};

static int open_file(const struct audit *audit, const struct kind *kind,
		     int year, int *ret_fd, char ret_path[PATH_MAX])
{
	int fd;

	if ((size_t)snprintf(ret_path, PATH_MAX, "%s/%s%d%s", audit->folder,
			     kind->name, year, kind->ending) >= PATH_MAX)
		return -ERR_CONFIG;
	fd = open(ret_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

/* How many rows lie whole in the first `size` bytes, and where they end. */
static int count_rows(const struct audit *audit, const struct kind *kind,
		      int year, uint64_t size, uint64_t *ret_count,
		      uint64_t *ret_end)
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, kind->last);
	int result;

	query_integer(&query, year);
	query_size(&query, size);
	result = query_step(&query);
	if (result < 0)
		return result;
	*ret_count =
	    result == 0 ? 0 : (uint64_t)query_column_integer(&query, 0);
	*ret_end = result == 0 ? 0 : (uint64_t)query_column_integer(&query, 1);
	return 0;
}

static bool file_holds(int fd, uint64_t offset, struct view text)
{
	uint8_t chunk[4096];

	while (text.size > 0) {
		size_t want =
		    text.size < sizeof(chunk) ? text.size : sizeof(chunk);
		ssize_t got = pread(fd, chunk, want, (off_t)offset);

		if (got <= 0 || !view_equal(view_of(chunk, (size_t)got),
					    view_slice(text, 0, (size_t)got)))
			return false;
		text = view_slice(text, (size_t)got, SIZE_MAX);
		offset += (uint64_t)got;
	}
	return true;
}

/* The rows from `from` on, up to the size of the file, must be what the file
 * holds; `*ret_end` is where the last whole one ends. What is behind it must
 * be the beginning of the next row (the vault was killed while it wrote). */
static int compare_rows(const struct audit *audit, const struct kind *kind,
			int year, int fd, uint64_t size, uint64_t from)
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, kind->rows);
	uint64_t end = 0;
	int result;

	query_integer(&query, year);
	query_size(&query, from);
	while ((result = query_step(&query)) == 1) {
		struct view text = query_column_bytes(&query, 2);
		uint64_t start;

		end = (uint64_t)query_column_integer(&query, 1);
		if (end < text.size)
			return -ERR_MALFORMED;
		start = end - text.size;
		if (start >= size)
			return 0;
		if (end > size)
			text = view_slice(text, 0, (size_t)(size - start));
		if (!file_holds(fd, start, text))
			return -ERR_MALFORMED;
	}
	if (result < 0)
		return result;
	return size > end ? -ERR_MALFORMED : 0;
}

/*
 * Appends the rows from `*count` on. Writes at the rows' own places, so that
 * what a failed write left behind is overwritten by the next attempt.
 */
static int write_rows(struct audit *audit, const struct kind *kind, int year,
		      int fd, uint64_t *count)
{
	QUERY_CLEANUP struct query query =
	    query_make(audit->database, kind->rows);
	int result;

	query_integer(&query, year);
	query_size(&query, *count);
	while ((result = query_step(&query)) == 1) {
		struct view text = query_column_bytes(&query, 2);
		int64_t start =
		    query_column_integer(&query, 1) - (int64_t)text.size;
		int error;

		if (start < 0 || lseek(fd, start, SEEK_SET) != start)
			return -ERR_IO;
		error = handle_write_all(fd, text);
		if (error != 0)
			return error;
		*count = (uint64_t)query_column_integer(&query, 0) + 1;
	}
	return result;
}

/* Opens one file of a year, checks its end against the database and brings it
 * up to date. */
static int prepare_file(struct audit *audit, const struct kind *kind, int year,
			int *ret_fd, uint64_t *ret_count,
			struct problem *problem)
{
	char path[PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	uint64_t size = 0;
	uint64_t count = 0;
	uint64_t end = 0;
	uint64_t from = 0;
	uint64_t ignored;
	int error = open_file(audit, kind, year, &fd, path);

	if (error == 0)
		error = handle_size(fd, &size);
	if (error == 0)
		error = count_rows(audit, kind, year, size, &count, &end);
	/* The end is enough here: the whole is for sekisho-audit. */
	if (error == 0 && end > COMPARE_BYTES)
		error = count_rows(audit, kind, year, end - COMPARE_BYTES,
				   &from, &ignored);
	if (error == 0)
		error = compare_rows(audit, kind, year, fd, size, from);
	if (error == -ERR_MALFORMED)
		return problem_set(
		    problem, error,
		    "%s holds something else than the database (whole up to "
		    "byte %" PRIu64 " at most): it was altered; keep both and "
		    "run sekisho-audit verify",
		    path, end);
	if (error == 0)
		error = write_rows(audit, kind, year, fd, &count);
	if (error == 0 && fdatasync(fd) != 0)
		error = error_from_errno(errno);
	if (error != 0)
		return problem_set(problem, error, "%s: %s", path,
				   error_sentence(error, LANGUAGE_EN));
	*ret_fd = fd;
	fd = -1;
	*ret_count = count;
	return 0;
}

static void close_files(struct audit *audit)
{
	if (audit->file.year != 0) {
		handle_close(&audit->file.records);
		handle_close(&audit->file.checkpoints);
	}
	audit->file.year = 0;
}

static int open_files(struct audit *audit, int year, struct problem *problem)
{
	struct audit_file file = {
	    .year = year, .records = -1, .checkpoints = -1};
	int error = prepare_file(audit, &records_kind, year, &file.records,
				 &file.record_count, problem);

	if (error == 0)
		error = prepare_file(audit, &checkpoints_kind, year,
				     &file.checkpoints, &file.checkpoint_count,
				     problem);
	if (error == 0)
		error = folder_sync(audit->folder);
	if (error != 0) {
		handle_close(&file.records);
		handle_close(&file.checkpoints);
		return error;
	}
	close_files(audit);
	audit->file = file;
	return 0;
}

static int write_files(struct audit *audit)
{
	int error = write_rows(audit, &records_kind, audit->file.year,
			       audit->file.records, &audit->file.record_count);

	if (error == 0)
		error = write_rows(audit, &checkpoints_kind, audit->file.year,
				   audit->file.checkpoints,
				   &audit->file.checkpoint_count);
	return error;
}

int audit_export(struct audit *audit, bool sync)
{
	int error = 0;

	if (audit->state.year == 0)
		return 0;
	if (audit->file.year != 0)
		error = write_files(audit);
	if (error == 0 && audit->file.year != audit->state.year)
		error = open_files(audit, audit->state.year, NULL);
	if (error == 0 && sync &&
	    (fdatasync(audit->file.records) != 0 ||
	     fdatasync(audit->file.checkpoints) != 0))
		error = error_from_errno(errno);
	return error;
}

void audit_close(struct audit *audit)
{
	close_files(audit);
	audit->database = NULL;
}

static int next_year(struct database *database, int after)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT coalesce(min(year), 0) FROM audit_entry"
		      " WHERE year > ? AND year NOT IN"
		      "  (SELECT tree FROM log_destroyed)");
	int result;

	query_integer(&query, after);
	result = query_step(&query);
	return result < 0 ? result : (int)query_column_integer(&query, 0);
}

int audit_write_files(struct database *database, const struct signer *signer,
		      const char *folder, uint64_t *ret_records,
		      struct problem *problem)
{
	struct audit audit = {
	    .database = database, .signer = signer, .folder = folder};
	int year = next_year(database, 0);
	int error = year < 0 ? year : 0;

	*ret_records = 0;
	while (error == 0 && year > 0) {
		error = open_files(&audit, year, problem);
		if (error == 0)
			*ret_records += audit.file.record_count;
		year = next_year(database, year);
		if (year < 0 && error == 0)
			error = year;
	}
	audit_close(&audit);
	return error;
}

/* --- the state, from the database --- */

/* The tree as the last checkpoint left it. */
static int load_checkpoint(struct audit *audit)
{
	QUERY_CLEANUP struct query query = query_make(
	    audit->database, "SELECT number, size, end_offset, note, tree"
			     " FROM audit_checkpoint WHERE year = ?"
			     " ORDER BY number DESC LIMIT 1");
	struct checkpoint checkpoint;
	struct cursor cursor;
	struct view note;
	uint8_t root[HASH_SIZE];
	int result;

	query_integer(&query, audit->state.year);
	result = query_step(&query);
	if (result <= 0)
		return result;
	audit->state.checkpoint_number =
	    (uint64_t)query_column_integer(&query, 0);
	audit->state.checkpoint_size =
	    (uint64_t)query_column_integer(&query, 1);
	audit->state.checkpoint_end = (uint64_t)query_column_integer(&query, 2);
	cursor = cursor_at(query_column_bytes(&query, 3), 0);
	if (note_next(&cursor, audit->signer, &checkpoint, &note) != 0 ||
	    merkle_read(query_column_bytes(&query, 4), &audit->state.tree) != 0)
		return -ERR_MALFORMED;
	merkle_root(&audit->state.tree, root);
	if (!view_equal(view_of(root, HASH_SIZE),
			view_of(checkpoint.root, HASH_SIZE)) ||
	    checkpoint.size != audit->state.tree.size ||
	    checkpoint.size != audit->state.checkpoint_size ||
	    checkpoint.number != audit->state.checkpoint_number)
		return -ERR_MALFORMED;
	return 0;
}

/* The records behind it. */
static int load_entries(struct audit *audit)
{
	QUERY_CLEANUP struct query query = query_make(
	    audit->database, "SELECT seq, end_offset, line, leaf"
			     " FROM audit_entry WHERE year = ? AND seq >= ?"
			     " ORDER BY seq");
	uint64_t from = audit->state.tree.size;
	int result;

	query_integer(&query, audit->state.year);
	query_size(&query, from == 0 ? 0 : from - 1);
	while ((result = query_step(&query)) == 1) {
		struct view line = query_column_bytes(&query, 2);
		struct view stored = query_column_bytes(&query, 3);
		uint64_t seq = (uint64_t)query_column_integer(&query, 0);
		struct record record;
		uint8_t leaf[HASH_SIZE];

		merkle_leaf_hash(line, leaf);
		if (!view_equal(stored, view_of(leaf, HASH_SIZE)) ||
		    record_read(line, &record) != 0 || record.seq != seq)
			return -ERR_MALFORMED;
		hash_bytes(line, audit->state.previous);
		audit->state.last_ms = record.time_ms;
		audit->state.end_offset =
		    (uint64_t)query_column_integer(&query, 1);
		if (seq < from)
			continue;
		if (seq != audit->state.tree.size ||
		    merkle_add(&audit->state.tree, leaf) != 0)
			return -ERR_MALFORMED;
	}
	return result;
}

static int load_year(struct audit *audit)
{
	QUERY_CLEANUP struct query query = query_make(
	    audit->database, "SELECT coalesce(max(year), 0) FROM audit_entry");
	int result = query_step(&query);

	if (result < 0)
		return result;
	audit->state.year = (int)query_column_integer(&query, 0);
	return 0;
}

static int complete_last_year(struct audit *audit, struct problem *problem)
{
	QUERY_CLEANUP struct query query = query_make(
	    audit->database, "SELECT coalesce(max(year), 0) FROM audit_entry"
			     " WHERE year < ? AND year NOT IN"
			     "  (SELECT tree FROM log_destroyed)");
	int year;
	int result;

	query_integer(&query, audit->state.year);
	result = query_step(&query);
	if (result < 0)
		return result;
	year = (int)query_column_integer(&query, 0);
	return year == 0 ? 0 : open_files(audit, year, problem);
}

int audit_open(struct database *database, const struct signer *signer,
	       const char *folder, struct audit *ret_audit,
	       struct problem *problem)
{
	struct audit audit = {
	    .database = database, .signer = signer, .folder = folder};
	int error = load_year(&audit);

	if (error == 0 && audit.state.year != 0)
		error = load_checkpoint(&audit);
	if (error == 0 && audit.state.year != 0)
		error = load_entries(&audit);
	if (error == -ERR_MALFORMED)
		return problem_set(problem, error,
				   "the audit log in the database was altered "
				   "or the audit key was changed (year %d)",
				   audit.state.year);
	/* The year before too: a crash may have come between its last record
	 * and the next one's first. */
	if (error == 0 && audit.state.year != 0)
		error = complete_last_year(&audit, problem);
	if (error == 0 && audit.state.year != 0)
		error = open_files(&audit, audit.state.year, problem);
	if (error != 0)
		return problem_set(problem, error, "the audit log: %s",
				   error_sentence(error, LANGUAGE_EN));
	*ret_audit = audit;
	return 0;
}
