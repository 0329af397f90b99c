#include "quarantine/oversight/bundle.h"

#include "base/bytes.h"
#include "quarantine/database.h"
#include "quarantine/manifest.h"
#include "quarantine/record.h"
#include "quarantine/tenant.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/banned.h"

static const struct {
	const char *name;
	int64_t most; /* rows */
	const char *sql;
} files[] = {
#define BUNDLE_FILE(name, most, sql) {name, most, sql},
#include "quarantine/oversight/bundle.def"
#undef BUNDLE_FILE
};

static const char readme[] =
    "関所 証拠一式\r\n"
    "この事故の前後に記録されたことを、一つの署名付きの目録 (MANIFEST) "
    "とともにまとめたものです。原本は含みません。\r\n"
    "確かめ方: sekisho-audit bundle このファイル.tar --key audit.pub\r\n\r\n"
    "Evidence collected by Sekisho\r\n"
    "What was recorded around this incident, with a signed list of it "
    "(MANIFEST). No originals are in it.\r\n"
    "To check it: sekisho-audit bundle THIS.tar --key audit.pub\r\n";

struct collected {
	char name[64];
	struct buffer content;
};

struct collecting {
	const struct bundle *bundle;
	struct database database;
	size_t count;
	struct collected files[BUNDLE_FILES_MAX];
	uint64_t records;
};

static struct buffer *new_file(struct collecting *collecting, const char *name)
{
	struct collected *file;

	if (collecting->count == BUNDLE_FILES_MAX)
		return NULL;
	file = &collecting->files[collecting->count++];
	(void)text_copy(file->name, sizeof(file->name), name);
	file->content = buffer_make(BUNDLE_FILE_MAX);
	return &file->content;
}

/* Binds as much of what bundle.def says as the statement has. */
static void bind_period(const struct bundle *bundle, struct query *query,
			char from[TIME_TEXT_SIZE + 1],
			char to[TIME_TEXT_SIZE + 1])
{
	int count = query->statement == NULL
			? 0
			: sqlite3_bind_parameter_count(query->statement);

	time_write(bundle->from_ms, from);
	time_write(bundle->to_ms, to);
	for (int i = 1; i <= count; i++) {
		if (i == 1)
			query_text(query, bundle->incident);
		else if (i <= 3)
			query_integer(query,
				      i == 2 ? bundle->from_ms : bundle->to_ms);
		else if (i <= 5)
			query_text(query, i == 4 ? from : to);
		else
			query_integer(query,
				      fiscal_year(i == 6 ? bundle->from_ms
							 : bundle->to_ms));
	}
}

static int collect_rows(struct collecting *collecting, const char *name,
			int64_t most, const char *sql)
{
	QUERY_CLEANUP struct query query =
	    query_make(&collecting->database, sql);
	struct buffer *buffer = new_file(collecting, name);
	char from[TIME_TEXT_SIZE + 1];
	char to[TIME_TEXT_SIZE + 1];
	int64_t rows = 0;
	int result;

	if (buffer == NULL)
		return -ERR_LIMIT_MEMBERS;
	bind_period(collecting->bundle, &query, from, to);
	while ((result = query_step(&query)) == 1) {
		/* Half of the evidence would be taken for all of it. */
		if (rows++ == most)
			return -ERR_LIMIT_MEMBERS;
		buffer_view(buffer, query_column_bytes(&query, 0));
		buffer_u8(buffer, '\n');
	}
	if (strcmp(name, "records.jsonl") == 0)
		collecting->records = (uint64_t)rows;
	return result < 0 ? result : buffer_error(buffer);
}

static int collect_tree(struct collecting *collecting, int year)
{
	QUERY_CLEANUP struct query leaves = query_make(
	    &collecting->database,
	    "SELECT leaf FROM main.audit_entry WHERE year = ? ORDER BY seq");
	QUERY_CLEANUP struct query notes =
	    query_make(&collecting->database,
		       "SELECT note FROM audit_checkpoint WHERE year = ?"
		       " ORDER BY number");
	char name[64];
	struct buffer *buffer;
	int result;

	(void)snprintf(name, sizeof(name), "leaves-%d", year);
	buffer = new_file(collecting, name);
	if (buffer == NULL)
		return -ERR_LIMIT_MEMBERS;
	query_integer(&leaves, year);
	while ((result = query_step(&leaves)) == 1)
		buffer_view(buffer, query_column_bytes(&leaves, 0));
	if (result == 0)
		result = buffer_error(buffer);
	(void)snprintf(name, sizeof(name), "checkpoints-%d", year);
	buffer = result == 0 ? new_file(collecting, name) : NULL;
	if (buffer == NULL)
		return result == 0 ? -ERR_LIMIT_MEMBERS : result;
	query_integer(&notes, year);
	while ((result = query_step(&notes)) == 1) {
		buffer_view(buffer, query_column_bytes(&notes, 0));
		buffer_u8(buffer, '\n');
	}
	return result < 0 ? result : buffer_error(buffer);
}

