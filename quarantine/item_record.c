#include "quarantine/change.h"

#include "base/bytes.h"
#include "quarantine/certificate.h"
#include "quarantine/evidence.h"
#include "quarantine/report.h"
#include "quarantine/review/release.h"
#include "quarantine/task.h"

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* That of who handed it in, of what it is a part of, of its department. */
static int find_tenant(struct store *store, const struct vault_record *record,
		       char ret_tenant[TENANT_MAX + 1])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT tenant FROM upload WHERE id = ?1"
			      " UNION ALL SELECT tenant FROM item"
			      " WHERE id = ?2 LIMIT 1");
	int result;

	query_text(&query, record->item_id);
	query_text(&query, record->parent);
	result = query_step(&query);
	if (result >= 0)
		(void)text_copy(ret_tenant, TENANT_MAX + 1,
				result == 1
				    ? query_column_text(&query, 0)
				    : store_tenant(store, record->department));
	return result < 0 ? result : 0;
}

static int insert_item(struct store *store, const struct vault_record *record,
		       int64_t time_ms, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO item (tenant, id, state, state_version, created_ms,"
	    " updated_ms, channel, direction, department, name, verdict,"
	    " reason, type, policy_sha256)"
	    " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	char tenant[TENANT_MAX + 1];
	int error = find_tenant(store, record, tenant);

	if (error != 0)
		return error;
	query_text(&query, tenant);
	query_text(&query, record->item_id);
	query_text(&query, item_state_name(record->state));
	query_integer(&query, time_ms);
	query_integer(&query, time_ms);
	query_text(&query, channel_name(record->channel));
	query_text(&query, direction_name(record->direction));
	query_text(&query, record->department);
	query_text(&query, record->name);
	query_text(&query, verdict_name(record->verdict));
	query_text(&query, error_name((int)record->reason));
	query_text(&query, record->type);
	query_bytes(&query, view_of(record->policy_sha256, HASH_SIZE));
	error = query_run(&query);
	if (error == 0)
		*ret_number = sqlite3_last_insert_rowid(store->database.handle);
	return error;
}

static int update_item(struct store *store, const struct vault_record *record,
		       enum item_state state, int64_t time_ms,
		       const struct present *before)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "UPDATE item SET state = ?, state_version = state_version + 1,"
	    " updated_ms = ?, channel = ?, direction = ?, department = ?,"
	    " name = ?, verdict = ?, reason = ?, type = ?, policy_sha256 = ?"
	    " WHERE number = ? AND state_version = ?");
	int error;

	query_text(&query, item_state_name(state));
	query_integer(&query, time_ms);
	query_text(&query, channel_name(record->channel));
	query_text(&query, direction_name(record->direction));
	query_text(&query, record->department);
	query_text(&query, record->name);
	query_text(&query, verdict_name(record->verdict));
	query_text(&query, error_name((int)record->reason));
	query_text(&query, record->type);
	query_bytes(&query, view_of(record->policy_sha256, HASH_SIZE));
	query_integer(&query, before->number);
	query_integer(&query, before->version);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

static int delete_rows(struct store *store, const char *sql, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);

	query_integer(&query, number);
	return query_run(&query);
}

/* Whether the original that is kept is the one that comes again. */
static int has_same_original(struct store *store,
			     const struct vault_record *record, int64_t number,
			     bool *ret_same)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT sha256 FROM artifact JOIN blob"
			      " ON blob.id = artifact.blob"
			      " WHERE artifact.item = ? AND kind = 'original'"
			      " AND wrapped_key IS NOT NULL");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	*ret_same =
	    result == 1 && view_equal(query_column_bytes(&query, 0),
				      view_of(record->input_sha256, HASH_SIZE));
	return result < 0 ? result : 0;
}

/* Under legal hold the same original stays, and another cannot come: the
 * database does not let the key go. */
static int clear_item(struct store *store, const struct change *change,
		      bool keeps_original)
{
	int64_t number = change->number;
	int error = keeps_original ? change_forget_preview(store, change)
				   : change_destroy_blobs(store, change);

	if (error == 0)
		error = delete_rows(store,
				    keeps_original
					? "DELETE FROM artifact WHERE item = ?"
					  " AND kind <> 'original'"
					: "DELETE FROM artifact WHERE item = ?",
				    number);
	if (error == 0)
		error = delete_rows(store, "DELETE FROM part WHERE item = ?",
				    number);
	if (error == 0)
		error = delete_rows(store, "DELETE FROM finding WHERE item = ?",
				    number);
	return error;
}

