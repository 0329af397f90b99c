#include "quarantine/change.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/review/release.h"

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

enum item_state item_state_by_name(const char *name)
{
	for (int i = STATE_UNKNOWN + 1; i < STATE_COUNT; i++)
		if (strcmp(item_state_name((enum item_state)i), name) == 0)
			return (enum item_state)i;
	return STATE_UNKNOWN;
}

int item_find_state(struct store *store, const char *item_id,
		    enum item_state *ret_state,
		    uint8_t ret_output_sha256[HASH_SIZE])
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT state, sha256 FROM item LEFT JOIN artifact"
		       " ON item = number AND kind = 'sanitized' WHERE id = ?");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result < 0)
		return result;
	for (size_t i = 0; i < HASH_SIZE; i++)
		ret_output_sha256[i] = 0;
	*ret_state = STATE_UNKNOWN;
	if (result == 0)
		return 0;
	*ret_state = item_state_by_name(query_column_text(&query, 0));
	(void)!bytes_copy(ret_output_sha256, HASH_SIZE,
			  query_column_bytes(&query, 1));
	return 0;
}

int item_deliver_inside(struct store *store, const struct actor *actor,
			const char *item_id, const char *detail)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct present before;
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.deliver",
	    .reason = "none",
	    .state = STATE_DELIVERED,
	    .time_ms = clock_now_ms(),
	    .before = &before,
	};
	int error = change_find(store, item_id, &before);

	if (error != 0)
		return error;
	if (before.number == 0)
		return -ERR_NOT_FOUND;
	if (before.state == STATE_DELIVERED ||
	    before.state == STATE_RELEASED_SANITIZED ||
	    before.state == STATE_RELEASED_ORIGINAL)
		return 0;
	if (before.state == STATE_RELEASING)
		return release_delivered(store, actor, item_id, &before,
					 detail);
	if (before.state != STATE_READY)
		return -ERR_STALE;
	change.number = before.number;
	change.blobs = BLOBS_ORIGINAL;
	/* Where it went: a file name, hence personal. */
	buffer_text(&payload, "{\"detail\":");
	json_write_string(&payload, detail);
	buffer_bytes(&payload, "}", 2);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	/* One that waited for its password kept its original until now. */
	change.expires_ms =
	    change.time_ms + store->options.keep_all_days * day_ms;
	return change_move(store, &change, store->options.keep_all_days == 0,
			   detail[0] == '\0' ? NULL
					     : (const char *)payload.data);
}

int item_deliver(struct store *store, const struct actor *actor,
		 const char *item_id, const char *detail)
{
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	return store_change_end(
	    store, &saved, item_deliver_inside(store, actor, item_id, detail));
}

/* --- the end of an original --- */

static const struct actor vault = {"sekisho-vault", "system"};

static int move_item(struct store *store, const struct present *before,
		     const char *item_id, const char *action,
		     const char *reason, enum item_state state, bool destroy,
		     int64_t now_ms)
{
	struct change change = {
	    .actor = &vault,
	    .item_id = item_id,
	    .action = action,
	    .reason = reason,
	    .state = state,
	    .time_ms = clock_now_ms(),
	    .before = before,
	    .number = before->number,
	    .expired_ms = now_ms,
	    .blobs = state == STATE_DESTROYED ? BLOBS_ALL : BLOBS_EXPIRED,
	};

	return change_move(store, &change, destroy, NULL);
}

/* "Delivered", "released" and "destroyed" are different ends: what was let out
 * stays so when its original goes. */
static int expire_inside(struct store *store, const char *item_id,
			 int64_t now_ms)
{
	struct present before;
	int error = change_find(store, item_id, &before);

	if (error != 0)
		return error;
	if (before.state == STATE_HELD ||
	    before.state == STATE_AWAITING_PASSWORD ||
	    before.state == STATE_REQUESTED || before.state == STATE_REJECTED) {
		error = release_end_request(store, item_id, &before);
		if (error == 0)
			error = move_item(store, &before, item_id, "item.due",
					  "retention", STATE_DESTROY_DUE, false,
					  now_ms);
		if (error == 0)
			error = change_find(store, item_id, &before);
	}
	if (error != 0)
		return error;
	return move_item(
	    store, &before, item_id, "item.destroy",
	    before.state == STATE_DESTROY_DUE ? "due" : "retention",
	    before.state == STATE_DESTROY_DUE ? STATE_DESTROYED : before.state,
	    true, now_ms);
}

static int expire_item(struct store *store, const char *item_id, int64_t now_ms)
{
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	return store_change_end(store, &saved,
				expire_inside(store, item_id, now_ms));
}

/* What somebody decided about is not taken away under it: approved, releasing
 * and reprocessing wait until that is over, and a legal hold stops all. */
static const char expired_sql[] =
    "SELECT item.id FROM blob JOIN item ON item = item.number"
    " WHERE wrapped_key IS NOT NULL AND expires_ms <= ?1"
    " AND state NOT IN ('approved', 'releasing', 'reprocessing')"
    " AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.item = blob.item)"
    " UNION ALL SELECT item.id FROM item WHERE state = 'destroy_due'"
    " AND NOT EXISTS (SELECT 1 FROM legal_hold h"
    "  WHERE h.item = item.number)"
    " LIMIT 1";

static int find_one(struct store *store, const char *sql, int64_t time_ms,
		    char ret_id[ITEM_ID_SIZE + 1])
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);
	int result;

	query_integer(&query, time_ms);
	result = query_step(&query);
	if (result == 1)
		(void)text_copy(ret_id, ITEM_ID_SIZE + 1,
				query_column_text(&query, 0));
	return result;
}

int item_expire(struct store *store, int64_t now_ms, size_t most,
		size_t *ret_count)
{
	size_t count = 0;
	char id[ITEM_ID_SIZE + 1];

	while (count < most) {
		int result = find_one(store, expired_sql, now_ms, id);

		if (result == 0)
			break;
		if (result > 0)
			result = expire_item(store, id, now_ms);
		if (result != 0)
			return result;
		count++;
	}
	*ret_count = count;
	return 0;
}

static int check_content(int fd, struct view sha256)
{
	uint8_t digest[HASH_SIZE];
	int error = handle_sha256(fd, digest);

	if (error == 0 && !view_equal(view_of(digest, HASH_SIZE), sha256))
		error = -ERR_MALFORMED;
	return error;
}

int item_original_bytes(struct store *store, const char *item_id,
			uint64_t *ret_bytes)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT blob.bytes FROM item JOIN artifact"
			      " ON artifact.item = item.number"
			      "  AND kind = 'original'"
			      " JOIN blob ON blob.id = artifact.blob"
			      " WHERE item.id = ? AND wrapped_key IS NOT NULL");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	*ret_bytes = (uint64_t)query_column_integer(&query, 0);
	return 0;
}

int item_read_original(struct store *store, const char *item_id, int output)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT blob.id, wrapped_key, sha256 FROM item"
			      " JOIN artifact ON artifact.item = item.number"
			      "  AND kind = 'original'"
			      " JOIN blob ON blob.id = artifact.blob"
			      " WHERE item.id = ? AND wrapped_key IS NOT NULL");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result < 0)
		return result;
	if (result == 0)
		return -ERR_NOT_FOUND;
	result = blob_read(STORE_BLOBS, store->vault_key, item_id,
			   query_column_text(&query, 0),
			   query_column_bytes(&query, 1), output);
	if (result == 0)
		result = check_content(output, query_column_bytes(&query, 2));
	return result;
}
