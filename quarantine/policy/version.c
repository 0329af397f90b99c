#include "quarantine/policy/version.h"

#include "base/bytes.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

#define COLUMNS                                                                \
	" number, version, coalesce(base, 0), author, id, state,"              \
	" author_login, coalesce(approver_login, ''), sha256"                  \
	" FROM policy_version"

static int read_row(struct query *query, struct policy_version *ret_version)
{
	int result = query_step(query);

	*ret_version = (struct policy_version){0};
	if (result != 1)
		return result;
	ret_version->number = query_column_integer(query, 0);
	ret_version->version = query_column_integer(query, 1);
	ret_version->base = query_column_integer(query, 2);
	ret_version->author = query_column_integer(query, 3);
	(void)text_copy(ret_version->id, sizeof(ret_version->id),
			query_column_text(query, 4));
	(void)text_copy(ret_version->state, sizeof(ret_version->state),
			query_column_text(query, 5));
	(void)text_copy(ret_version->author_login,
			sizeof(ret_version->author_login),
			query_column_text(query, 6));
	(void)text_copy(ret_version->approver_login,
			sizeof(ret_version->approver_login),
			query_column_text(query, 7));
	return bytes_copy(ret_version->sha256, HASH_SIZE,
			  query_column_bytes(query, 8))
		   ? 1
		   : -ERR_MALFORMED;
}

int policy_find(struct store *store, const char *id,
		struct policy_version *ret_version)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT" COLUMNS " WHERE id = ?");
	int result;

	query_text(&query, id);
	result = read_row(&query, ret_version);
	if (result < 0)
		return result;
	return result == 1 ? 0 : -ERR_NOT_FOUND;
}

int policy_in_state(struct store *store, const char *state,
		    struct policy_version *ret_version)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT" COLUMNS " WHERE state = ? ORDER BY number LIMIT 1");
	int result;

	query_text(&query, state);
	result = read_row(&query, ret_version);
	return result < 0 ? result : 0;
}

int policy_text(struct store *store, const char *id, struct buffer *text)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT text FROM policy_version WHERE id = ?");
	int result;

	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	buffer_view(text, query_column_bytes(&query, 0));
	return buffer_error(text);
}

/* --- rows --- */

static void bind_number(struct query *query, int64_t number)
{
	if (number == 0)
		query_null(query);
	else
		query_integer(query, number);
}

static int insert_row(struct store *store, const struct reviewer *reviewer,
		      const struct policy_row *row, const char *id)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO policy_version (tenant, id, state, origin, text,"
	    " sha256, base, rolls_back, author, author_login, time_ms,"
	    " result_ms, result, first_year, first_seq, version, year, seq)"
	    " VALUES ('default', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	    " iif(?3 = 'file', ?10, NULL), '', ?11, ?12, 1, ?11, ?12)");
	BUFFER_CLEANUP struct buffer text = buffer_make(row->text.size + 1);
	uint8_t hash[HASH_SIZE];
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	buffer_view(&text, row->text);
	buffer_u8(&text, '\0');
	if (error == 0)
		error = buffer_error(&text);
	if (error != 0)
		return error;
	hash_bytes(row->text, hash);
	query_text(&query, id);
	query_text(&query, row->state);
	query_text(&query, row->origin);
	query_text(&query, (const char *)text.data);
	query_bytes(&query, view_of(hash, HASH_SIZE));
	bind_number(&query, row->base);
	bind_number(&query, row->rolls_back);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, year);
	query_integer(&query, seq);
	return query_run(&query);
}

int policy_insert(struct store *store, const struct reviewer *reviewer,
		  const struct policy_row *row, char ret_id[ITEM_ID_SIZE + 1])
{
	char id[ITEM_ID_SIZE + 1];
	char object[64];
	char action[64];
	struct proof proof = {.action = action,
			      .object = object,
			      .unit = "",
			      .reason = row->origin,
			      .outcome = row->state,
			      .role = row->role,
			      .version = 1};
	int error;

	item_id_new(id);
	(void)snprintf(object, sizeof(object), "policy:%s", id);
	(void)snprintf(action, sizeof(action), "policy.%s", row->state);
	error = insert_row(store, reviewer, row, id);
	if (error == 0)
		error = proof_append(store, reviewer, &proof, proof_policy_sql,
				     id, row->comment);
	if (error == 0 && ret_id != NULL)
		(void)text_copy(ret_id, ITEM_ID_SIZE + 1, id);
	return error;
}

static int update_row(struct store *store, const struct reviewer *reviewer,
		      const struct policy_version *version, const char *state,
		      bool decides, const char *result)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "UPDATE policy_version SET state = ?1, version = version + 1,"
	    " approver = iif(?2, ?3, approver),"
	    " approver_login = iif(?2, ?4, approver_login),"
	    " decided_ms = iif(?2, ?5, decided_ms),"
	    " decided_year = iif(?2, ?7, decided_year),"
	    " decided_seq = iif(?2, ?8, decided_seq),"
	    " result = coalesce(?6, result),"
	    " result_ms = iif(?6 IS NULL, result_ms, ?5),"
	    " year = ?7, seq = ?8 WHERE id = ?9 AND version = ?10");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, state);
	query_integer(&query, decides);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	if (result == NULL)
		query_null(&query);
	else
		query_text(&query, result);
	query_integer(&query, year);
	query_integer(&query, seq);
	query_text(&query, version->id);
	query_integer(&query, version->version);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

int policy_move(struct store *store, const struct reviewer *reviewer,
		const struct policy_version *version, const char *state,
		const char *role, const char *result, const char *comment)
{
	bool decides =
	    strcmp(state, "approved") == 0 || strcmp(state, "denied") == 0;
	char object[64];
	char action[64];
	struct proof proof = {.action = action,
			      .object = object,
			      .unit = "",
			      .reason = "none",
			      .outcome = state,
			      .role = role,
			      .version = version->version + 1,
			      .has_before = true};
	int error = proof_hash(&store->database, proof_policy_sql, version->id,
			       proof.before);

	(void)snprintf(object, sizeof(object), "policy:%s", version->id);
	(void)snprintf(action, sizeof(action), "policy.%s", state);
	if (error == 0)
		error = update_row(store, reviewer, version, state, decides,
				   result);
	return error == 0 ? proof_append(store, reviewer, &proof,
					 proof_policy_sql, version->id, comment)
			  : error;
}
