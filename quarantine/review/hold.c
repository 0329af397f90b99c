#include "quarantine/review/review.h"

#include "base/banned.h"

static int insert_hold(struct store *store, const struct reviewer *reviewer,
		       const struct change *change)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO legal_hold VALUES"
			      " (?1, " TENANT_OF_ITEM ", ?, ?, ?, ?)");

	query_integer(&query, change->number);
	query_integer(&query, change->before->version + 1);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_integer(&query, change->time_ms);
	return query_run(&query);
}

static int check(struct store *store, const char *item_id,
		 const struct present *before, int64_t version)
{
	uint64_t bytes;
	bool kept = false;
	int error;

	if (version != 0 && version != before->version)
		return -ERR_PRECONDITION;
	error = change_is_kept(store, before->number, &kept);
	if (error == 0 && kept)
		return -ERR_STALE;
	if (error == 0)
		error = item_original_bytes(store, item_id, &bytes);
	return error == -ERR_NOT_FOUND ? -ERR_STALE : error;
}

int review_hold(struct store *store, const struct reviewer *reviewer,
		const char *item_id, const char *reason, int64_t version)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct present before;
	struct actor actor;
	struct change change;
	int error =
	    review_find(store, reviewer, REVIEW_HOLDERS, item_id, &before);

	if (error == 0)
		error = check(store, item_id, &before, version);
	if (error != 0)
		return error;
	change = review_change(reviewer, &actor,
			       review_role(reviewer->session, REVIEW_HOLDERS),
			       item_id, "item.hold", &before);
	change.reason = "legal_hold";
	error = change_start(store, &change);
	if (error == 0)
		error = insert_hold(store, reviewer, &change);
	if (error == 0)
		error = review_payload(&payload, reason);
	return error == 0 ? change_apply(store, &change, false,
					 (const char *)payload.data)
			  : error;
}
