#define _GNU_SOURCE
#include "quarantine/backup.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/manifest.h"
#include "quarantine/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/banned.h"

#define KEYS "keys"
#define COPY "restoring" /* everything lands here first */

struct restoring {
	const struct backup_options *options;
	struct store_options store; /* of the vault that it becomes */
	struct backup_keys keys;
	struct signer signer;
	bool new_keys; /* keys/ is to be made */
	struct view text;
	struct manifest_head head;
	struct cursor lines;
	struct backup_result result;
};

static int map(const char *folder, const char *name, struct view *ret_text)
{
	char path[PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	int error = backup_path(folder, name, path, sizeof(path));

	if (error != 0)
		return error;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND
				       : error_from_errno(errno);
	return handle_map(fd, ret_text);
}

/* --- keys --- */

static int unwrap(struct restoring *restoring, struct problem *problem)
{
	struct view text = {NULL, 0};
	int error;

	if (restoring->options->passphrase == NULL)
		return problem_set(problem, -ERR_NOT_FOUND,
				   "the state folder has no keys/: put them "
				   "back, or give --passphrase-file");
	error = map(restoring->options->folder, "keys.wrapped", &text);
	if (error == -ERR_NOT_FOUND)
		return problem_set(problem, error,
				   "the backup has no keys.wrapped");
	if (error != 0)
		return error;
	error = backup_unwrap(text, restoring->options->passphrase,
			      &restoring->keys, problem);
	handle_unmap(&text);
	restoring->new_keys = error == 0;
	return error;
}

static int find_keys(struct restoring *restoring, struct problem *problem)
{
	struct backup_keys *keys = &restoring->keys;
	int error;

	if (access(KEYS "/audit.key", F_OK) != 0)
		return unwrap(restoring, problem);
	error = key_load(KEYS "/vault.key", false, keys->vault, problem);
	if (error == 0)
		error =
		    key_load(KEYS "/audit.key", false, keys->audit, problem);
	if (error == 0)
		error = key_load(KEYS "/certificate.key", false,
				 keys->certificate, problem);
	return error;
}

static int write_key(const char *name, const uint8_t key[KEY_SIZE])
{
	char text[2 * KEY_SIZE + 2];
	int error;

	(void)sodium_bin2hex(text, sizeof(text), key, KEY_SIZE);
	text[sizeof(text) - 2] = '\n';
	error = file_replace(KEYS, name, view_of(text, sizeof(text) - 1), 0600);
	sodium_memzero(text, sizeof(text));
	return error;
}

static int write_keys(const struct restoring *restoring)
{
	const struct backup_keys *keys = &restoring->keys;
	int error = 0;

	if (!restoring->new_keys)
		return 0;
	error = folder_make(KEYS);
	if (error == 0)
		error = write_key("vault.key", keys->vault);
	if (error == 0)
		error = write_key("audit.key", keys->audit);
	if (error == 0)
		error = write_key("certificate.key", keys->certificate);
	return error;
}

/* --- files, each held against the manifest as it arrives --- */

static int make_parents(const char *path)
{
	char folder[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		int error;

		(void)snprintf(folder, sizeof(folder), "%.*s",
			       (int)(slash - path), path);
		error = folder_make(folder);
		if (error != 0)
			return error;
	}
	return 0;
}

static int take_file(struct restoring *restoring,
		     const struct manifest_entry *entry,
		     struct problem *problem)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	uint8_t hash[HASH_SIZE];
	uint64_t bytes = 0;
	int error = backup_path(restoring->options->folder, entry->path, from,
				sizeof(from));

	if (error == 0)
		error = backup_path(COPY, entry->path, to, sizeof(to));
	if (error == 0)
		error = make_parents(to);
	if (error == 0)
		error = backup_copy(from, to, &bytes, hash);
	if (error == -ERR_NOT_FOUND ||
	    (error == 0 && (bytes != entry->bytes ||
			    !view_equal(view_of(hash, HASH_SIZE),
					view_of(entry->sha256, HASH_SIZE)))))
		return problem_set(problem, -ERR_MALFORMED,
				   "%s is missing or was altered", from);
	restoring->result.files++;
	restoring->result.bytes += bytes;
	return error;
}

static int take_files(struct restoring *restoring, struct problem *problem)
{
	struct manifest_entry entry;
	int result;

	while ((result = manifest_next(&restoring->lines, &entry)) == 1) {
		int error = 0;

		if (entry.missing)
			restoring->result.missing++;
		else
			error = take_file(restoring, &entry, problem);
		if (error != 0)
			return error;
	}
	return result;
}

/* --- what arrived, held against its own log --- */

