#include "quarantine/database.h"

#include "base/buffer.h"
#include "quarantine/schema.h"
#include "quarantine/tally.h"
#include "quarantine/tenant.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	APPLICATION_ID = 0x53454B31, /* "SEK1" */
	BUSY_WAIT_MS = 5000,
};

int database_error(const struct database *database)
{
	switch (sqlite3_errcode(database->handle) & 0xFF) {
	case SQLITE_FULL:
		return -ERR_NO_SPACE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -ERR_UNAVAILABLE;
	case SQLITE_NOMEM:
		return -ERR_MEMORY;
	case SQLITE_CONSTRAINT:
		return strncmp(sqlite3_errmsg(database->handle),
			       "tenant:", 7) == 0
			   ? -ERR_NOT_FOUND
			   : -ERR_STALE;
	default:
		return -ERR_IO;
	}
}

/* A statement that fails leaves no row changed, but its first rows may have
 * been counted. */
static struct tally counted(const struct database *database)
{
	return database->rows != NULL ? *database->rows : (struct tally){0};
}

static int failed(struct database *database, const struct tally *before)
{
	int error = database_error(database);

	if (database->rows != NULL)
		*database->rows = *before;
	return error;
}

/* What writes means the table, not the view of its name (tenant.h). */
static char *written(const char *sql)
{
	size_t target = tenant_target(sql);

	return sqlite3_mprintf("%.*s%s%s", (int)target, sql,
			       target == 0 ? "" : "main.", sql + target);
}

int database_run(struct database *database, const char *sql)
{
	const struct tally before = counted(database);
	char *text = written(sql);
	int result;

	if (text == NULL)
		return -ERR_MEMORY;
	result = sqlite3_exec(database->handle, text, NULL, NULL, NULL);
	sqlite3_free(text);
	return result != SQLITE_OK ? failed(database, &before) : 0;
}

static int read_number(struct database *database, const char *sql,
		       int64_t *ret_value)
{
	QUERY_CLEANUP struct query query = query_make(database, sql);
	int result = query_step(&query);

	if (result < 0)
		return result;
	if (result == 0)
		return -ERR_IO;
	*ret_value = query_column_integer(&query, 0);
	return 0;
}

static int set_version(struct database *database, int version)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "PRAGMA application_id=%d; PRAGMA user_version=%d",
		       APPLICATION_ID, version);
	return database_run(database, sql);
}

static int run_all(struct database *database, const char *const *statements)
{
	int error = 0;

	for (size_t i = 0; error == 0 && statements[i] != NULL; i++)
		error = database_run(database, statements[i]);
	return error;
}

/* All or nothing: a new file is either empty or complete. */
static int make_schema(struct database *database)
{
	int error = database_run(database, "BEGIN IMMEDIATE");

	if (error == 0)
		error = run_all(database, schema_statements);
	for (int i = SCHEMA_FIRST_VERSION - 1;
	     error == 0 && schema_migrations[i] != NULL; i++)
		error = run_all(database, schema_migrations[i]);
	if (error == 0)
		error = set_version(database, DATABASE_VERSION);
	if (error == 0)
		error = database_run(database, "COMMIT");
	return error;
}

/* A table that was made anew must answer for every row that names it. */
static int check_keys(struct database *database)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "PRAGMA foreign_key_check");
	int result = query_step(&query);

	return result == 1 ? -ERR_MALFORMED : result;
}

/* One step of the table per version, each in a transaction of its own. */
static int run_steps(struct database *database, int64_t version)
{
	int error = 0;

	for (int i = 0; error == 0 && schema_migrations[i] != NULL; i++) {
		if (i + 1 < version)
			continue;
		error = database_run(database, "BEGIN IMMEDIATE");
		if (error == 0)
			error = run_all(database, schema_migrations[i]);
		if (error == 0)
			error = check_keys(database);
		if (error == 0)
			error = set_version(database, i + 2);
		if (error == 0)
			error = database_run(database, "COMMIT");
	}
	return error;
}

