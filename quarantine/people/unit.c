/* Departments: a tree whose root has the name "". */
#include "quarantine/people/people.h"

#include "base/banned.h"

int unit_find(struct store *store, const char *name, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT number FROM org_unit"
			      " WHERE tenant = tenant() AND name = ?");
	int result;

	query_text(&query, name);
	result = query_step(&query);
	if (result == 1)
		*ret_number = query_column_integer(&query, 0);
	return result == 0 ? -ERR_NOT_FOUND : result < 0 ? result : 0;
}

static int check_name(struct store *store, const char *name)
{
	int64_t other;
	int error;

	if (name[0] == '\0' || strlen(name) > DEPARTMENT_MAX)
		return -ERR_PARAMETER;
	/* What comes into a department is its tenant's: nobody makes one of
	 * another's name. */
	if (strcmp(store_tenant(store, name), tenant_now(&store->database)) !=
	    0)
		return -ERR_PARAMETER;
	error = unit_find(store, name, &other);
	return error == 0 ? -ERR_EXISTS : error == -ERR_NOT_FOUND ? 0 : error;
}

static int exists(struct store *store, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM org_unit WHERE number = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	return result == 1 ? 0 : result == 0 ? -ERR_NOT_FOUND : result;
}

static int is_root(struct store *store, int64_t number, bool *ret_root)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM org_unit"
			      " WHERE number = ? AND parent IS NULL");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	*ret_root = result == 1;
	return result < 0 ? result : 0;
}

/* `parent` 0: the root of a tenant. */
static int insert(struct subject_change *change, const char *name,
		  int64_t parent)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "INSERT INTO org_unit (number, object, tenant, parent,"
		       " name, state, version) VALUES (?1, 'unit:' || ?1, "
		       "tenant(), ?, ?, 'active', 1)");

	query_integer(&query, change->number);
	if (parent != 0)
		query_integer(&query, parent);
	else
		query_null(&query);
	query_text(&query, name);
	return query_run(&query);
}

int unit_plant(struct store *store, const struct doer *doer)
{
	struct subject_change change = {0};
	int64_t number;
	int error = unit_find(store, "", &number);

	if (error != -ERR_NOT_FOUND)
		return error;
	error = subject_begin_new(store, doer, SUBJECT_UNIT, &change);
	if (error == 0)
		error = insert(&change, "", 0);
	return error != 0 ? error
			  : subject_finish(&change, "unit.create", "tenant",
					   "active", "", NULL);
}

int unit_create(struct store *store, const struct doer *doer, const char *name,
		int64_t parent, int64_t *ret_number)
{
	struct subject_change change = {0};
	int error = check_name(store, name);

	if (error == 0)
		error = exists(store, parent);
	if (error == 0)
		error = subject_begin_new(store, doer, SUBJECT_UNIT, &change);
	if (error == 0)
		error = insert(&change, name, parent);
	if (error == 0)
		error = subject_finish(&change, "unit.create", "", "active",
				       name, NULL);
	if (error == 0)
		*ret_number = change.number;
	return error;
}

static int change_row(struct subject_change *change, const char *name,
		      int64_t parent)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE org_unit SET object = 'unit:' || number,"
		       " version = version + 1, name = coalesce(?, name),"
		       " parent = coalesce(?, parent) WHERE number = ?");

	if (name != NULL)
		query_text(&query, name);
	else
		query_null(&query);
	if (parent != 0)
		query_integer(&query, parent);
	else
		query_null(&query);
	query_integer(&query, change->number);
	return query_run(&query);
}

int unit_update(struct store *store, const struct doer *doer, int64_t number,
		const char *name, int64_t parent)
{
	struct subject_change change = {0};
	bool root = false;
	int error = is_root(store, number, &root);

	if (error == 0 && root)
		error = -ERR_PARAMETER;
	if (error == 0 && name != NULL)
		error = check_name(store, name);
	if (error == 0 && parent != 0)
		error = exists(store, parent);
	if (error == 0)
		error =
		    subject_begin(store, doer, SUBJECT_UNIT, number, &change);
	if (error == 0)
		error = change_row(&change, name, parent);
	if (error == 0)
		error = subject_finish(&change, "unit.update", "", "active",
				       name == NULL ? "" : name, NULL);
	return error;
}

static int is_below(struct database *database, const char *name,
		    const char *over, bool *ret_below)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "WITH RECURSIVE up (number) AS (SELECT number FROM org_unit"
	    " WHERE tenant = tenant() AND name = ?"
	    " UNION SELECT o.parent FROM org_unit o JOIN up"
	    " ON o.number = up.number WHERE o.parent IS NOT NULL)"
	    " SELECT 1 FROM up JOIN org_unit o ON o.number = up.number"
	    " WHERE o.name = ?");
	int result;

	query_text(&query, name);
	query_text(&query, over);
	result = query_step(&query);
	*ret_below = result == 1;
	return result < 0 ? result : 0;
}

int unit_is_below(struct store *store, const char *name, const char *over,
		  bool *ret_below)
{
	if (over[0] == '\0') {
		*ret_below = true;
		return 0;
	}
	return is_below(&store->database, name, over, ret_below);
}

bool session_sees(const struct session *session, unsigned roles,
		  const char *department)
{
	for (size_t i = 0; i < session->grant_count; i++) {
		const struct grant *grant = &session->grants[i];
		bool below = grant->unit[0] == '\0' ||
			     strcmp(grant->unit, department) == 0;

		if ((grant->roles & roles) == 0)
			continue;
		if (!below && session->database != NULL &&
		    is_below(session->database, department, grant->unit,
			     &below) != 0)
			below = false;
		if (below)
			return true;
	}
	return false;
}

static int write_unit(const struct query *query, json_t *list)
{
	json_t *unit = json_pack(
	    "{s:I, s:s, s:s*, s:I}", "number",
	    (json_int_t)query_column_integer(query, 0), "name",
	    query_column_text(query, 1), "parent",
	    query_column_null(query, 2) ? NULL : query_column_text(query, 2),
	    "users", (json_int_t)query_column_integer(query, 3));

	return json_array_append_new(list, unit) == 0 ? 0 : -ERR_MEMORY;
}

int units_list(struct store *store, json_t *list)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT o.number, o.name, p.name, (SELECT count(*) FROM user u"
	    " WHERE u.unit = o.number AND u.state = 'active')"
	    " FROM org_unit o LEFT JOIN org_unit p ON p.number = o.parent"
	    " ORDER BY o.name LIMIT 10000");
	int result;

	while ((result = query_step(&query)) == 1) {
		int error = write_unit(&query, list);

		if (error != 0)
			return error;
	}
	return result;
}
