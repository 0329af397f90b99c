#define _GNU_SOURCE
#include "quarantine/store.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "quarantine/people/people.h"
#include "quarantine/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/banned.h"

#define KEYS "keys"

/* Two vaults on one folder would each sign a log of their own. */
static int take_lock(struct store *store, struct problem *problem)
{
	store->lock =
	    open("vault.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return problem_set(problem, error_from_errno(errno),
				   "vault.lock cannot be opened: %s",
				   strerror(errno));
	if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
		return problem_set(problem, -ERR_UNAVAILABLE,
				   "another vault runs on this state folder");
	return 0;
}

/* The public key lies beside the log. One that differs means that either the
 * key or the file was exchanged. */
static int publish_key(const struct signer *signer, const char *name,
		       struct problem *problem)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(SIGNER_KEY_TEXT_MAX);
	char path[64];
	HANDLE_CLEANUP int fd = -1;
	struct view found;
	bool same;
	int error;

	(void)snprintf(path, sizeof(path), STORE_AUDIT "/%s.pub", name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	signer_key_write(&text, signer);
	if (buffer_error(&text) != 0)
		return buffer_error(&text);
	if (fd < 0 && errno == ENOENT)
		return file_replace(STORE_AUDIT, path + strlen(STORE_AUDIT) + 1,
				    buffer_contents(&text), 0644);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_map(fd, &found);
	if (error != 0)
		return error;
	same = view_equal(found, buffer_contents(&text));
	handle_unmap(&found);
	if (!same)
		return problem_set(problem, -ERR_MALFORMED,
				   "%s does not belong to " KEYS
				   "/%s.key and node %s",
				   path, name, signer->name);
	return 0;
}

/* A key that signs, and its public half beside the log. A certificate key may
 * be new beside an old database, which knew of none, but not where its public
 * half is. */
static int load_signer(struct store *store, const char *name, bool may_create,
		       struct signer *ret_signer, struct problem *problem)
{
	uint8_t seed[KEY_SIZE];
	char path[64];
	int error;

	(void)snprintf(path, sizeof(path), KEYS "/%s.key", name);
	error = key_load(path, may_create, seed, problem);
	if (error != 0)
		return error;
	signer_make(store->options.node, seed, ret_signer);
	sodium_memzero(seed, sizeof(seed));
	return publish_key(ret_signer, name, problem);
}

static int load_keys(struct store *store, struct problem *problem)
{
	bool fresh = access(STORE_DATABASE, F_OK) != 0;
	bool certifies = access(STORE_AUDIT "/certificate.pub", F_OK) == 0;
	int error;

	store->vault_key = sodium_malloc(KEY_SIZE);
	if (store->vault_key == NULL)
		return -ERR_MEMORY;
	error = key_load(KEYS "/vault.key", fresh, store->vault_key, problem);
	if (error == 0)
		error =
		    load_signer(store, "audit", fresh, &store->signer, problem);
	if (error == 0)
		error = load_signer(store, "certificate", fresh || !certifies,
				    &store->certifier, problem);
	return error;
}

static int is_live(void *context, const char *blob_id)
{
	struct store *store = context;
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT 1 FROM blob WHERE id = ?"
					 " AND wrapped_key IS NOT NULL");

	query_text(&query, blob_id);
	return query_step(&query);
}

static int record_object(struct store *store, const char *action,
			 const char *object, const char *reason)
{
	struct record record = {0};

	(void)text_copy(record.actor, sizeof(record.actor), "sekisho-vault");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), action);
	(void)text_copy(record.object, sizeof(record.object), object);
	(void)text_copy(record.reason, sizeof(record.reason), reason);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	return audit_append(&store->audit, &record, NULL);
}

static int record_service(struct store *store, const char *action,
			  const char *reason)
{
	return record_object(store, action, "service:vault", reason);
}

/* Whether the last record tells of an orderly stop. */
static const char *how_it_ended(struct store *store)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT line FROM audit_entry"
			      " ORDER BY year DESC, seq DESC LIMIT 1");
	struct record record;

	if (query_step(&query) != 1)
		return "";
	if (record_read(query_column_bytes(&query, 0), &record) == 0 &&
	    strcmp(record.action, "vault.stop") == 0)
		return "";
	return "unclean";
}

static struct seal_place log_end(const struct store *store)
{
	const struct audit_state *state = &store->audit.state;
	struct seal_place place = {.year = state->year,
				   .size = state->tree.size};

	(void)!bytes_copy(place.previous, HASH_SIZE,
			  view_of(state->previous, HASH_SIZE));
	return place;
}

/* From here on every changed row is counted. */
static int follow_rows(struct store *store, bool *ret_first,
		       struct problem *problem)
{
	const struct seal_place place = log_end(store);
	int error = seal_load(&store->database, &store->signer, &place,
			      &store->audit.state.rows, ret_first, problem);

	if (error == 0)
		tally_follow(&store->database, &store->audit.state.rows);
	return error;
}

