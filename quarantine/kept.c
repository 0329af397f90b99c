#include "quarantine/kept.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/token.h"
#include "quarantine/change.h"
#include "quarantine/review/review.h"
#include "quarantine/review/token.h"

#include "base/banned.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;

static int64_t days_ms(const struct store *store)
{
	int64_t days = store->options.keep_unfetched_days;

	return (days == 0 ? KEPT_DAYS : days) * 24 * hour_ms;
}

static bool is_fetched(const char *channel)
{
	return strcmp(channel, channel_name(CHANNEL_UPLOAD)) == 0 ||
	       strcmp(channel, channel_name(CHANNEL_COMMAND)) == 0;
}

/* --- taken --- */

/* What passed is what is on record as having passed. */
static int check_sanitized(struct store *store, int64_t number, int content)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT sha256 FROM artifact"
					 " WHERE item = ?"
					 " AND kind = 'sanitized'");
	uint8_t sha256[HASH_SIZE];
	int result = handle_sha256(content, sha256);

	if (result != 0)
		return result;
	query_integer(&query, number);
	result = query_step(&query);
	if (result < 0)
		return result;
	return result == 1 && view_equal(query_column_bytes(&query, 0),
					 view_of(sha256, HASH_SIZE))
		   ? 0
		   : -ERR_INTAKE_CHANGED;
}

static int insert_blob(struct store *store, int64_t number,
		       const struct blob *blob, int64_t expires_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO blob VALUES"
			      " (?, (SELECT tenant FROM item WHERE number"
			      " = ?2), ?2, ?, ?, ?, NULL)");
	QUERY_CLEANUP struct query update =
	    query_make(&store->database, "UPDATE artifact SET blob = ?"
					 " WHERE item = ?"
					 " AND kind = 'sanitized'");
	int error;

	query_text(&query, blob->id);
	query_integer(&query, number);
	query_size(&query, blob->bytes);
	query_bytes(&query, view_of(blob->wrapped_key, BLOB_WRAPPED_SIZE));
	query_integer(&query, expires_ms);
	error = query_run(&query);
	if (error != 0)
		return error;
	query_text(&update, blob->id);
	query_integer(&update, number);
	return query_run(&update);
}

/* The file is on the disk before any row speaks of it. */
static int keep_blob(struct store *store, const char *item_id, int64_t number,
		     int content)
{
	struct blob blob;
	int error =
	    blob_write(STORE_BLOBS, store->vault_key, item_id, content, &blob);

	if (error != 0)
		return error;
	error = store_blob_written(store, blob.id);
	if (error != 0) {
		(void)!blob_remove(STORE_BLOBS, blob.id);
		return error;
	}
	return insert_blob(store, number, &blob,
			   clock_now_ms() + days_ms(store));
}

/* A transition of its own: what is there now is another evidence. */
static int keep(struct store *store, const struct actor *actor,
		const char *item_id, const struct present *before, int content)
{
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.keep",
	    .reason = "keep",
	    .state = before->state,
	    .time_ms = clock_now_ms(),
	    .before = before,
	    .number = before->number,
	};
	int error = change_start(store, &change);

	if (error == 0)
		error = keep_blob(store, item_id, before->number, content);
	return error == 0 ? change_apply(store, &change, false, NULL) : error;
}

/* The vault's own word, back from the broker. */
static int check_token(struct store *store, const struct actor *actor,
		       const struct handover *handover, int content,
		       bool *ret_wrote)
{
	uint8_t sha256[HASH_SIZE];
	struct token_claim claim = {.item_id = handover->item_id,
				    .sha256 = sha256,
				    .delivery = handover->text};
	int error = content_is_frozen(content) ? handle_sha256(content, sha256)
					       : -ERR_TOKEN;

	if (error == 0)
		error =
		    token_check(handover->token, &claim, clock_now_ms() / 1000,
				store->signer.public_key);
	if (error != 0)
		error = -ERR_TOKEN;
	return token_redeem(store, actor, handover->item_id,
			    (uint64_t)claim.version, error, ret_wrote);
}

static bool is_original(struct store *store, const struct present *present,
			int *ret_error)
{
	struct request request;

	*ret_error = request_of_item(store, present->number, &request);
	return *ret_error == 0 && present->state == STATE_RELEASING &&
	       request.kind == REQUEST_RELEASE_ORIGINAL;
}

static int take_inside(struct store *store, const struct actor *actor,
		       const struct handover *handover, int content,
		       const struct present *present, bool original)
{
	int error = 0;

	if (!original)
		error = check_sanitized(store, present->number, content);
	if (error == 0 && !original)
		error = keep(store, actor, handover->item_id, present, content);
	return error == 0
		   ? item_deliver_inside(store, actor, handover->item_id, "")
		   : error;
}

