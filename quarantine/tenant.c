#include "quarantine/tenant.h"

#include "base/bytes.h"

#include <stdlib.h>

#include "base/banned.h"

bool tenant_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= TENANT_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

const char *tenant_now(const struct database *database)
{
	const struct tenant *tenant = database->tenant;

	return tenant->bound[0] == '\0' ? TENANT_DEFAULT : tenant->bound;
}

static void sql_tenant(sqlite3_context *context, int count,
		       sqlite3_value **values)
{
	const struct tenant *tenant = sqlite3_user_data(context);

	(void)count;
	(void)values;
	sqlite3_result_text(
	    context, tenant->bound[0] == '\0' ? TENANT_DEFAULT : tenant->bound,
	    -1, SQLITE_TRANSIENT);
}

static void sql_free(sqlite3_context *context, int count,
		     sqlite3_value **values)
{
	const struct tenant *tenant = sqlite3_user_data(context);

	(void)count;
	(void)values;
	sqlite3_result_int(context, tenant->bound[0] == '\0');
}

/* The same throughout one run of a statement, which is what SQLite makes of
 * DETERMINISTIC: it asks once a run. */
int tenant_register(struct database *database)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	database->tenant = calloc(1, sizeof(*database->tenant));
	if (database->tenant == NULL)
		return -ERR_MEMORY;
	if (sqlite3_create_function(database->handle, "tenant", 0, flags,
				    database->tenant, sql_tenant, NULL,
				    NULL) != SQLITE_OK ||
	    sqlite3_create_function(database->handle, "tenant_free", 0, flags,
				    database->tenant, sql_free, NULL,
				    NULL) != SQLITE_OK)
		return -ERR_MEMORY;
	return 0;
}

void tenant_bind(struct database *database, const char *tenant)
{
	(void)text_copy(database->tenant->bound,
			sizeof(database->tenant->bound),
			tenant == NULL ? "" : tenant);
}

/* --- views and triggers --- */

static const char view_sql[] =
    "CREATE TEMP VIEW \"%w\" AS SELECT * FROM main.\"%w\""
    " WHERE tenant_free() OR tenant = tenant()";
static const char trigger_sql[] =
    "CREATE TEMP TRIGGER \"tenant_%w_%s\" BEFORE %s ON main.\"%w\""
    " WHEN NOT tenant_free() AND (%s)"
    " BEGIN SELECT RAISE(ABORT, 'tenant: of another'); END";

/* Records have no such column: a log is one for all. */
static const char entries_sql[] =
    "CREATE TEMP VIEW audit_entry AS SELECT * FROM main.audit_entry AS e"
    " WHERE tenant_free() OR tenant() = coalesce((SELECT s.tenant"
    " FROM main.audit_scope s WHERE s.year = e.year AND s.seq = e.seq),"
    " '" TENANT_DEFAULT "')";

static int run_text(struct database *database, char *sql)
{
	int error = sql == NULL ? -ERR_MEMORY : database_run(database, sql);

	sqlite3_free(sql);
	return error;
}

static int make_triggers(struct database *database, const char *table)
{
	static const char *const triggers[][2] = {
	    {"insert", "NEW.tenant <> tenant()"},
	    {"update", "OLD.tenant <> tenant() OR NEW.tenant <> tenant()"},
	    {"delete", "OLD.tenant <> tenant()"},
	};
	int error = 0;

	for (size_t i = 0; error == 0 && i < 3; i++)
		error = run_text(database,
				 sqlite3_mprintf(trigger_sql, table,
						 triggers[i][0], triggers[i][0],
						 table, triggers[i][1]));
	return error;
}

/* The list is read to its end before anything is made: it would be changed
 * under the reader. */
static int list_tables(struct database *database, char ***ret_names,
		       int *ret_count)
{
	static const char sql[] =
	    "SELECT t.name FROM main.sqlite_schema t"
	    " JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
	    " AND c.name = 'tenant'";
	int columns = 0;

	return sqlite3_get_table(database->handle, sql, ret_names, ret_count,
				 &columns, NULL) == SQLITE_OK
		   ? 0
		   : database_error(database);
}

int tenant_follow(struct database *database)
{
	char **names = NULL;
	int count = 0;
	int error = list_tables(database, &names, &count);

	for (int i = 1; error == 0 && i <= count; i++) {
		error = make_triggers(database, names[i]);
		/* The view of the scopes would hide what tells the scope. */
		if (error == 0 && strcmp(names[i], "audit_scope") != 0)
			error = run_text(
			    database,
			    sqlite3_mprintf(view_sql, names[i], names[i]));
	}
	sqlite3_free_table(names);
	if (error == 0)
		error = database_run(database, entries_sql);
	return error;
}

int tenant_open_readonly(const char *path, const char *tenant,
			 struct database *ret_database, struct problem *problem)
{
	struct database database;
	int error = database_open_readonly(path, &database, problem);

	if (error != 0)
		return error;
	error = tenant_follow(&database);
	if (error != 0) {
		database_close(&database);
		return error;
	}
	tenant_bind(&database, tenant);
	*ret_database = database;
	return 0;
}

/* --- statements that write --- */

static const char *skip_word(const char *at, const char *word)
{
	size_t length = strlen(word);

	if (strncasecmp(at, word, length) != 0 || at[length] != ' ')
		return NULL;
	at += length;
	return at + strspn(at, " ");
}

size_t tenant_target(const char *sql)
{
	const char *at = sql + strspn(sql, " ");
	const char *next;

	if ((next = skip_word(at, "DELETE")) != NULL)
		next = skip_word(next, "FROM");
	else if ((next = skip_word(at, "INSERT")) != NULL) {
		const char *otherwise = skip_word(next, "OR");

		if (otherwise != NULL) {
			next = otherwise + strcspn(otherwise, " ");
			next += strspn(next, " ");
		}
		next = skip_word(next, "INTO");
	} else {
		next = skip_word(at, "UPDATE");
	}
	return next == NULL ? 0 : (size_t)(next - sql);
}
