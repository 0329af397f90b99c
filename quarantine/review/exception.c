#include "quarantine/review/exception.h"

#include "base/bytes.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

struct row {
	char id[ITEM_ID_SIZE + 1];
	char state[16];
	char department[DEPARTMENT_MAX + 1];
	char login[SESSION_LOGIN_MAX + 1];
	int64_t requester;
	int64_t version;
};

static int find(struct store *store, const char *id, struct row *ret_row)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT state, department, requester_login,"
			      " requester, version FROM exception"
			      " WHERE id = ?");
	int result;

	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	*ret_row = (struct row){
	    .requester = query_column_integer(&query, 3),
	    .version = query_column_integer(&query, 4),
	};
	(void)text_copy(ret_row->id, sizeof(ret_row->id), id);
	(void)text_copy(ret_row->state, sizeof(ret_row->state),
			query_column_text(&query, 0));
	(void)text_copy(ret_row->department, sizeof(ret_row->department),
			query_column_text(&query, 1));
	(void)text_copy(ret_row->login, sizeof(ret_row->login),
			query_column_text(&query, 2));
	return 0;
}

static int insert(struct store *store, const struct reviewer *reviewer,
		  const struct exception_asking *asking, const char *id)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "INSERT INTO exception (tenant, id, state, rule,"
		       " department, requester, requester_login, time_ms,"
		       " starts_ms, ends_ms, first_year, first_seq, version,"
		       " year, seq) VALUES (tenant(), ?1, 'requested', ?2, ?3,"
		       " ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?9, ?10)");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, id);
	query_text(&query, asking->rule);
	query_text(&query, asking->department);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, asking->starts_ms);
	query_integer(&query, asking->ends_ms);
	query_integer(&query, year);
	query_integer(&query, seq);
	return query_run(&query);
}

int exception_ask(struct store *store, const struct reviewer *reviewer,
		  const struct exception_asking *asking,
		  char ret_id[ITEM_ID_SIZE + 1])
{
	const unsigned roles =
	    ROLE_REVIEWER | ROLE_APPROVER | ROLE_ADMINISTRATOR;
	char id[ITEM_ID_SIZE + 1];
	char object[64];
	struct proof proof = {
	    .action = "exception.request",
	    .object = object,
	    .unit = asking->department,
	    .reason = "none",
	    .outcome = "requested",
	    .role = review_role(reviewer->session, roles),
	    .version = 1,
	};
	int error;

	if (!session_sees(reviewer->session, roles, asking->department))
		return -ERR_FORBIDDEN;
	item_id_new(id);
	(void)snprintf(object, sizeof(object), "exception:%s", id);
	error = insert(store, reviewer, asking, id);
	if (error == 0)
		error = proof_append(store, reviewer, &proof,
				     proof_exception_sql, id, asking->reason);
	if (error == 0)
		(void)text_copy(ret_id, ITEM_ID_SIZE + 1, id);
	return error;
}

static int update(struct store *store, const struct reviewer *reviewer,
		  const struct row *row, const char *state, bool decides)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "UPDATE exception SET state = ?1, version = version + 1,"
		       " approver = iif(?2, ?3, approver),"
		       " approver_login = iif(?2, ?4, approver_login),"
		       " decided_ms = iif(?2, ?5, decided_ms),"
		       " year = ?6, seq = ?7 WHERE id = ?8 AND version = ?9");
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
	query_integer(&query, year);
	query_integer(&query, seq);
	query_text(&query, row->id);
	query_integer(&query, row->version);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

static int move(struct store *store, const struct reviewer *reviewer,
		const struct row *row, const char *state, const char *role,
		const char *comment)
{
	bool decides =
	    strcmp(state, "active") == 0 || strcmp(state, "denied") == 0;
	char object[64];
	char action[64];
	struct proof proof = {
	    .action = action,
	    .object = object,
	    .unit = row->department,
	    .reason = comment == NULL ? "expired" : "none",
	    .outcome = state,
	    .role = role,
	    .version = row->version + 1,
	    .has_before = true,
	};
	int error = proof_hash(&store->database, proof_exception_sql, row->id,
			       proof.before);

	(void)snprintf(object, sizeof(object), "exception:%s", row->id);
	(void)snprintf(action, sizeof(action), "exception.%s", state);
	if (error == 0)
		error = update(store, reviewer, row, state, decides);
	return error == 0 ? proof_append(store, reviewer, &proof,
					 proof_exception_sql, row->id, comment)
			  : error;
}

static int check(const struct session *session, const struct row *row,
		 const char *state)
{
	bool own = row->requester == session->user ||
		   strcmp(row->login, session->login) == 0;

	if (!session_sees(session, REVIEW_HOLDERS, row->department))
		return -ERR_NOT_FOUND;
	if (strcmp(state, "withdrawn") == 0)
		return own ? 0 : -ERR_FORBIDDEN;
	if (strcmp(state, "ended") == 0)
		return 0;
	if (!session_sees(session, ROLE_APPROVER, row->department))
		return -ERR_FORBIDDEN;
	return own ? -ERR_OWN_REQUEST : 0;
}

int exception_move(struct store *store, const struct reviewer *reviewer,
		   const char *id, const char *state, const char *reason)
{
	struct row row;
	int error = find(store, id, &row);

	if (error == 0)
		error = check(reviewer->session, &row, state);
	return error == 0 ? move(store, reviewer, &row, state,
				 review_role(reviewer->session, REVIEW_HOLDERS),
				 reason)
			  : error;
}

static int next_over(struct store *store, int64_t now_ms,
		     char ret_id[ITEM_ID_SIZE + 1],
		     char ret_tenant[TENANT_MAX + 1])
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT id, tenant FROM exception WHERE state = 'active'"
		       " AND ends_ms <= ? ORDER BY ends_ms LIMIT 1");
	int result;

	query_integer(&query, now_ms);
	result = query_step(&query);
	if (result == 1) {
		(void)text_copy(ret_id, ITEM_ID_SIZE + 1,
				query_column_text(&query, 0));
		(void)text_copy(ret_tenant, TENANT_MAX + 1,
				query_column_text(&query, 1));
	}
	return result;
}

int exception_expire(struct store *store, int64_t now_ms, size_t most,
		     size_t *ret_count)
{
	static const struct session vault = {.login = "sekisho-vault"};
	const struct reviewer reviewer = {&vault, "", clock_now_ms()};
	char id[ITEM_ID_SIZE + 1];
	char tenant[TENANT_MAX + 1];
	size_t count = 0;
	int result = 1;

	while (count < most &&
	       (result = next_over(store, now_ms, id, tenant)) == 1) {
		struct audit_state saved;
		struct row row;
		int error = store_change_begin(store, &saved);

		if (error != 0)
			return error;
		tenant_bind(&store->database, tenant);
		error = find(store, id, &row);
		if (error == 0)
			error = move(store, &reviewer, &row, "ended", "system",
				     NULL);
		tenant_bind(&store->database, NULL);
		error = store_change_end(store, &saved, error);
		if (error != 0)
			return error;
		count++;
	}
	*ret_count = count;
	return result < 0 ? result : 0;
}