/* `blob` and `content` may be NULL and empty. */
static int insert_artifact(struct store *store, int64_t number,
			   const char *kind, const uint8_t sha256[HASH_SIZE],
			   uint64_t bytes, const char *blob,
			   struct view content)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO artifact VALUES"
			      " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?, ?)");

	query_integer(&query, number);
	query_text(&query, kind);
	query_bytes(&query, view_of(sha256, HASH_SIZE));
	query_size(&query, bytes);
	if (blob != NULL)
		query_text(&query, blob);
	else
		query_null(&query);
	if (content.size > 0)
		query_bytes(&query, content);
	else
		query_null(&query);
	return query_run(&query);
}

static int insert_blob(struct store *store, int64_t number,
		       const struct blob *blob, int64_t expires_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO blob VALUES"
			      " (?, (SELECT tenant FROM item WHERE number"
			      " = ?2), ?2, ?, ?, ?, NULL)");

	query_text(&query, blob->id);
	query_integer(&query, number);
	query_size(&query, blob->bytes);
	query_bytes(&query, view_of(blob->wrapped_key, BLOB_WRAPPED_SIZE));
	query_integer(&query, expires_ms);
	return query_run(&query);
}

static uint32_t days_kept(const struct store *store,
			  const struct vault_record *record)
{
	if (record->state == STATE_READY && !record->until_delivered)
		return store->options.keep_all_days;
	return store_retention(store, record->department,
			       store->options.keep_held_days);
}

/* The file is on the disk before any row speaks of it. */
static int keep_original(struct store *store, const struct vault_record *record,
			 int64_t number, int64_t time_ms, int original)
{
	uint32_t days = days_kept(store, record);
	struct blob blob;
	int error;

	if (original < 0 || days == 0)
		return insert_artifact(
		    store, number, "original", record->input_sha256,
		    record->input_bytes, NULL, (struct view){NULL, 0});
	error = blob_write(STORE_BLOBS, store->vault_key, record->item_id,
			   original, &blob);
	if (error != 0)
		return error;
	error = store_blob_written(store, blob.id);
	if (error != 0) {
		(void)!blob_remove(STORE_BLOBS, blob.id);
		return error;
	}
	if (blob.bytes != record->input_bytes ||
	    !view_equal(view_of(blob.sha256, HASH_SIZE),
			view_of(record->input_sha256, HASH_SIZE)))
		return -ERR_INTAKE_CHANGED;
	error = insert_blob(store, number, &blob, time_ms + days * day_ms);
	if (error == 0)
		error = insert_artifact(store, number, "original", blob.sha256,
					blob.bytes, blob.id,
					(struct view){NULL, 0});
	return error;
}

static int store_parent(struct store *store, const struct vault_record *record,
			int64_t number)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "INSERT OR REPLACE INTO lineage VALUES"
					 " (?1, " TENANT_OF_ITEM ", ?)");

	if (record->parent[0] == '\0')
		return 0;
	query_integer(&query, number);
	query_text(&query, record->parent);
	return query_run(&query);
}

/* What an item without one had before stays. */
static int store_delivery(struct store *store,
			  const struct vault_record *record, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT OR REPLACE INTO delivery VALUES"
			      " (?1, " TENANT_OF_ITEM ", ?)");

	if (record->delivery[0] == '\0')
		return 0;
	query_integer(&query, number);
	query_text(&query, record->delivery);
	return query_run(&query);
}

static int store_contents(struct store *store,
			  const struct vault_record *record, int64_t number,
			  struct view report, int64_t time_ms, int original,
			  bool keeps_original)
{
	uint8_t hash[HASH_SIZE];
	int error = keeps_original ? 0
				   : keep_original(store, record, number,
						   time_ms, original);

	hash_bytes(report, hash);
	if (error == 0 && verdict_passes(record->verdict))
		error = insert_artifact(
		    store, number, "sanitized", record->output_sha256,
		    record->output_bytes, NULL, (struct view){NULL, 0});
	if (error == 0)
		error = insert_artifact(store, number, "report", hash,
					report.size, NULL, report);
	if (error == 0)
		error = report_store(&store->database, number, report);
	return error;
}

/* What was there before makes room; what is still the same stays. */
static int replace_rows(struct store *store, struct change *change,
			const struct vault_record *record,
			const struct overtaken *overtaken,
			bool *ret_keeps_original)
{
	const struct present *before = change->before;
	bool same = false;
	bool kept = false;
	int error = has_same_original(store, record, before->number, &same);

	change->number = before->number;
	if (error == 0)
		error = change_start(store, change);
	if (error == 0)
		error = release_overtake(store, overtaken);
	if (error == 0)
		error = change_is_kept(store, before->number, &kept);
	same = same && (kept || days_kept(store, record) > 0);
	if (error == 0)
		error = clear_item(store, change, same);
	if (error == 0)
		error = update_item(store, record, change->state,
				    change->time_ms, before);
	*ret_keeps_original = same;
	return error;
}