static int check_state(struct restoring *restoring, struct problem *problem)
{
	struct verify verify = {.signer = restoring->signer,
				.folder = COPY "/" STORE_AUDIT};
	struct database database;
	int error = verify_files(&verify);

	sodium_memzero(verify.signer.secret_key,
		       sizeof(verify.signer.secret_key));
	if (error == 0)
		error = database_open_readonly(COPY "/" STORE_DATABASE,
					       &database, problem);
	if (error != 0)
		return error;
	error = verify_state(&verify, &database);
	database_close(&database);
	/* Years that were destroyed are no alteration, nor is a tail that was
	 * not signed yet. */
	if (error == 0 &&
	    (verify_result(&verify) == GRAVITY_ALTERED || verify.records == 0))
		error = problem_set(problem, -ERR_MALFORMED,
				    "the backup's database does not fit its "
				    "log");
	restoring->result.records = verify.records;
	return error;
}

static int move_in_place(const char *name)
{
	char from[PATH_MAX];
	int error = backup_path(COPY, name, from, sizeof(from));

	if (error != 0)
		return error;
	/* An empty folder of a vault that never started is in the way. */
	(void)rmdir(name);
	return rename(from, name) == 0 || errno == ENOENT
		   ? 0
		   : error_from_errno(errno);
}

/* The database last: without it there is no vault. */
static int install(const struct restoring *restoring)
{
	int error = write_keys(restoring);

	if (error == 0)
		error = move_in_place(STORE_BLOBS);
	if (error == 0)
		error = move_in_place(STORE_AUDIT);
	if (error == 0 && access(COPY "/" BACKUP_POLICIES, F_OK) == 0)
		error = folder_make(BACKUP_POLICY);
	if (error == 0)
		error = move_in_place(BACKUP_POLICIES);
	if (error == 0)
		error = folder_sync(".");
	if (error == 0)
		error = move_in_place(STORE_DATABASE);
	return error == 0 ? folder_sync(".") : error;
}

static int record_restoration(struct restoring *restoring,
			      struct problem *problem)
{
	struct store *store = calloc(1, sizeof(*store));
	int error;

	if (store == NULL)
		return -ERR_MEMORY;
	error = store_open(store, &restoring->store, problem);
	if (error == 0)
		error = store_note_backup(store, "vault.restore",
					  restoring->result.manifest);
	if (error == 0)
		error = store_stop(store);
	store_close(store);
	free(store);
	return error;
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void remove_copy(void)
{
	(void)nftw(COPY, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static int open_manifest(struct restoring *restoring, struct problem *problem)
{
	int error =
	    map(restoring->options->folder, "manifest", &restoring->text);

	if (error != 0)
		return problem_set(problem, error, "%s is no backup",
				   restoring->options->folder);
	hash_bytes(restoring->text, restoring->result.manifest);
	/* Whose it is, unless that was said: the signature tells if it is
	 * true. */
	if (restoring->store.node[0] == '\0' &&
	    !manifest_node(restoring->text, restoring->store.node))
		return problem_set(problem, -ERR_MALFORMED,
				   "the manifest was altered");
	signer_make(restoring->store.node, restoring->keys.audit,
		    &restoring->signer);
	error = manifest_open(restoring->text, &restoring->signer,
			      &restoring->head, &restoring->lines);
	if (error == -ERR_NOT_FOUND)
		return problem_set(problem, -ERR_MALFORMED,
				   "the manifest is not signed by this key "
				   "under the node's name %s",
				   restoring->signer.name);
	if (error != 0)
		return problem_set(problem, -ERR_MALFORMED,
				   "the manifest was altered");
	return 0;
}

static int restore(struct restoring *restoring, struct problem *problem)
{
	int error = find_keys(restoring, problem);

	if (error == 0)
		error = open_manifest(restoring, problem);
	if (error == 0) {
		remove_copy();
		error = folder_make(COPY);
	}
	if (error == 0)
		error = take_files(restoring, problem);
	if (error == 0)
		error = check_state(restoring, problem);
	if (error == 0)
		error = install(restoring);
	remove_copy();
	return error == 0 ? record_restoration(restoring, problem) : error;
}

/* No vault may be at work, nor come up meanwhile. */
static int lock_state(int *ret_fd, struct problem *problem)
{
	*ret_fd =
	    open("vault.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return error_from_errno(errno);
	if (access(STORE_DATABASE, F_OK) == 0)
		return problem_set(problem, -ERR_CONFIG,
				   "there is a " STORE_DATABASE
				   " already: restore into an empty folder");
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) != 0)
		return problem_set(problem, -ERR_UNAVAILABLE,
				   "a vault runs on this state folder");
	return 0;
}

int backup_restore(const struct backup_options *options,
		   struct backup_result *ret_result, struct problem *problem)
{
	struct restoring restoring = {.options = options,
				      .store = options->store};
	int lock = -1;
	int error = lock_state(&lock, problem);

	handle_close(&lock); /* store_open() takes it itself */
	if (error == 0)
		error = restore(&restoring, problem);
	handle_unmap(&restoring.text);
	sodium_memzero(&restoring.keys, sizeof(restoring.keys));
	sodium_memzero(&restoring.signer, sizeof(restoring.signer));
	if (error != 0)
		return problem_set(problem, error, "the restoration: %s",
				   error_sentence(error, LANGUAGE_EN));
	*ret_result = restoring.result;
	return 0;
}