static int collect_text(struct collecting *collecting, const char *name,
			const char *text)
{
	struct buffer *buffer = new_file(collecting, name);

	if (buffer == NULL)
		return -ERR_LIMIT_MEMBERS;
	buffer_text(buffer, text);
	return buffer_error(buffer);
}

static int collect(struct collecting *collecting)
{
	const struct bundle *bundle = collecting->bundle;
	int error = database_run(&collecting->database, "BEGIN");

	if (error == 0)
		error = collect_text(collecting, "README.txt", readme);
	for (size_t i = 0; error == 0 && i < sizeof(files) / sizeof(files[0]);
	     i++)
		error = collect_rows(collecting, files[i].name, files[i].most,
				     files[i].sql);
	for (int year = fiscal_year(bundle->from_ms);
	     error == 0 && year <= fiscal_year(bundle->to_ms); year++)
		error = collect_tree(collecting, year);
	return error == 0
		   ? collect_text(collecting, "settings.json", bundle->settings)
		   : error;
}

static int write_manifest(struct collecting *collecting,
			  struct buffer *manifest)
{
	const struct bundle *bundle = collecting->bundle;
	struct manifest_head head = {.time_ms = bundle->now_ms,
				     .year = fiscal_year(bundle->now_ms),
				     .records = collecting->records,
				     .evidence = true};

	(void)text_copy(head.node, sizeof(head.node), bundle->signer.name);
	manifest_begin(manifest, &head);
	for (size_t i = 0; i < collecting->count; i++) {
		const struct collected *file = &collecting->files[i];
		struct manifest_entry entry = {.bytes = file->content.size};

		hash_bytes(buffer_contents(&file->content), entry.sha256);
		(void)text_copy(entry.path, sizeof(entry.path), file->name);
		manifest_add(manifest, &entry);
	}
	manifest_sign(manifest, &bundle->signer);
	return buffer_error(manifest);
}

static int add_entry(struct archive *archive, const struct bundle *bundle,
		     const char *name, struct view content)
{
	struct archive_entry *entry = archive_entry_new();
	int error = entry == NULL ? -ERR_MEMORY : 0;

	if (error == 0) {
		archive_entry_set_pathname(entry, name);
		archive_entry_set_size(entry, (la_int64_t)content.size);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_mtime(entry, (time_t)(bundle->now_ms / 1000),
					0);
		if (archive_write_header(archive, entry) != ARCHIVE_OK ||
		    archive_write_data(archive, content.data, content.size) !=
			(la_ssize_t)content.size)
			error = -ERR_IO;
	}
	archive_entry_free(entry);
	return error;
}

static int write_tar(const struct collecting *collecting,
		     const struct buffer *manifest, int fd)
{
	struct archive *archive = archive_write_new();
	int error = -ERR_MEMORY;

	if (archive != NULL &&
	    archive_write_set_format_ustar(archive) == ARCHIVE_OK &&
	    archive_write_open_fd(archive, fd) == ARCHIVE_OK)
		error = add_entry(archive, collecting->bundle, "MANIFEST",
				  buffer_contents(manifest));
	for (size_t i = 0; error == 0 && i < collecting->count; i++)
		error = add_entry(
		    archive, collecting->bundle, collecting->files[i].name,
		    buffer_contents(&collecting->files[i].content));
	if (error == 0 && archive_write_close(archive) != ARCHIVE_OK)
		error = -ERR_IO;
	(void)archive_write_free(archive);
	return error;
}

int bundle_write(const struct bundle *bundle, int fd,
		 uint8_t ret_manifest[HASH_SIZE], uint64_t *ret_records)
{
	BUFFER_CLEANUP struct buffer manifest = buffer_make(64 * 1024);
	struct collecting *collecting = calloc(1, sizeof(*collecting));
	struct problem problem = {0};
	int error;

	if (collecting == NULL)
		return -ERR_MEMORY;
	collecting->bundle = bundle;
	error = tenant_open_readonly(bundle->path, bundle->tenant,
				     &collecting->database, &problem);
	if (error == 0) {
		error = collect(collecting);
		database_close(&collecting->database);
	}
	if (error == 0)
		error = write_manifest(collecting, &manifest);
	if (error == 0)
		error = write_tar(collecting, &manifest, fd);
	if (error == 0) {
		hash_bytes(buffer_contents(&manifest), ret_manifest);
		*ret_records = collecting->records;
	}
	for (size_t i = 0; i < collecting->count; i++)
		buffer_free(&collecting->files[i].content);
	free(collecting);
	return error;
}
