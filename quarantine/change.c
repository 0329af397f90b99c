#include "quarantine/change.h"

#include "base/bytes.h"
#include "quarantine/evidence.h"

#include "base/banned.h"

int change_find(struct store *store, const char *item_id,
		struct present *ret_present)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT number, state_version, state, department,"
			      " channel FROM item WHERE id = ?");
	struct present present = {0};
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result < 0)
		return result;
	if (result == 1) {
		present.number = query_column_integer(&query, 0);
		present.version = query_column_integer(&query, 1);
		present.state =
		    item_state_by_name(query_column_text(&query, 2));
		(void)text_copy(present.department, sizeof(present.department),
				query_column_text(&query, 3));
		(void)text_copy(present.channel, sizeof(present.channel),
				query_column_text(&query, 4));
	}
	*ret_present = present;
	return 0;
}

static int insert_transition(struct store *store, const struct change *change,
			     const struct record *record)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO transition VALUES"
			      " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?, ?, ?,"
			      " ?, ?)");

	query_integer(&query, change->number);
	query_integer(&query, change->before->version + 1);
	query_text(&query, change->before->number == 0
			       ? "none"
			       : item_state_name(change->before->state));
	query_text(&query, item_state_name(change->state));
	query_integer(&query, change->time_ms);
	query_text(&query, change->actor->name);
	query_text(&query, change->reason);
	query_integer(&query, record->year);
	query_size(&query, record->seq);
	return query_run(&query);
}

static int tenant_of(struct store *store, int64_t number,
		     char ret_tenant[TENANT_MAX + 1])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT tenant FROM item WHERE number = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result == 1)
		(void)text_copy(ret_tenant, TENANT_MAX + 1,
				query_column_text(&query, 0));
	return result == 0 ? -ERR_INTERNAL : result < 0 ? result : 0;
}

int change_finish(struct store *store, const struct change *change,
		  const struct present *after, const char *payload)
{
	struct record record = {.time_ms = change->time_ms,
				.has_after = true,
				.has_before = change->has_before};
	int error =
	    evidence_hash(&store->database, change->number, record.after);

	if (error == 0)
		error = tenant_of(store, change->number, record.tenant);
	if (error != 0)
		return error;
	(void)!bytes_copy(record.before, HASH_SIZE,
			  view_of(change->evidence, HASH_SIZE));
	(void)text_copy(record.actor, sizeof(record.actor),
			change->actor->name);
	(void)text_copy(record.role, sizeof(record.role), change->actor->role);
	(void)text_copy(record.unit, sizeof(record.unit), after->department);
	(void)text_copy(record.source, sizeof(record.source),
			change->source == NULL ? after->channel
					       : change->source);
	(void)text_copy(record.action, sizeof(record.action), change->action);
	(void)snprintf(record.object, sizeof(record.object), "item:%s",
		       change->item_id);
	record.version = (uint64_t)change->before->version + 1;
	(void)text_copy(record.reason, sizeof(record.reason), change->reason);
	(void)text_copy(record.outcome, sizeof(record.outcome),
			item_state_name(change->state));
	error = audit_append(&store->audit, &record, payload);
	if (error == 0)
		error = insert_transition(store, change, &record);
	return error;
}

static int run_for(struct store *store, const char *sql, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);

	query_integer(&query, number);
	return query_run(&query);
}

/* What people were shown of an item goes with its original. */
#define NO_ORIGINAL                                                            \
	" AND NOT EXISTS (SELECT 1 FROM artifact a JOIN blob"                  \
	"  ON blob.id = a.blob WHERE a.item = ?1 AND a.kind = 'original'"      \
	"  AND wrapped_key IS NOT NULL)"

static int end_preview(struct store *store, int64_t number)
{
	int error = run_for(
	    store, "DELETE FROM preview_part WHERE item = ?1" NO_ORIGINAL,
	    number);

	return error == 0
		   ? run_for(store,
			     "DELETE FROM preview WHERE item = ?1" NO_ORIGINAL,
			     number)
		   : error;
}