int kept_take(struct store *store, const struct actor *actor,
	      const struct handover *handover, int content, bool *ret_wrote)
{
	struct present present;
	struct audit_state saved;
	bool original;
	int error = change_find(store, handover->item_id, &present);

	*ret_wrote = false;
	if (error != 0)
		return error;
	if (present.number == 0)
		return -ERR_NOT_FOUND;
	if (!is_fetched(present.channel))
		return -ERR_PROTOCOL;
	if (present.state == STATE_DELIVERED ||
	    present.state == STATE_RELEASED_SANITIZED ||
	    present.state == STATE_RELEASED_ORIGINAL)
		return 0;
	if (present.state != STATE_READY && present.state != STATE_RELEASING)
		return -ERR_STALE;
	original = is_original(store, &present, &error);
	if (error == 0 && (original || token_is_needed(handover)))
		error = check_token(store, actor, handover, content, ret_wrote);
	if (error == 0)
		error = store_change_begin(store, &saved);
	if (error != 0)
		return error;
	error =
	    take_inside(store, actor, handover, content, &present, original);
	*ret_wrote = error == 0;
	return store_change_end(store, &saved, error);
}

/* --- fetched --- */

static enum kept_kind kind_of(enum item_state state, bool sanitized)
{
	if (state == STATE_RELEASED_ORIGINAL)
		return KEPT_ORIGINAL;
	return sanitized && (state == STATE_RELEASED_SANITIZED ||
			     state == STATE_DELIVERED)
		   ? KEPT_SANITIZED
		   : KEPT_NOTHING;
}

/* From its release a week; from the first fetching a day more, for what broke
 * off on the way. */
static const char find_sql[] =
    "SELECT item.state, item.name, item.channel,"
    " (SELECT min(time_ms) FROM transition t WHERE t.item = item.number"
    "  AND t.to_state = item.state AND t.from_state <> t.to_state),"
    " (SELECT min(time_ms) FROM transition t WHERE t.item = item.number"
    "  AND t.reason = 'fetch'),"
    " EXISTS (SELECT 1 FROM artifact JOIN blob ON blob.id = artifact.blob"
    "  WHERE artifact.item = item.number AND kind = 'sanitized'"
    "  AND wrapped_key IS NOT NULL),"
    " EXISTS (SELECT 1 FROM artifact JOIN blob ON blob.id = artifact.blob"
    "  WHERE artifact.item = item.number AND kind = 'original'"
    "  AND wrapped_key IS NOT NULL)"
    " FROM item WHERE id = ?";

int kept_find(struct store *store, const char *item_id, int64_t now_ms,
	      struct kept *ret_kept)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, find_sql);
	struct kept kept = {.kind = KEPT_NOTHING};
	int64_t first_ms;
	int result;

	*ret_kept = kept;
	query_text(&query, item_id);
	result = query_step(&query);
	if (result != 1 || !is_fetched(query_column_text(&query, 2)))
		return result < 0 ? result : 0;
	kept.kind = kind_of(item_state_by_name(query_column_text(&query, 0)),
			    query_column_integer(&query, 5) != 0);
	(void)text_copy(kept.name, sizeof(kept.name),
			query_column_text(&query, 1));
	kept.until_ms = query_column_integer(&query, 3) + days_ms(store);
	first_ms = query_column_integer(&query, 4);
	if (first_ms != 0 &&
	    kept.until_ms > first_ms + KEPT_AGAIN_HOURS * hour_ms)
		kept.until_ms = first_ms + KEPT_AGAIN_HOURS * hour_ms;
	if (kept.kind == KEPT_NOTHING || kept.until_ms < now_ms ||
	    (kept.kind == KEPT_ORIGINAL &&
	     query_column_integer(&query, 6) == 0))
		return 0;
	*ret_kept = kept;
	return 0;
}

static int read_kept(struct store *store, const char *item_id,
		     enum kept_kind kind, int *ret_content)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT blob.id, wrapped_key, blob.bytes FROM"
			      " item JOIN artifact ON artifact.item ="
			      " item.number AND kind = ? JOIN blob"
			      " ON blob.id = artifact.blob WHERE item.id = ?"
			      " AND wrapped_key IS NOT NULL");
	HANDLE_CLEANUP int content = -1;
	int result;

	query_text(&query, kind == KEPT_ORIGINAL ? "original" : "sanitized");
	query_text(&query, item_id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_KEPT;
	result = content_new((uint64_t)query_column_integer(&query, 2),
			     STORE_BLOBS, &content);
	if (result == 0)
		result = blob_read(STORE_BLOBS, store->vault_key, item_id,
				   query_column_text(&query, 0),
				   query_column_bytes(&query, 1), content);
	if (result == 0)
		result = content_freeze(&content);
	if (result == 0)
		*ret_content = handle_take(&content);
	return result;
}

int kept_fetch(struct store *store, const struct actor *actor,
	       const char *source, const char *item_id, enum kept_kind kind,
	       int64_t now_ms, int *ret_content)
{
	HANDLE_CLEANUP int content = -1;
	struct present before;
	struct kept kept;
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.fetch",
	    .reason = "fetch",
	    .source = source,
	    .time_ms = now_ms,
	    .before = &before,
	};
	int error = kept_find(store, item_id, now_ms, &kept);

	if (error == 0 && (kept.kind == KEPT_NOTHING || kept.kind != kind))
		error = -ERR_NOT_KEPT;
	if (error == 0)
		error = read_kept(store, item_id, kind, &content);
	if (error == 0)
		error = change_find(store, item_id, &before);
	if (error != 0)
		return error;
	change.number = before.number;
	change.state = before.state;
	error = change_move(store, &change, false, NULL);
	if (error == 0)
		*ret_content = handle_take(&content);
	return error;
}
