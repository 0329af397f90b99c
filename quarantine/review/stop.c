#include "quarantine/review/stop.h"

#include "base/bytes.h"
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
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT version FROM traffic_stop"
					 " WHERE " STOP_KEY " = ?");
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
		       " (tenant(), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		       " ON CONFLICT (tenant, scope, direction) DO UPDATE SET"
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
	const char *tenant = tenant_now(&store->database);
	bool own = strcmp(tenant, TENANT_DEFAULT) != 0;
	char key[128];
	char object[136];
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

	(void)snprintf(key, sizeof(key), "%s%s%s:%s", own ? tenant : "",
		       own ? ":" : "", scopes[scope],
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

/* The tenants come one after the other, the default one as "". */
static struct stops *find_stops(struct stops *list, size_t *count, size_t most,
				const char *tenant)
{
	const char *name = strcmp(tenant, TENANT_DEFAULT) == 0 ? "" : tenant;

	if (*count > 0 && strcmp(list[*count - 1].tenant, name) == 0)
		return &list[*count - 1];
	if (*count == most)
		return NULL;
	list[*count] = (struct stops){0};
	(void)text_copy(list[*count].tenant, sizeof(list->tenant), name);
	return &list[(*count)++];
}

int stop_read(struct store *store, struct stops *list, size_t most,
	      size_t *ret_count)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT tenant, scope, direction, stopped"
			      " FROM traffic_stop ORDER BY tenant");
	size_t count = 0;
	int result;

	while ((result = query_step(&query)) == 1) {
		struct stops *stops = find_stops(list, &count, most,
						 query_column_text(&query, 0));
		enum stop_scope scope =
		    stop_scope_by_name(query_column_text(&query, 1));

		if (stops == NULL || scope == STOP_SCOPES)
			return -ERR_INTERNAL;
		for (int j = 0; j < DIRECTION_COUNT; j++)
			if (strcmp(query_column_text(&query, 2),
				   direction_name((enum direction)j)) == 0)
				stops->stopped[scope][j] =
				    query_column_integer(&query, 3) == 1;
	}
	*ret_count = count;
	return result;
}

int stop_of_item(struct store *store, enum stop_scope scope, int64_t item,
		 bool *ret_stopped)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM traffic_stop s JOIN item"
			      " ON item.direction = s.direction"
			      " AND s.tenant IN (item.tenant, 'default')"
			      " WHERE item.number = ? AND s.scope = ?"
			      " AND s.stopped = 1");
	int result;

	query_integer(&query, item);
	query_text(&query, scopes[scope]);
	result = query_step(&query);
	*ret_stopped = result == 1;
	return result < 0 ? result : 0;
}