static int record_start(struct store *store, bool first_seal)
{
	const char *reason = how_it_ended(store);
	int error = store_begin(store);

	/* A database without a seal cannot be given one twice. */
	if (error == 0 && first_seal)
		error = record_service(store, "rows.seal", "first");
	if (error == 0)
		error = record_service(store, "vault.start", reason);
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}

const char *store_tenant(const struct store *store, const char *department)
{
	const struct store_options *options = &store->options;

	for (size_t i = 0; i < options->tenant_count; i++)
		if (fnmatch(options->tenants[i].pattern, department, 0) == 0)
			return options->tenants[i].tenant;
	return TENANT_DEFAULT;
}

bool store_has_tenant(const struct store *store, const char *tenant)
{
	const struct store_options *options = &store->options;

	for (size_t i = 0; i < options->tenant_count; i++)
		if (strcmp(options->tenants[i].tenant, tenant) == 0)
			return true;
	return strcmp(tenant, TENANT_DEFAULT) == 0;
}

/* The root of each tenant's departments. */
static int plant_tenants(struct store *store)
{
	const struct doer doer = {
	    .role = "system", .source = "", .now_ms = clock_now_ms()};
	int error = store->options.tenant_count == 0 ? 0 : store_begin(store);

	for (size_t i = 0; error == 0 && i < store->options.tenant_count; i++) {
		tenant_bind(&store->database, store->options.tenants[i].tenant);
		error = unit_plant(store, &doer);
		tenant_bind(&store->database, NULL);
	}
	if (error == 0)
		return store->open ? store_commit(store) : 0;
	store_rollback(store);
	return error;
}

uint32_t store_retention(const struct store *store, const char *department,
			 uint32_t days)
{
	const struct store_options *options = &store->options;

	for (size_t i = 0; i < options->retention_count; i++)
		if (fnmatch(options->retention[i].pattern, department, 0) == 0)
			return options->retention[i].days;
	return days;
}

int store_open(struct store *store, const struct store_options *options,
	       struct problem *problem)
{
	uint64_t removed;
	bool first_seal = false;
	int error;

	*store = (struct store){
	    .options = *options, .lock = -1, .emergency = {.fd = -1}};
	if (options->people.idle_seconds == 0)
		people_settings_default(&store->options.people);
	error = take_lock(store, problem);
	if (error == 0)
		error = folder_make(STORE_BLOBS);
	if (error == 0)
		error = folder_make(STORE_AUDIT);
	if (error == 0)
		error =
		    emergency_open(STORE_AUDIT "/emergency", &store->emergency);
	if (error == 0)
		error = load_keys(store, problem);
	if (error == 0)
		error =
		    seal_check_older(STORE_DATABASE, &store->signer, problem);
	if (error == 0)
		error =
		    database_open(STORE_DATABASE, &store->database, problem);
	if (error == 0)
		error = database_check(&store->database, problem);
	if (error == 0)
		error = audit_open(&store->database, &store->signer,
				   STORE_AUDIT, &store->audit, problem);
	if (error == 0)
		error = blob_sweep(STORE_BLOBS, is_live, store, &removed);
	if (error == 0)
		error = folder_sync(".");
	if (error == 0)
		error = follow_rows(store, &first_seal, problem);
	if (error == 0)
		error = record_start(store, first_seal);
	if (error == 0)
		error = tenant_follow(&store->database);
	if (error == 0)
		error = plant_tenants(store);
	if (error != 0)
		return problem_set(problem, error, "the vault cannot start: %s",
				   error_sentence(error, LANGUAGE_EN));
	return 0;
}

int store_stop(struct store *store)
{
	int error = store_begin(store);

	if (error == 0)
		error = record_service(store, "vault.stop", "");
	if (error == 0)
		error = audit_checkpoint(&store->audit);
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	error = store_commit(store);
	if (error == 0)
		error = audit_export(&store->audit, true);
	return error;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_rollback(store);
	audit_close(&store->audit);
	emergency_close(&store->emergency);
	database_close(&store->database);
	sodium_free(store->vault_key);
	sodium_memzero(&store->signer, sizeof(store->signer));
	sodium_memzero(&store->certifier, sizeof(store->certifier));
	store->vault_key = NULL;
	handle_close(&store->lock);
}

static void remove_blobs(char (*ids)[ITEM_ID_SIZE + 1], size_t *count)
{
	/* One that stays behind has no key any more or no row: the sweep at
	 * the next start removes it. */
	for (size_t i = 0; i < *count; i++)
		(void)!blob_remove(STORE_BLOBS, ids[i]);
	*count = 0;
}

/* Counted, and told when it can be. */
static int failed(struct store *store, int error)
{
	store->failures++;
	emergency_note(&store->emergency, error, clock_now_ms());
	return error;
}

