#define _GNU_SOURCE
#include "quarantine/backup.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

struct making {
	const struct backup_options *options;
	struct backup_keys keys;
	struct signer signer;
	struct buffer manifest;
	struct database copy;
	struct backup_result result;
};

int backup_path(const char *folder, const char *name, char *path, size_t size)
{
	return (size_t)snprintf(path, size, "%s/%s", folder, name) < size
		   ? 0
		   : -ERR_CONFIG;
}

int backup_copy(const char *from, const char *to, uint64_t *ret_bytes,
		uint8_t ret_sha256[HASH_SIZE])
{
	HANDLE_CLEANUP int source =
	    open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	HANDLE_CLEANUP int target = -1;
	uint64_t size = 0;
	int error;

	if (source < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND
				       : error_from_errno(errno);
	target =
	    open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target < 0)
		return error_from_errno(errno);
	error = handle_size(source, &size);
	if (error == 0)
		error = handle_copy(source, target, size);
	if (error == 0 && fsync(target) != 0)
		error = error_from_errno(errno);
	if (error == 0)
		error = handle_size(target, ret_bytes);
	return error != 0 ? error : handle_sha256(target, ret_sha256);
}

static int note_file(struct making *making, const char *name)
{
	struct manifest_entry entry = {0};
	char path[PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	int error =
	    backup_path(making->options->folder, name, path, sizeof(path));

	if (error == 0)
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !text_copy(entry.path, sizeof(entry.path), name))
		return -ERR_IO;
	error = handle_size(fd, &entry.bytes);
	if (error == 0)
		error = handle_sha256(fd, entry.sha256);
	if (error == 0 && fsync(fd) != 0)
		error = error_from_errno(errno);
	if (error != 0)
		return error;
	manifest_add(&making->manifest, &entry);
	making->result.files++;
	making->result.bytes += entry.bytes;
	return buffer_error(&making->manifest);
}

/* --- the database --- */

/* One read transaction: the vault writes on into its journal meanwhile. */
static int copy_pages(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int result;

	if (backup == NULL)
		return -ERR_IO;
	do {
		result = sqlite3_backup_step(backup, -1);
		if (result == SQLITE_BUSY || result == SQLITE_LOCKED)
			(void)sqlite3_sleep(50);
	} while (result == SQLITE_BUSY || result == SQLITE_LOCKED);
	(void)sqlite3_backup_finish(backup);
	return result == SQLITE_DONE ? 0 : -ERR_IO;
}

static int copy_database(struct making *making, struct problem *problem)
{
	struct database live;
	char path[PATH_MAX];
	sqlite3 *target = NULL;
	int error = database_open_readonly(STORE_DATABASE, &live, problem);

	if (error != 0)
		return error;
	error = backup_path(making->options->folder, STORE_DATABASE, path,
			    sizeof(path));
	if (error == 0 &&
	    sqlite3_open_v2(path, &target,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		error = -ERR_IO;
	if (error == 0)
		error = copy_pages(target, live.handle);
	/* A file of its own: without a journal beside it. */
	if (error == 0 && sqlite3_exec(target, "PRAGMA journal_mode=DELETE",
				       NULL, NULL, NULL) != SQLITE_OK)
		error = -ERR_IO;
	(void)sqlite3_close(target);
	database_close(&live);
	if (error == 0 && chmod(path, 0600) != 0)
		error = error_from_errno(errno);
	if (error == 0)
		error = database_open_readonly(path, &making->copy, problem);
	return error;
}

/* --- the log, as the snapshot has it --- */

static int write_log(struct making *making, struct problem *problem)
{
	char folder[PATH_MAX];
	int error = backup_path(making->options->folder, STORE_AUDIT, folder,
				sizeof(folder));

	if (error == 0)
		error = folder_make(folder);
	if (error == 0)
		error =
		    audit_write_files(&making->copy, &making->signer, folder,
				      &making->result.records, problem);
	return error;
}

static int note_folder(struct making *making, const char *name)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *folder;
	int error =
	    backup_path(making->options->folder, name, path, sizeof(path));

	folder = error == 0 ? opendir(path) : NULL;
	if (folder == NULL)
		return error != 0 ? error : error_from_errno(errno);
	while (error == 0 && (entry = readdir(folder)) != NULL) {
		char file[MANIFEST_PATH_MAX + 1];

		if (entry->d_name[0] == '.')
			continue;
		error = backup_path(name, entry->d_name, file, sizeof(file));
		if (error == 0)
			error = note_file(making, file);
	}
	(void)closedir(folder);
	return error;
}

static int copy_public_keys(struct making *making)
{
	static const char *const names[] = {STORE_AUDIT "/audit.pub",
					    STORE_AUDIT "/certificate.pub"};
	int error = 0;

	for (size_t i = 0; error == 0 && i < 2; i++) {
		char path[PATH_MAX];
		uint8_t hash[HASH_SIZE];
		uint64_t bytes;

		error = backup_path(making->options->folder, names[i], path,
				    sizeof(path));
		if (error == 0)
			error = backup_copy(names[i], path, &bytes, hash);
	}
	return error;
}

/* It came into force by a rename: what is there is whole. */
static int copy_policies(struct making *making)
{
	struct manifest_entry entry = {.path = BACKUP_POLICIES};
	char path[PATH_MAX];
	int error = backup_path(making->options->folder, BACKUP_POLICY, path,
				sizeof(path));

	if (access(BACKUP_POLICIES, F_OK) != 0)
		return 0;
	if (error == 0)
		error = folder_make(path);
	if (error == 0)
		error = backup_path(making->options->folder, BACKUP_POLICIES,
				    path, sizeof(path));
	if (error == 0)
		error = backup_copy(BACKUP_POLICIES, path, &entry.bytes,
				    entry.sha256);
	if (error != 0)
		return error;
	manifest_add(&making->manifest, &entry);
	making->result.files++;
	making->result.bytes += entry.bytes;
	return buffer_error(&making->manifest);
}

/* --- the originals --- */

static int copy_blob(struct making *making, const char *id)
{
	struct manifest_entry entry = {0};
	char path[PATH_MAX];
	int error;

	(void)snprintf(entry.path, sizeof(entry.path), STORE_BLOBS "/%.2s", id);
	error = backup_path(making->options->folder, entry.path, path,
			    sizeof(path));
	if (error == 0)
		error = folder_make(path);
	(void)snprintf(entry.path, sizeof(entry.path), STORE_BLOBS "/%.2s/%s",
		       id, id);
	if (error == 0)
		error = backup_path(making->options->folder, entry.path, path,
				    sizeof(path));
	if (error == 0)
		error =
		    backup_copy(entry.path, path, &entry.bytes, entry.sha256);
	entry.missing = error == -ERR_NOT_FOUND;
	if (error != 0 && !entry.missing)
		return error;
	manifest_add(&making->manifest, &entry);
	making->result.files += !entry.missing;
	making->result.missing += entry.missing;
	making->result.bytes += entry.bytes;
	return buffer_error(&making->manifest);
}

static int copy_blobs(struct making *making)
{
	QUERY_CLEANUP struct query query =
	    query_make(&making->copy, "SELECT id FROM blob WHERE wrapped_key"
				      " IS NOT NULL ORDER BY id");
	char path[PATH_MAX];
	int result = backup_path(making->options->folder, STORE_BLOBS, path,
				 sizeof(path));

	if (result == 0)
		result = folder_make(path);
	if (result != 0)
		return result;
	while ((result = query_step(&query)) == 1) {
		int error = copy_blob(making, query_column_text(&query, 0));

		if (error != 0)
			return error;
	}
	return result;
}

/* --- all of it --- */

static int wrap_keys(struct making *making, struct problem *problem)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(1024);
	int error;

	if (making->options->passphrase == NULL)
		return 0;
	error = backup_wrap(&making->keys, making->options->passphrase, &text,
			    problem);
	if (error == 0)
		error = file_replace(making->options->folder, "keys.wrapped",
				     buffer_contents(&text), 0600);
	return error == 0 ? note_file(making, "keys.wrapped") : error;
}