/* SQLite's way of making a table anew that others refer to: the switch has no
 * effect inside a transaction. */
static int migrate(struct database *database, int64_t version)
{
	int error = 0;
	int on;

	if (version == DATABASE_VERSION)
		return 0;
	error = database_run(database, "PRAGMA foreign_keys=OFF");
	if (error == 0)
		error = run_steps(database, version);
	on = database_run(database, "PRAGMA foreign_keys=ON");
	return error != 0 ? error : on;
}

/* Whose file it is and which version. 0: an empty file. */
static int read_version(struct database *database, int64_t *ret_version,
			struct problem *problem)
{
	int64_t application = 0;
	int64_t tables = 0;
	int error =
	    read_number(database, "PRAGMA application_id", &application);

	if (error == 0)
		error =
		    read_number(database, "PRAGMA user_version", ret_version);
	if (error == 0)
		error = read_number(
		    database, "SELECT count(*) FROM sqlite_schema", &tables);
	if (error != 0)
		return problem_set(problem, error,
				   "the database cannot be read: %s",
				   sqlite3_errmsg(database->handle));
	if (tables == 0 && application == 0 && *ret_version == 0)
		return 0;
	if (application != APPLICATION_ID || *ret_version < 1)
		return problem_set(problem, -ERR_CONFIG,
				   "the file is no database of the vault");
	if (*ret_version > DATABASE_VERSION)
		return problem_set(problem, -ERR_CONFIG,
				   "the database has version %d; this "
				   "program knows versions up to %d",
				   (int)*ret_version, DATABASE_VERSION);
	return 0;
}

/* DEFENSIVE: no statement can write to the schema table or the file's
 * internals; an untrusted schema runs no functions with side effects. */
static int configure(struct database *database, bool writing)
{
	int on = 0;
	int error;

	(void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1,
				&on);
	(void)sqlite3_db_config(database->handle,
				SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &on);
	(void)sqlite3_busy_timeout(database->handle, BUSY_WAIT_MS);
	error = database_run(database, "PRAGMA foreign_keys=ON;"
				       "PRAGMA cell_size_check=ON;"
				       "PRAGMA temp_store=MEMORY");
	if (error == 0 && writing)
		error = database_run(database, "PRAGMA journal_mode=WAL;"
					       "PRAGMA synchronous=FULL;"
					       "PRAGMA secure_delete=ON");
	return error;
}