static int destroy_preview(struct store *store, const struct change *change)
{
	QUERY_CLEANUP struct query find = query_make(
	    &store->database, "SELECT id FROM artifact JOIN blob"
			      " ON blob.id = artifact.blob"
			      " WHERE artifact.item = ? AND kind = 'preview'"
			      " AND wrapped_key IS NOT NULL");
	QUERY_CLEANUP struct query update =
	    query_make(&store->database, "UPDATE blob SET wrapped_key = NULL,"
					 " destroyed_ms = ? WHERE id = ?");
	char id[ITEM_ID_SIZE + 1];
	int result;

	query_integer(&find, change->number);
	result = query_step(&find);
	if (result <= 0)
		return result;
	(void)text_copy(id, sizeof(id), query_column_text(&find, 0));
	query_integer(&update, change->time_ms);
	query_text(&update, id);
	result = store_blob_dropped(store, id);
	return result == 0 ? query_run(&update) : result;
}

int change_forget_preview(struct store *store, const struct change *change)
{
	bool kept = false;
	int error = change_is_kept(store, change->number, &kept);

	/* Under legal hold its key stays as long as the others. */
	if (error == 0 && !kept)
		error = destroy_preview(store, change);
	if (error == 0)
		error =
		    run_for(store, "DELETE FROM preview_part WHERE item = ?",
			    change->number);
	if (error == 0)
		error = run_for(store, "DELETE FROM preview WHERE item = ?",
				change->number);
	return error;
}

/* ?1 item, ?2 enum blobs, ?3 when they expired */
#define THESE_BLOBS                                                            \
	" item = ?1 AND wrapped_key IS NOT NULL AND (?2 <> 1 OR id NOT IN"     \
	" (SELECT blob FROM artifact WHERE artifact.item = ?1"                 \
	"  AND kind = 'sanitized' AND blob IS NOT NULL))"                      \
	" AND (?2 <> 2 OR expires_ms <= ?3)"

int change_destroy_blobs(struct store *store, const struct change *change)
{
	QUERY_CLEANUP struct query list = query_make(
	    &store->database, "SELECT id FROM blob WHERE" THESE_BLOBS);
	QUERY_CLEANUP struct query update = query_make(
	    &store->database, "UPDATE blob SET wrapped_key = NULL,"
			      " destroyed_ms = ?4 WHERE" THESE_BLOBS);
	int result;

	query_integer(&list, change->number);
	query_integer(&list, change->blobs);
	query_integer(&list, change->expired_ms);
	while ((result = query_step(&list)) == 1) {
		int error =
		    store_blob_dropped(store, query_column_text(&list, 0));

		if (error != 0)
			return error;
	}
	if (result < 0)
		return result;
	query_integer(&update, change->number);
	query_integer(&update, change->blobs);
	query_integer(&update, change->expired_ms);
	query_integer(&update, change->time_ms);
	result = query_run(&update);
	return result == 0 ? end_preview(store, change->number) : result;
}

static int limit_blobs(struct store *store, const struct change *change)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "UPDATE blob SET expires_ms = ?4 WHERE"
					 " expires_ms > ?4 AND" THESE_BLOBS);

	query_integer(&query, change->number);
	query_integer(&query, change->blobs);
	query_integer(&query, change->expired_ms);
	query_integer(&query, change->expires_ms);
	return query_run(&query);
}

static int update_state(struct store *store, const struct change *change)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "UPDATE item SET state = ?,"
		       " state_version = state_version + 1, updated_ms = ?"
		       " WHERE number = ? AND state_version = ?");
	int error;

	query_text(&query, item_state_name(change->state));
	query_integer(&query, change->time_ms);
	query_integer(&query, change->number);
	query_integer(&query, change->before->version);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

int change_is_kept(struct store *store, int64_t number, bool *ret_kept)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM legal_hold WHERE item = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result < 0)
		return result;
	*ret_kept = result == 1;
	return 0;
}

int change_start(struct store *store, struct change *change)
{
	change->has_before = true;
	return evidence_hash(&store->database, change->number,
			     change->evidence);
}

int change_apply(struct store *store, struct change *change, bool destroy,
		 const char *payload)
{
	bool kept = false;
	int error = update_state(store, change);

	if (error == 0 && (destroy || change->expires_ms != 0))
		error = change_is_kept(store, change->number, &kept);
	if (error == 0 && change->expires_ms != 0 && !kept)
		error = limit_blobs(store, change);
	if (error == 0 && destroy && !kept)
		error = change_destroy_blobs(store, change);
	if (error == 0)
		error = change_finish(store, change, change->before, payload);
	return error;
}

int change_move(struct store *store, struct change *change, bool destroy,
		const char *payload)
{
	int error = change_start(store, change);

	return error == 0 ? change_apply(store, change, destroy, payload)
			  : error;
}
