/*
 * The vault's store: database, keys, blobs and audit log under one state
 * folder, written in groups. Between store_begin() and store_commit() any
 * number of changes are made, each all or nothing for itself; none is durable
 * before store_commit() has returned 0, and then all that returned 0 are.
 *
 * The current folder is the state folder: vault.db, vault.lock, keys/, blobs/,
 * audit/.
 */
#ifndef SEKISHO_QUARANTINE_STORE_H
#define SEKISHO_QUARANTINE_STORE_H

#include "base/message.h"
#include "quarantine/blob.h"
#include "quarantine/audit.h"
#include "quarantine/emergency.h"
#include "quarantine/people/settings.h"

enum {
	STORE_GROUP_MAX = 1024, /* changes in one transaction */
	STORE_REPORT_MAX = 64 * 1024 * 1024,
	STORE_RETENTION_MAX = 64,
	STORE_TENANTS_MAX = 256,
	STORE_DAYS_MAX = 36500,
};

#define STORE_DATABASE "vault.db"
#define STORE_BLOBS "blobs"
#define STORE_AUDIT "audit"

struct store_options {
	char node[NODE_NAME_MAX + 1]; /* names this gateway in the log */
	uint32_t keep_held_days;      /* originals of items that are held */
	uint32_t keep_waiting_days;   /* for a password; 0: as long as the
					 original */
	uint32_t keep_all_days;       /* of all others; 0: they are not kept */
	uint32_t keep_released_days;  /* of what people let out, from then on */
	uint32_t keep_unfetched_days; /* of what its receiver fetches; 0: the
					 default, see kept.h */
	uint32_t keep_log_years;      /* whole fiscal years; 0: for ever */
	struct retention {
		char pattern[DEPARTMENT_MAX + 1]; /* fnmatch(3) */
		uint32_t days;
	} retention[STORE_RETENTION_MAX]; /* of departments, in the place of
					     keep_held and keep_released_days;
					     the first that fits */
	size_t retention_count;
	struct tenant_rule {
		char pattern[DEPARTMENT_MAX + 1]; /* fnmatch(3) */
		char tenant[TENANT_MAX + 1];
	} tenants[STORE_TENANTS_MAX]; /* whose departments are whose; the first
					 that fits, else TENANT_DEFAULT's */
	size_t tenant_count;
	struct people_settings people; /* all zero: the defaults */
};

/* What the broker told of the scanner's definitions; after a start nothing is
 * known until it does. */
struct store_definitions {
	char state[16]; /* "ok", "stale", "none", "failed"; "": not told */
	int64_t time_s; /* when they were made, since 1970 */
	uint32_t signatures;
	uint32_t max_age_hours; /* 0: any */
};

struct store {
	struct store_options options;
	struct store_definitions definitions;
	struct database database;
	struct signer signer;    /* of the log */
	struct signer certifier; /* of outputs */
	struct audit audit;
	struct emergency emergency;
	bool tells_emergency; /* the open group records it */
	uint8_t *vault_key;   /* KEY_SIZE bytes of locked memory */
	int lock;
	uint64_t failures; /* groups that were undone */
	/* --- of the open group --- */
	bool open;
	int group_error; /* sticky: the transaction is lost */
	size_t changes;  /* made in it */
	struct audit_state before;
	size_t written_count; /* blobs to remove when it fails */
	size_t dropped_count; /* blobs to remove when it is durable */
	char written[STORE_GROUP_MAX][ITEM_ID_SIZE + 1];
	char dropped[STORE_GROUP_MAX][ITEM_ID_SIZE + 1];
};

/* Whose department this is. Lives as long as the store. */
const char *store_tenant(const struct store *store, const char *department);

/* Whether there is such a tenant. */
bool store_has_tenant(const struct store *store, const char *tenant);

/* How long an original of this department is kept, from `days`. */
uint32_t store_retention(const struct store *store, const char *department,
			 uint32_t days);

/*
 * Opens the store in the current folder, makes it where there is none, and
 * records the start. The store is large: allocate it. -ERR_CONFIG and
 * -ERR_MALFORMED mean that a person has to look: wrong modes or keys, damage,
 * an altered log. Free with store_close() also after a failure.
 */
int store_open(struct store *store, const struct store_options *options,
	       struct problem *problem) MUST_CHECK;

/* Records the stop, signs a last checkpoint and closes. NULL is fine. */
int store_stop(struct store *store) MUST_CHECK;
void store_close(struct store *store);

/* Opens a group unless one is open. Fails when the log's files could not be
 * brought up to date: without a log nothing is recorded. */
int store_begin(struct store *store) MUST_CHECK;

/* Makes the group durable; a failure undoes all of it. */
int store_commit(struct store *store) MUST_CHECK;
void store_rollback(struct store *store);

/* A change inside a group: a savepoint of database and log. After
 * store_change_end() with an error nothing of it is left. */
int store_change_begin(struct store *store,
		       struct audit_state *ret_before) MUST_CHECK;
int store_change_end(struct store *store, const struct audit_state *before,
		     int error) MUST_CHECK;

/* Notes a blob file to be removed if the group fails, or once it is durable;
 * -ERR_UNAVAILABLE when the group is full. */
int store_blob_written(struct store *store, const char *blob_id) MUST_CHECK;
int store_blob_dropped(struct store *store, const char *blob_id) MUST_CHECK;

/* Records in a group of its own that a backup was made or brought back:
 * "vault.backup", "vault.restore". */
int store_note_backup(struct store *store, const char *action,
		      const uint8_t manifest[HASH_SIZE]) MUST_CHECK;

/* Signs a checkpoint in a group of its own. */
int store_checkpoint(struct store *store) MUST_CHECK;

#endif