static int open_handle(const char *path, int flags, struct database *database,
		       struct problem *problem)
{
	*database = (struct database){0};
	if (sqlite3_open_v2(path, &database->handle,
			    flags | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
		return problem_set(problem, -ERR_IO, "%s cannot be opened: %s",
				   path,
				   database->handle == NULL
				       ? "out of memory"
				       : sqlite3_errmsg(database->handle));
	return tenant_register(database);
}

int database_open(const char *path, struct database *ret_database,
		  struct problem *problem)
{
	struct database database;
	int64_t version = 0;
	int error =
	    open_handle(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			&database, problem);

	if (error == 0)
		error = configure(&database, true);
	if (error == 0 && chmod(path, 0600) != 0)
		error = -ERR_IO;
	if (error == 0)
		error = read_version(&database, &version, problem);
	if (error == 0)
		error = version == 0 ? make_schema(&database)
				     : migrate(&database, version);
	if (error != 0) {
		(void)problem_set(problem, error, "%s: %s", path,
				  sqlite3_errmsg(database.handle));
		database_close(&database);
		return error;
	}
	*ret_database = database;
	return 0;
}

/*
 * SQLite makes a journal beside even a database that it only reads. Where no
 * vault is at work there is none, and "immutable" keeps it from being made: an
 * auditor changes nothing.
 */
static int readonly_name(const char *path, struct buffer *name)
{
	char journal[PATH_MAX];

	if ((size_t)snprintf(journal, sizeof(journal), "%s-wal", path) >=
	    sizeof(journal))
		return -ERR_CONFIG;
	buffer_text(name, "file:");
	for (const char *at = path; *at != '\0'; at++) {
		if (strchr("%?#", *at) != NULL)
			buffer_format(name, "%%%02x", (unsigned)*at);
		else
			buffer_u8(name, (uint8_t)*at);
	}
	if (access(journal, F_OK) != 0)
		buffer_text(name, "?immutable=1");
	buffer_u8(name, 0);
	return buffer_error(name);
}

int database_open_older(const char *path, struct database *ret_database,
			int *ret_version, struct problem *problem)
{
	struct database database = {0};
	int64_t version = 0;
	BUFFER_CLEANUP struct buffer name = buffer_make(4 * PATH_MAX);
	int error = readonly_name(path, &name);

	if (error == 0)
		error = open_handle((const char *)name.data,
				    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
				    &database, problem);

	if (error == 0)
		error = configure(&database, false);
	if (error == 0)
		error = read_version(&database, &version, problem);
	if (error != 0) {
		(void)problem_set(problem, error, "%s: %s", path,
				  sqlite3_errmsg(database.handle));
		database_close(&database);
		return error;
	}
	*ret_version = (int)version;
	*ret_database = database;
	return 0;
}

int database_open_readonly(const char *path, struct database *ret_database,
			   struct problem *problem)
{
	int version = 0;
	int error = database_open_older(path, ret_database, &version, problem);

	if (error == 0 && version != DATABASE_VERSION) {
		database_close(ret_database);
		return problem_set(problem, -ERR_CONFIG,
				   "%s: the database has another version",
				   path);
	}
	return error;
}

void database_close(struct database *database)
{
	for (size_t i = 0; i < database->statement_count; i++)
		(void)sqlite3_finalize(database->statements[i].statement);
	(void)sqlite3_close(database->handle);
	free(database->tenant);
	*database = (struct database){0};
}

/* Every object of the schema as one text, to compare with a fresh one. */
static int describe(struct database *database, struct buffer *buffer)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT type, name, tbl_name, sql FROM sqlite_schema"
		      " WHERE name NOT LIKE 'sqlite_stat%'"
		      " ORDER BY type, name");
	int result;

	while ((result = query_step(&query)) == 1)
		for (int i = 0; i < 4; i++)
			buffer_format(buffer, "%s\n",
				      query_column_text(&query, i));
	return result < 0 ? result : buffer_error(buffer);
}

/* What a fresh database of this version says; made once. */
static int describe_fresh(struct view *ret_wanted, struct problem *problem)
{
	static struct buffer wanted;
	struct database fresh;
	int error = 0;

	if (wanted.size == 0) {
		wanted = buffer_make(1024 * 1024);
		error = open_handle(":memory:",
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					SQLITE_OPEN_MEMORY,
				    &fresh, problem);
		if (error == 0)
			error = make_schema(&fresh);
		if (error == 0)
			error = describe(&fresh, &wanted);
		database_close(&fresh);
		if (error != 0)
			buffer_free(&wanted);
	}
	*ret_wanted = buffer_contents(&wanted);
	return error;
}

static int compare_schema(struct database *database, struct problem *problem)
{
	BUFFER_CLEANUP struct buffer found = buffer_make(1024 * 1024);
	struct view wanted = {NULL, 0};
	int error = describe_fresh(&wanted, problem);

	if (error == 0)
		error = describe(database, &found);
	if (error != 0)
		return problem_set(problem, error, "the schema cannot be read");
	if (!view_equal(buffer_contents(&found), wanted))
		return problem_set(problem, -ERR_MALFORMED,
				   "tables, indexes or triggers were changed");
	return 0;
}

int database_check(struct database *database, struct problem *problem)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "PRAGMA quick_check(1)");
	int result = query_step(&query);

	if (result < 0)
		return problem_set(problem, result,
				   "the database cannot be checked: %s",
				   sqlite3_errmsg(database->handle));
	if (result == 0 || strcmp(query_column_text(&query, 0), "ok") != 0)
		return problem_set(
		    problem, -ERR_MALFORMED, "the database is damaged: %s",
		    result == 0 ? "no answer" : query_column_text(&query, 0));
	query_end(&query);
	return compare_schema(database, problem);
}