/* The first record after a time without any says that there was one. */
static int tell_emergency(struct store *store)
{
	const struct emergency *emergency = &store->emergency;
	struct record record = {.version = emergency->count};
	int error;

	store->tells_emergency = emergency->count > 0;
	if (!store->tells_emergency)
		return 0;
	time_write(emergency->first_ms, record.source);
	(void)text_copy(record.actor, sizeof(record.actor), "sekisho-vault");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), "log.failed");
	(void)text_copy(record.object, sizeof(record.object), "service:vault");
	(void)text_copy(record.reason, sizeof(record.reason),
			emergency->reason);
	(void)text_copy(record.outcome, sizeof(record.outcome), "recovered");
	error = audit_append(&store->audit, &record, NULL);
	if (error != 0)
		store->group_error = error;
	return error;
}

int store_begin(struct store *store)
{
	int error;

	if (store->open)
		return store->group_error;
	error = audit_export(&store->audit, false);
	if (error == 0)
		error = database_run(&store->database, "BEGIN IMMEDIATE");
	if (error != 0)
		return failed(store, error);
	store->open = true;
	store->group_error = 0;
	store->changes = 0;
	store->before = store->audit.state;
	store->written_count = 0;
	store->dropped_count = 0;
	error = tell_emergency(store);
	if (error != 0)
		store_rollback(store);
	return error == 0 ? 0 : failed(store, error);
}

void store_rollback(struct store *store)
{
	if (!store->open)
		return;
	if (sqlite3_get_autocommit(store->database.handle) == 0)
		(void)!database_run(&store->database, "ROLLBACK");
	store->audit.state = store->before;
	store->open = false;
	remove_blobs(store->written, &store->written_count);
}

/* A destroyed key must not live on in the write-ahead log. */
static int scrub_journal(struct store *store)
{
	return database_run(&store->database,
			    "PRAGMA wal_checkpoint(TRUNCATE)");
}

static int write_seal(struct store *store)
{
	const struct seal_place place = log_end(store);

	return seal_write(&store->database, &store->signer, &place,
			  &store->audit.state.rows);
}

int store_commit(struct store *store)
{
	int error = store->group_error;

	if (!store->open)
		return 0;
	kill_point("vault.committing");
	if (error == 0)
		error = write_seal(store);
	if (error == 0)
		error = database_run(&store->database, "COMMIT");
	kill_point("vault.committed");
	if (error != 0) {
		store_rollback(store);
		return failed(store, error);
	}
	store->open = false;
	if (store->tells_emergency)
		emergency_clear(&store->emergency);
	store->written_count = 0;
	if (store->dropped_count > 0) {
		(void)!scrub_journal(store);
		remove_blobs(store->dropped, &store->dropped_count);
	}
	/* Durable, but not in the log's files: to whoever waits this is a
	 * failure, and asking again is harmless. */
	error = audit_export(&store->audit, false);
	return error == 0 ? 0 : failed(store, error);
}

int store_change_begin(struct store *store, struct audit_state *ret_before)
{
	int error;

	if (store->group_error != 0)
		return store->group_error;
	if (!store->open)
		return -ERR_INTERNAL;
	if (store->changes >= STORE_GROUP_MAX)
		return -ERR_UNAVAILABLE;
	error = database_run(&store->database, "SAVEPOINT change");
	if (error == 0)
		*ret_before = store->audit.state;
	return error;
}

int store_change_end(struct store *store, const struct audit_state *before,
		     int error)
{
	int undone = 0;

	/* SQLite ends the whole transaction by itself on a full disk. */
	if (sqlite3_get_autocommit(store->database.handle) != 0) {
		store->group_error = error != 0 ? error : -ERR_IO;
		return store->group_error;
	}
	if (error != 0) {
		store->audit.state = *before;
		undone = database_run(&store->database, "ROLLBACK TO change");
	}
	if (undone == 0)
		undone = database_run(&store->database, "RELEASE change");
	if (undone != 0) {
		store->group_error = undone;
		return undone;
	}
	if (error == 0)
		store->changes++;
	return error;
}

static int note_blob(char (*ids)[ITEM_ID_SIZE + 1], size_t *count,
		     const char *blob_id)
{
	if (*count == STORE_GROUP_MAX)
		return -ERR_UNAVAILABLE;
	(void)text_copy(ids[*count], ITEM_ID_SIZE + 1, blob_id);
	(*count)++;
	return 0;
}

int store_blob_written(struct store *store, const char *blob_id)
{
	return note_blob(store->written, &store->written_count, blob_id);
}

int store_blob_dropped(struct store *store, const char *blob_id)
{
	return note_blob(store->dropped, &store->dropped_count, blob_id);
}

int store_checkpoint(struct store *store)
{
	int error = store_begin(store);

	if (error == 0)
		error = audit_checkpoint(&store->audit);
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	error = store_commit(store);
	return error != 0 ? error : audit_export(&store->audit, true);
}

int store_note_backup(struct store *store, const char *action,
		      const uint8_t manifest[HASH_SIZE])
{
	char object[2 * HASH_SIZE + 16] = "backup:";
	int error = store_begin(store);

	hash_to_hex(manifest, object + strlen(object));
	if (error == 0)
		error = record_object(store, action, object, "");
	if (error != 0) {
		store_rollback(store);
		return error;
	}
	return store_commit(store);
}
