#include "quarantine/review/token.h"

#include "base/bytes.h"
#include "base/token.h"
#include "quarantine/review/review.h"

#include "base/banned.h"

int token_make(struct store *store, int64_t version,
	       struct vault_opened *opened)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT sha256 FROM artifact JOIN item"
					 " ON item.number = artifact.item"
					 " WHERE item.id = ?"
					 " AND kind = 'original'");
	struct token_claim claim = {
	    .item_id = opened->item_id,
	    .version = version,
	    .expires = clock_now_ms() / 1000 + TOKEN_SECONDS,
	    .delivery = opened->delivery,
	};
	int result;

	query_text(&query, opened->item_id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	claim.sha256 = query_column_bytes(&query, 0).data;
	return token_write(&claim, store->signer.secret_key, opened->token);
}

static int is_present_try(struct store *store, const struct present *present,
			  uint64_t version, bool *ret_present)
{
	struct request request;
	int error;

	*ret_present = false;
	if (present->state != STATE_RELEASING ||
	    (uint64_t)present->version != version)
		return 0;
	error = request_of_item(store, present->number, &request);
	*ret_present = error == 0 && request.number != 0 &&
		       strcmp(request.state, "approved") == 0 &&
		       request.kind == REQUEST_RELEASE_ORIGINAL;
	return error;
}

static int record_refusal(struct store *store, const struct actor *actor,
			  const char *item_id, const struct present *present,
			  int wrong)
{
	struct record record = {.version = (uint64_t)present->version};
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	(void)text_copy(record.actor, sizeof(record.actor), actor->name);
	(void)text_copy(record.role, sizeof(record.role), actor->role);
	(void)text_copy(record.unit, sizeof(record.unit), present->department);
	(void)text_copy(record.source, sizeof(record.source), present->channel);
	(void)text_copy(record.action, sizeof(record.action), "token.refuse");
	(void)snprintf(record.object, sizeof(record.object), "token:%s",
		       item_id);
	(void)text_copy(record.reason, sizeof(record.reason),
			error_name(wrong));
	(void)text_copy(record.outcome, sizeof(record.outcome), "refused");
	return store_change_end(store, &saved,
				audit_append(&store->audit, &record, NULL));
}

int token_redeem(struct store *store, const struct actor *actor,
		 const char *item_id, uint64_t version, int wrong,
		 bool *ret_wrote)
{
	struct present present = {0};
	bool good = false;
	int error = change_find(store, item_id, &present);

	*ret_wrote = false;
	if (error == 0 && wrong == 0)
		error = is_present_try(store, &present, version, &good);
	if (error != 0 || good)
		return error;
	error = record_refusal(store, actor, item_id, &present,
			       wrong == 0 ? -ERR_TOKEN : wrong);
	*ret_wrote = error == 0;
	return error == 0 ? -ERR_TOKEN : error;
}