static int record_rows(struct store *store, struct change *change,
		       const struct vault_record *record,
		       const struct overtaken *overtaken, struct view report,
		       int original)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct present after = {0};
	uint8_t contents[HASH_SIZE];
	bool keeps_original = false;
	int error;

	if (change->before->number == 0)
		error = insert_item(store, record, change->time_ms,
				    &change->number);
	else
		error = replace_rows(store, change, record, overtaken,
				     &keeps_original);
	if (error == 0)
		error = store_parent(store, record, change->number);
	if (error == 0)
		error = store_delivery(store, record, change->number);
	if (error == 0)
		error = recipients_store(store, record, change->number);
	if (error == 0 && change->state == STATE_AWAITING_PASSWORD)
		error = task_make(store, change->number, record->item_id);
	if (error == 0)
		error =
		    store_contents(store, record, change->number, report,
				   change->time_ms, original, keeps_original);
	if (error == 0)
		error = certificate_issue(store, change->number, record, report,
					  change->time_ms);
	if (error == 0)
		error = evidence_contents(&store->database, change->number,
					  contents);
	if (error != 0)
		return error;
	evidence_payload(&payload, record->name, contents);
	buffer_u8(&payload, 0);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	(void)text_copy(after.department, sizeof(after.department),
			record->department);
	(void)text_copy(after.channel, sizeof(after.channel),
			channel_name(record->channel));
	return change_finish(store, change, &after, (const char *)payload.data);
}

/* What the caller says must hold together: only what passed can be ready. */
static bool sensible(const struct vault_record *record)
{
	switch (record->state) {
	case STATE_READY:
		return verdict_passes(record->verdict);
	case STATE_AWAITING_PASSWORD:
		return record->verdict == VERDICT_PASSWORD;
	case STATE_HELD:
		return !verdict_passes(record->verdict) &&
		       record->reason != ERR_NONE;
	default:
		return false;
	}
}

/*
 * A message whose sender got no answer comes again under the same id, and is
 * rebuilt and handed on again: its item is there already, and delivered. The
 * log gets a record of its own for it; the rows stay. What somebody gave its
 * password is no message.
 */
static bool is_repeat(struct store *store, const struct vault_record *record,
		      const struct present *before)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT sha256 FROM artifact"
					 " WHERE item = ? AND"
					 " kind = 'original'");

	if (before->state != STATE_DELIVERED ||
	    record->channel != CHANNEL_MAIL || record->state != STATE_READY ||
	    record->until_delivered)
		return false;
	query_integer(&query, before->number);
	return query_step(&query) == 1 &&
	       view_equal(query_column_bytes(&query, 0),
			  view_of(record->input_sha256, HASH_SIZE));
}

static int record_repeat(struct store *store, struct change *change)
{
	change->action = "item.deliver";
	change->reason = "repeat";
	change->state = STATE_DELIVERED;
	change->number = change->before->number;
	return change_move(store, change, false, NULL);
}

/* The rows of the item, and where the door hands it over in the same step,
 * its delivery. */
static int record_or_repeat(struct store *store, struct change *change,
			    const struct vault_record *record,
			    struct view report, int original)
{
	const struct present *before = change->before;
	struct overtaken overtaken;
	int error;

	if (is_repeat(store, record, before))
		return record_repeat(store, change);
	error =
	    release_recorded(store, before, record, &overtaken, &change->state);
	if (error == 0)
		error = record_rows(store, change, record, &overtaken, report,
				    original);
	if (error == 0 && record->hands_over && change->state == STATE_READY)
		error = item_deliver_inside(store, change->actor,
					    record->item_id, "");
	return error;
}

int item_record(struct store *store, const struct actor *actor,
		const struct vault_record *record, struct view report,
		int original)
{
	struct present before;
	struct change change = {
	    .actor = actor,
	    .item_id = record->item_id,
	    .action = "item.record",
	    .reason = error_name((int)record->reason),
	    .state = record->state,
	    .time_ms = clock_now_ms(),
	    .before = &before,
	};
	struct audit_state saved;
	int error;

	if (!sensible(record))
		return -ERR_PROTOCOL;
	error = store_change_begin(store, &saved);
	if (error != 0)
		return error;
	error = change_find(store, record->item_id, &before);
	if (error == 0)
		error =
		    record_or_repeat(store, &change, record, report, original);
	return store_change_end(store, &saved, error);
}
