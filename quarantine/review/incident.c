#include "quarantine/review/incident.h"

#include "base/bytes.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

static int insert(struct store *store, const struct reviewer *reviewer,
		  const char *kind, const char *id)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "INSERT INTO incident (tenant, id, state, kind,"
		       " opener_login, opened_ms, first_year, first_seq,"
		       " version, year, seq) VALUES (tenant(), ?1, 'open',"
		       " ?2, ?3, ?4, ?5, ?6, 1, ?5, ?6)");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, id);
	query_text(&query, kind);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, year);
	query_integer(&query, seq);
	return query_run(&query);
}

static struct proof proof_of(const struct reviewer *reviewer,
			     const char *action, const char *object,
			     const char *outcome)
{
	return (struct proof){
	    .action = action,
	    .object = object,
	    .unit = "",
	    .reason = "none",
	    .outcome = outcome,
	    .role = review_role(reviewer->session, REVIEW_HOLDERS),
	    .version = 1,
	};
}

int incident_open(struct store *store, const struct reviewer *reviewer,
		  const char *kind, const char *description,
		  char ret_id[ITEM_ID_SIZE + 1])
{
	char object[64] = "";
	struct proof proof =
	    proof_of(reviewer, "incident.open", object, "open");
	int error;

	item_id_new(ret_id);
	(void)snprintf(object, sizeof(object), "incident:%s", ret_id);
	error = insert(store, reviewer, kind, ret_id);
	return error == 0
		   ? proof_append(store, reviewer, &proof, proof_incident_sql,
				  ret_id, description)
		   : error;
}

static int find_version(struct store *store, const char *id,
			int64_t *ret_version)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT version, state FROM incident"
					 " WHERE id = ?");
	int result;

	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	*ret_version = query_column_integer(&query, 0);
	return strcmp(query_column_text(&query, 1), "open") == 0 ? 0
								 : -ERR_STALE;
}

static int update(struct store *store, const struct reviewer *reviewer,
		  const char *id)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "UPDATE incident SET state = 'closed',"
			      " closer_login = ?, closed_ms = ?,"
			      " version = version + 1, year = ?, seq = ?"
			      " WHERE id = ?");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, year);
	query_integer(&query, seq);
	query_text(&query, id);
	return query_run(&query);
}

int incident_close(struct store *store, const struct reviewer *reviewer,
		   const char *id, const char *description)
{
	char object[64] = "";
	struct proof proof =
	    proof_of(reviewer, "incident.close", object, "closed");
	int64_t version = 0;
	int error = find_version(store, id, &version);

	(void)snprintf(object, sizeof(object), "incident:%s", id);
	proof.version = version + 1;
	proof.has_before = true;
	if (error == 0)
		error = proof_hash(&store->database, proof_incident_sql, id,
				   proof.before);
	if (error == 0)
		error = update(store, reviewer, id);
	return error == 0 ? proof_append(store, reviewer, &proof,
					 proof_incident_sql, id, description)
			  : error;
}
