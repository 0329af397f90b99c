#include "quarantine/review/token.h"

#include "base/token.h"

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
