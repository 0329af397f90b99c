#include "quarantine/review/stop.h"

#include "quarantine/review/proof.h"

#include "base/banned.h"

static const char *const scopes[STOP_SCOPES] = {
    [STOP_INTAKE] = "intake",
    [STOP_DELIVERY] = "delivery",
    [STOP_RELEASE] = "release",
};

const char *stop_scope_name(enum stop_scope scope)
{
	return scope < STOP_SCOPES ? scopes[scope] : "";
}

enum stop_scope stop_scope_by_name(const char *name)
{
	for (int i = 0; i < STOP_SCOPES; i++)
		if (strcmp(scopes[i], name) == 0)
			return (enum stop_scope)i;
	return STOP_SCOPES;
}

static int read_version(struct store *store, const char *key,
			int64_t *ret_version)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT version FROM traffic_stop"
			      " WHERE scope || ':' || direction = ?");
	int result;

	query_text(&query, key);
	result = query_step(&query);
	*ret_version = result == 1 ? query_column_integer(&query, 0) : 0;
	return result < 0 ? result : 0;
}

static int store_row(struct store *store, const struct reviewer *reviewer,
		     enum stop_scope scope, enum direction direction,
		     bool stopped, int64_t version)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "INSERT INTO traffic_stop VALUES"
		       " (?1, ?2, 'default', ?3, ?4, ?5, ?6, ?7, ?8)"
		       " ON CONFLICT (scope, direction) DO UPDATE SET"
		       " stopped = ?3, login = ?4, time_ms = ?5, version = ?6,"
		       " year = ?7, seq = ?8");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, scopes[scope]);
	query_text(&query, direction_name(direction));
	query_integer(&query, stopped);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, version);
	query_integer(&query, year);
	query_integer(&query, seq);
	return query_run(&query);
}

int stop_set(struct store *store, const struct reviewer *reviewer,
	     enum stop_scope scope, enum direction direction, bool stopped,
	     const char *reason)
{
	char key[64];
	char object[72];
	struct proof proof = {
	    .action = stopped ? "traffic.stop" : "traffic.resume",
	    .object = object,
	    .unit = "",
	    .reason = "none",
	    .outcome = stopped ? "stopped" : "running",
	    .role = review_role(reviewer->session,
				ROLE_ADMINISTRATOR | ROLE_APPROVER),
	};
	int64_t version;
	int error;

	(void)snprintf(key, sizeof(key), "%s:%s", scopes[scope],
		       direction_name(direction));
	(void)snprintf(object, sizeof(object), "stop:%s", key);
	error = read_version(store, key, &version);
	proof.version = version + 1;
	proof.has_before = version > 0;
	if (error == 0 && version > 0)
		error = proof_hash(&store->database, proof_stop_sql, key,
				   proof.before);
	if (error == 0)
		error = store_row(store, reviewer, scope, direction, stopped,
				  version + 1);
	return error == 0 ? proof_append(store, reviewer, &proof,
					 proof_stop_sql, key, reason)
			  : error;
}

int stop_read(struct store *store,
	      bool ret_stopped[STOP_SCOPES][DIRECTION_COUNT])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT scope, direction FROM traffic_stop"
			      " WHERE stopped = 1");
	int result;

	for (int i = 0; i < STOP_SCOPES; i++)
		for (int j = 0; j < DIRECTION_COUNT; j++)
			ret_stopped[i][j] = false;
	while ((result = query_step(&query)) == 1) {
		enum stop_scope scope =
		    stop_scope_by_name(query_column_text(&query, 0));

		for (int j = 0; scope < STOP_SCOPES && j < DIRECTION_COUNT; j++)
			if (strcmp(query_column_text(&query, 1),
				   direction_name((enum direction)j)) == 0)
				ret_stopped[scope][j] = true;
	}
	return result;
}

int stop_of_item(struct store *store, enum stop_scope scope, int64_t item,
		 bool *ret_stopped)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM traffic_stop s JOIN item"
			      " ON item.direction = s.direction"
			      " WHERE item.number = ? AND s.scope = ?"
			      " AND s.stopped = 1");
	int result;

	query_integer(&query, item);
	query_text(&query, scopes[scope]);
	result = query_step(&query);
	*ret_stopped = result == 1;
	return result < 0 ? result : 0;
}