static sqlite3_stmt *prepare(struct database *database, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	char *text;
	int result;

	for (size_t i = 0; i < database->statement_count; i++)
		if (database->statements[i].sql == sql)
			return database->statements[i].statement;
	if (database->statement_count == DATABASE_STATEMENTS_MAX)
		return NULL;
	text = written(sql);
	if (text == NULL)
		return NULL;
	result =
	    sqlite3_prepare_v3(database->handle, text, -1,
			       SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	sqlite3_free(text);
	if (result != SQLITE_OK)
		return NULL;
	database->statements[database->statement_count].sql = sql;
	database->statements[database->statement_count++].statement = statement;
	return statement;
}

struct query query_make(struct database *database, const char *sql)
{
	struct query query = {.database = database,
			      .statement = prepare(database, sql)};

	/* Two uses at once of one statement would mix their rows. */
	if (query.statement == NULL)
		query.error = database_error(database);
	else if (sqlite3_stmt_busy(query.statement)) {
		query.statement = NULL;
		query.error = -ERR_INTERNAL;
	}
	return query;
}

void query_end(struct query *query)
{
	if (query->statement != NULL) {
		(void)sqlite3_reset(query->statement);
		(void)sqlite3_clear_bindings(query->statement);
	}
	query->statement = NULL;
	if (query->error == 0)
		query->error = -ERR_INTERNAL;
}

static void bound(struct query *query, int result)
{
	if (result != SQLITE_OK && query->error == 0)
		query->error = database_error(query->database);
}

void query_text(struct query *query, const char *text)
{
	if (query->error == 0)
		bound(query, sqlite3_bind_text(query->statement, ++query->bound,
					       text, -1, SQLITE_STATIC));
}

void query_integer(struct query *query, int64_t value)
{
	if (query->error == 0)
		bound(query, sqlite3_bind_int64(query->statement,
						++query->bound, value));
}

void query_size(struct query *query, uint64_t value)
{
	if (value > INT64_MAX && query->error == 0)
		query->error = -ERR_PROTOCOL;
	query_integer(query, (int64_t)value);
}

void query_bytes(struct query *query, struct view bytes)
{
	const void *data = bytes.data == NULL ? "" : (const void *)bytes.data;

	if (query->error == 0)
		bound(query,
		      sqlite3_bind_blob64(query->statement, ++query->bound,
					  data, bytes.size, SQLITE_STATIC));
}

void query_null(struct query *query)
{
	if (query->error == 0)
		bound(query,
		      sqlite3_bind_null(query->statement, ++query->bound));
}

static int step(struct query *query)
{
	int result = sqlite3_step(query->statement);

	if (result == SQLITE_ROW)
		return 1;
	if (result == SQLITE_DONE)
		return 0;
	query->error = database_error(query->database);
	return query->error;
}

static int step_writing(struct query *query)
{
	const struct tally before = counted(query->database);
	int result = step(query);

	if (result < 0 && query->database->rows != NULL)
		*query->database->rows = before;
	return result;
}

int query_step(struct query *query)
{
	if (query->error != 0)
		return query->error;
	return sqlite3_stmt_readonly(query->statement) ? step(query)
						       : step_writing(query);
}

int query_run(struct query *query)
{
	int result = query_step(query);

	return result == 1 ? -ERR_INTERNAL : result;
}

const char *query_column_text(const struct query *query, int column)
{
	const unsigned char *text =
	    sqlite3_column_text(query->statement, column);

	return text == NULL ? "" : (const char *)text;
}

int64_t query_column_integer(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

struct view query_column_bytes(const struct query *query, int column)
{
	const void *data = sqlite3_column_blob(query->statement, column);
	int size = sqlite3_column_bytes(query->statement, column);

	return data == NULL ? view_of(NULL, 0) : view_of(data, (size_t)size);
}

bool query_column_null(const struct query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}