static int load_keys(struct making *making, struct problem *problem)
{
	struct backup_keys *keys = &making->keys;
	int error = key_load("keys/vault.key", false, keys->vault, problem);

	if (error == 0)
		error = key_load("keys/audit.key", false, keys->audit, problem);
	if (error == 0)
		error = key_load("keys/certificate.key", false,
				 keys->certificate, problem);
	if (error == 0)
		signer_make(making->options->store.node, keys->audit,
			    &making->signer);
	return error;
}

static bool is_empty(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool empty = folder != NULL;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			empty = false;
	if (folder != NULL)
		(void)closedir(folder);
	return empty;
}

static int write_manifest(struct making *making)
{
	struct view text;
	int error;

	manifest_sign(&making->manifest, &making->signer);
	error = buffer_error(&making->manifest);
	text = buffer_contents(&making->manifest);
	hash_bytes(text, making->result.manifest);
	return error != 0 ? error
			  : file_replace(making->options->folder, "manifest",
					 text, 0600);
}

static int make_parts(struct making *making, struct problem *problem)
{
	struct manifest_head head = {.time_ms = clock_now_ms()};
	int error = copy_database(making, problem);

	(void)text_copy(head.node, sizeof(head.node), making->signer.name);
	if (error == 0)
		error = write_log(making, problem);
	head.year = fiscal_year(head.time_ms);
	head.records = making->result.records;
	manifest_begin(&making->manifest, &head);
	if (error == 0)
		error = copy_public_keys(making);
	if (error == 0)
		error = note_file(making, STORE_DATABASE);
	if (error == 0)
		error = note_folder(making, STORE_AUDIT);
	if (error == 0)
		error = copy_policies(making);
	if (error == 0)
		error = copy_blobs(making);
	if (error == 0)
		error = wrap_keys(making, problem);
	return error == 0 ? write_manifest(making) : error;
}

int backup_make(const struct backup_options *options,
		struct backup_result *ret_result, struct problem *problem)
{
	struct making making = {.options = options,
				.manifest = buffer_make(MANIFEST_BYTES_MAX)};
	int error = load_keys(&making, problem);

	if (error == 0)
		error = folder_make(options->folder);
	if (error == 0 && !is_empty(options->folder))
		error = problem_set(problem, -ERR_CONFIG, "%s is not empty",
				    options->folder);
	if (error == 0)
		error = make_parts(&making, problem);
	database_close(&making.copy);
	buffer_free(&making.manifest);
	sodium_memzero(&making.keys, sizeof(making.keys));
	sodium_memzero(&making.signer, sizeof(making.signer));
	if (error != 0)
		return problem_set(problem, error, "the backup: %s",
				   error_sentence(error, LANGUAGE_EN));
	*ret_result = making.result;
	return 0;
}
