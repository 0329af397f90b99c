/* Everything that can be done to the database with the file in hand is found:
 * each column of each row in turn. */
#include "tests/support/audit_world.h"
#include "tests/support/console_calls.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "quarantine/store.h"

#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { TABLES_MAX = 128, TRIGGERS_MAX = 256 };

/* The triggers, to be dropped and made again around an alteration, as somebody
 * with the file in hand would. */
struct triggers {
	char *names[TRIGGERS_MAX];
	char *sql[TRIGGERS_MAX];
	int count;
};

static void run(sqlite3 *handle, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

static void read_triggers(sqlite3 *handle, struct triggers *triggers)
{
	sqlite3_stmt *list = NULL;

	triggers->count = 0;
	assert_int_equal(
	    sqlite3_prepare_v2(handle,
			       "SELECT name, sql FROM sqlite_schema"
			       " WHERE type = 'trigger'",
			       -1, &list, NULL),
	    SQLITE_OK);
	while (sqlite3_step(list) == SQLITE_ROW) {
		int i = triggers->count++;

		assert_in_range(i, 0, TRIGGERS_MAX - 1);
		triggers->names[i] =
		    strdup((const char *)sqlite3_column_text(list, 0));
		triggers->sql[i] =
		    strdup((const char *)sqlite3_column_text(list, 1));
	}
	(void)sqlite3_finalize(list);
}

static void free_triggers(struct triggers *triggers)
{
	for (int i = 0; i < triggers->count; i++) {
		free(triggers->names[i]);
		free(triggers->sql[i]);
	}
}

static bool is_of_seal(const char *sql)
{
	return strstr(sql, "UPDATE seal ") == sql ||
	       strstr(sql, "DELETE FROM seal ") == sql ||
	       strstr(sql, "name = name") != NULL;
}

/*
 * The seal tells of every alteration; the records alone tell of all but these:
 * what changes without a record, what has an end of its own, and what is
 * signed or hashed by itself.
 */
static const char *const by_seal_alone[] = {
    /* A session that ended decides nothing any more; of one that is open the
     * user's record tells. */
    "session",
    "api_client.used_ms",
    "login_event.number",
    "upload.time_ms",
    /* Signed by a key of its own; the receiver checks it. */
    "certificate",
    NULL,
};

enum told { BY_NOTHING, BY_SEAL, BY_RECORDS };

/* Does it, and asks who tells of it; BY_NOTHING and *ret_done false: it cannot
 * be done. */
static enum told alter(struct database *database,
		       const struct triggers *triggers, const char *sql,
		       bool *ret_done)
{
	struct verify verify = {
	    .signer = world.signer, .folder = "audit", .language = LANGUAGE_EN};
	bool sealed;

	run(database->handle, "BEGIN");
	for (int i = 0; i < triggers->count; i++) {
		char *drop =
		    sqlite3_mprintf("DROP TRIGGER %s", triggers->names[i]);

		run(database->handle, drop);
		sqlite3_free(drop);
	}
	*ret_done = sqlite3_exec(database->handle, sql, NULL, NULL, NULL) ==
			SQLITE_OK &&
		    sqlite3_changes(database->handle) > 0;
	for (int i = 0; i < triggers->count; i++)
		run(database->handle, triggers->sql[i]);
	assert_int_equal(verify_state(&verify, database), 0);
	run(database->handle, "ROLLBACK");
	sealed =
	    verify.found[VERIFY_STATE_ROWS] + verify.found[VERIFY_STATE_SEAL] >
	    0;
	verify.found[VERIFY_STATE_ROWS] = 0;
	if (verify_result(&verify) == GRAVITY_ALTERED)
		return sealed || is_of_seal(sql) ? BY_RECORDS : BY_NOTHING;
	return sealed ? BY_SEAL : BY_NOTHING;
}

static bool may_be_by_seal_alone(const char *table, const char *what)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s.%s", table, what);
	for (size_t i = 0; by_seal_alone[i] != NULL; i++)
		if (strcmp(by_seal_alone[i], name) == 0 ||
		    strcmp(by_seal_alone[i], table) == 0)
			return true;
	return false;
}

static int unexpected;

/* Returns whether it was done. */
static bool try(struct database *database, const struct triggers *triggers,
		const char *sql, const char *table, const char *what)
{
	bool done = false;
	enum told told = alter(database, triggers, sql, &done);

	if (!done)
		return false;
	if (told == BY_NOTHING)
		fail_msg("not found: %s of %s: %s", what, table, sql);
	if (told == BY_SEAL && !may_be_by_seal_alone(table, what)) {
		print_message("no record tells of: %s.%s\n", table, what);
		unexpected++;
	}
	return true;
}

/* A value of the same type that differs. */
static const char changed_value[] =
    "CASE WHEN %s IS NULL THEN CASE '%s' WHEN 'INTEGER' THEN 1"
    " WHEN 'BLOB' THEN x'00' ELSE 'x' END"
    " WHEN '%s' = 'state' THEN iif(%s = 'held', 'ready', 'held')"
    " WHEN typeof(%s) = 'integer' THEN %s + 1"
    " WHEN typeof(%s) = 'blob' THEN CAST(iif(substr(%s, 1, 1) = x'5A', x'5B',"
    " x'5A') || substr(%s, 2) AS BLOB)"
    " ELSE %s || 'x' END";

struct column {
	char name[64];
	char type[32];
	bool key;
};

static int read_columns(sqlite3 *handle, const char *table,
			struct column columns[32])
{
	sqlite3_stmt *list = NULL;
	int count = 0;

	assert_int_equal(sqlite3_prepare_v2(
			     handle,
			     "SELECT name, type, pk FROM pragma_table_info(?)",
			     -1, &list, NULL),
			 SQLITE_OK);
	(void)sqlite3_bind_text(list, 1, table, -1, SQLITE_STATIC);
	while (sqlite3_step(list) == SQLITE_ROW && count < 32) {
		struct column *column = &columns[count++];

		(void)text_copy(column->name, sizeof(column->name),
				(const char *)sqlite3_column_text(list, 0));
		(void)text_copy(column->type, sizeof(column->type),
				(const char *)sqlite3_column_text(list, 1));
		column->key = sqlite3_column_int(list, 2) > 0;
	}
	(void)sqlite3_finalize(list);
	return count;
}

/* "(a, b) = (SELECT a, b FROM table ORDER BY a, b LIMIT 1 OFFSET row)" */
static void write_row_condition(const char *table, const struct column *columns,
				int count, int row, char *ret_text, size_t size)
{
	char keys[256] = "";

	for (int i = 0; i < count; i++) {
		size_t used = strlen(keys);

		if (columns[i].key)
			assert_in_range(
			    snprintf(keys + used, sizeof(keys) - used, "%s%s",
				     used == 0 ? "" : ", ", columns[i].name),
			    1, sizeof(keys) - used - 1);
	}
	assert_in_range(snprintf(ret_text, size,
				 "(%s) = (SELECT %s FROM %s ORDER BY %s LIMIT "
				 "1 OFFSET %d)",
				 keys, keys, table, keys, row),
			1, size - 1);
}

static int count_rows(sqlite3 *handle, const char *table)
{
	char sql[128];
	sqlite3_stmt *statement = NULL;
	int count;

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return count;
}

static int alter_row(struct database *database, const struct triggers *triggers,
		     const char *table, const struct column *columns, int count,
		     int row)
{
	char where[1024];
	char value[1024];
	char sql[4096];
	int changes = 0;

	write_row_condition(table, columns, count, row, where, sizeof(where));
	for (int i = 0; i < count; i++) {
		const char *name = columns[i].name;
		const char *type = columns[i].type;

		assert_in_range(snprintf(value, sizeof(value), changed_value,
					 name, type, name, name, name, name,
					 name, name, name, name),
				1, sizeof(value) - 1);
		assert_in_range(snprintf(sql, sizeof(sql),
					 "UPDATE %s SET %s = %s WHERE %s",
					 table, name, value, where),
				1, sizeof(sql) - 1);
		changes += try(database, triggers, sql, table, name);
	}
	assert_in_range(
	    snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE %s", table, where),
	    1, sizeof(sql) - 1);
	assert_true(try(database, triggers, sql, table, "(removed)"));
	return changes + 1;
}

static void append(char *list, size_t size, const char *prefix,
		   const char *name)
{
	size_t used = strlen(list);

	assert_in_range(snprintf(list + used, size - used, "%s%s%s",
				 used == 0 ? "" : ", ", prefix, name),
			1, size - used - 1);
}

/* What two rows say, each in the other's place. */
static bool swap_rows(struct database *database,
		      const struct triggers *triggers, const char *table,
		      const struct column *columns, int count)
{
	char keys[256] = "";
	char first[256] = "";
	char others[1024] = "";
	char second[1024] = "";
	char sql[8192];

	for (int i = 0; i < count; i++) {
		bool key = columns[i].key;

		append(key ? keys : others, key ? sizeof(keys) : sizeof(others),
		       "", columns[i].name);
		append(key ? first : second,
		       key ? sizeof(first) : sizeof(second), key ? "a." : "b.",
		       columns[i].name);
	}
	if (others[0] == '\0')
		return false;
	assert_in_range(
	    snprintf(sql, sizeof(sql),
		     "CREATE TEMP TABLE two AS SELECT * FROM %s ORDER BY %s"
		     " LIMIT 2;"
		     "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM two);"
		     "INSERT INTO %s (%s, %s) SELECT %s, %s FROM two a, two b"
		     " WHERE a.rowid <> b.rowid AND (SELECT %s FROM two WHERE"
		     " rowid = 1) IS NOT (SELECT %s FROM two WHERE rowid = 2)",
		     table, keys, table, keys, keys, table, keys, others, first,
		     second, others, others),
	    1, sizeof(sql) - 1);
	return try(database, triggers, sql, table, "(swapped)");
}

/* What no second row may have, in a key or beside it. */
static bool is_unique(const struct column *column)
{
	static const char *const names[] = {"id",  "login", "name",   "token",
					    "seq", "user",  "object", "item"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(column->name, names[i]) == 0)
			return true;
	return column->key;
}

/* The first row once more under another key. */
static bool add_row(struct database *database, const struct triggers *triggers,
		    const char *table, const struct column *columns, int count)
{
	char values[2048] = "";
	char value[512];
	char sql[4096];

	for (int i = 0; i < count; i++) {
		const char *name = columns[i].name;
		const char *before = "";
		const char *after = "";

		if (!is_unique(&columns[i])) {
			after = "";
		} else if (strcmp(columns[i].type, "INTEGER") == 0) {
			after = " + 1000";
		} else if (strcmp(columns[i].type, "BLOB") == 0) {
			before = "zeroblob(length(";
			after = "))";
		} else if (strcmp(name, "kind") == 0) {
			after = " || 'x'";
		} else {
			before = "substr(";
			after = ", 2) || 'f'";
		}
		assert_in_range(snprintf(value, sizeof(value), "%s%s%s", before,
					 name, after),
				1, sizeof(value) - 1);
		append(values, sizeof(values), "", value);
	}
	assert_in_range(snprintf(sql, sizeof(sql),
				 "INSERT INTO %s SELECT %s FROM %s LIMIT 1",
				 table, values, table),
			1, sizeof(sql) - 1);
	return try(database, triggers, sql, table, "(added)");
}

/* The tables that there are, whoever made them. */
static int read_tables(sqlite3 *handle, char tables[TABLES_MAX][64])
{
	sqlite3_stmt *list = NULL;
	int count = 0;

	assert_int_equal(
	    sqlite3_prepare_v2(handle,
			       "SELECT name FROM sqlite_schema WHERE type ="
			       " 'table' AND name NOT LIKE 'sqlite_%'",
			       -1, &list, NULL),
	    SQLITE_OK);
	while (sqlite3_step(list) == SQLITE_ROW) {
		assert_in_range(count, 0, TABLES_MAX - 1);
		(void)text_copy(tables[count++], 64,
				(const char *)sqlite3_column_text(list, 0));
	}
	(void)sqlite3_finalize(list);
	return count;
}

/* Every row, or of large tables the first and the last. */
static int alter_table(struct database *database,
		       const struct triggers *triggers, const char *table,
		       bool all)
{
	struct column columns[32];
	int count = read_columns(database->handle, table, columns);
	int rows = count_rows(database->handle, table);
	int step = all || rows < 2 ? 1 : rows - 1;
	int changes = 0;

	for (int row = 0; row < rows; row += step)
		changes +=
		    alter_row(database, triggers, table, columns, count, row);
	if (rows > 0 && strcmp(table, "seal") != 0 &&
	    !add_row(database, triggers, table, columns, count))
		fail_msg("nothing can be added to %s", table);
	if (rows > 1)
		changes += swap_rows(database, triggers, table, columns, count);
	return changes;
}

static int alter_all(bool all, char empty[TABLES_MAX * 64])
{
	static char tables[TABLES_MAX][64];
	struct database database;
	struct problem problem = {0};
	struct triggers triggers;
	bool done = false;
	int changes = 0;
	int table_count;

	assert_int_equal(database_open(STORE_DATABASE, &database, &problem), 0);
	run(database.handle, "PRAGMA foreign_keys=OFF;"
			     "PRAGMA ignore_check_constraints=ON;"
			     "PRAGMA secure_delete=OFF");
	read_triggers(database.handle, &triggers);
	/* Dropping and making the triggers again is no alteration by itself. */
	assert_int_equal(
	    alter(&database, &triggers, "UPDATE item SET name = name", &done),
	    BY_NOTHING);
	table_count = read_tables(database.handle, tables);
	unexpected = 0;
	empty[0] = '\0';
	for (int i = 0; i < table_count; i++) {
		if (count_rows(database.handle, tables[i]) == 0)
			append(empty, (size_t)TABLES_MAX * 64, "", tables[i]);
		changes += alter_table(&database, &triggers, tables[i], all);
	}
	print_message("%d alterations of %d tables; empty: %s\n", changes,
		      table_count, empty);
	free_triggers(&triggers);
	database_close(&database);
	assert_int_equal(unexpected, 0);
	return changes;
}

#ifdef SEKISHO_SANITIZED
/* Of the same code, in six times the time: the ends of the tables. */
enum { EVERY_ROW = false, ALTERATIONS_MIN = 150 };
#else
enum { EVERY_ROW = true, ALTERATIONS_MIN = 500 };
#endif

static void every_row_of_items_and_log_changed_is_found(void **state)
{
	static char empty[TABLES_MAX * 64];

	(void)state;
	assert_true(alter_all(EVERY_ROW, empty) > ALTERATIONS_MIN);
}

/* --- people, what they asked for and decided --- */

static void ask(struct calls *calls, const char *operation, const char *token,
		const char *parameters)
{
	int error = calls_ask(calls, operation, token, parameters);

	if (error != 0)
		fail_msg("%s %s: %s", operation, parameters, error_name(error));
}

static void ask_about(struct calls *calls, const char *operation,
		      const char *token, const char *id, const char *more)
{
	char text[512];

	assert_in_range(
	    snprintf(text, sizeof(text), "{\"id\":\"%s\"%s}", id, more), 1,
	    sizeof(text) - 1);
	ask(calls, operation, token, text);
}

static void decide(struct calls *calls, const char *reviewer,
		   const char *approver, const char *kind, const char *verb)
{
	struct vault_record record;
	char more[128];
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(calls->store, "zeimu", &record);
	(void)snprintf(more, sizeof(more), ",\"kind\":\"%s\",\"reason\":\"r\"",
		       kind);
	ask_about(calls, "items_request", reviewer, record.item_id, more);
	assert_true(text_copy(id, sizeof(id), calls_text(calls, "request")));
	if (verb[0] != '\0')
		ask_about(calls, verb, approver, id, ",\"reason\":\"d\"");
	if (strcmp(kind, "release_original") == 0)
		ask_about(calls, "items_hold", reviewer, record.item_id,
			  ",\"reason\":\"r\"");
}

static void make_rules(struct calls *calls, const char *administrator,
		       const char *approver)
{
	char text[512];
	char ends[TIME_TEXT_SIZE + 1];
	char id[ITEM_ID_SIZE + 1];

	time_write(clock_now_ms() + 3600 * 1000, ends);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"rule\":\"x\",\"reason\":\"r\",\"ends\":"
			       "\"%s\"}",
			       ends);
		ask(calls, "exceptions_request", administrator, text);
		(void)text_copy(id, sizeof(id), calls_text(calls, "id"));
		if (i == 0)
			ask_about(calls, "exceptions_approve", approver, id,
				  "");
		ask(calls, "incidents_open", administrator,
		    "{\"kind\":\"x\",\"description\":\"d\"}");
		(void)snprintf(text, sizeof(text),
			       "{\"name\":\"c%d\",\"operations\":[\"read\"],"
			       "\"expires\":\"%s\"}",
			       i, ends);
		ask(calls, "clients_create", administrator, text);
		(void)text_copy(text, sizeof(text),
				calls_text(calls, "secret"));
		ask(calls, "files_list", text, "");
		ask(calls, "files_begin", administrator,
		    "{\"name\":\"a.txt\",\"bytes\":1}");
		ask(calls, "self_checks_run", administrator, "");
	}
	ask(calls, "stops_stop", administrator, "{\"reason\":\"r\"}");
	ask(calls, "stops_resume", administrator, "{\"reason\":\"r\"}");
}

static void every_row_of_people_and_decisions_changed_is_found(void **state)
{
	static const char *const rules[][2] = {{"a-*", "asahi"}, {NULL, NULL}};
	static char empty[TABLES_MAX * 64];
	struct calls *calls = calloc(1, sizeof(*calls));
	char tokens[4][TOKEN_TEXT_SIZE + 1];

	(void)state;
	assert_non_null(calls);
	calls_open_tenants(calls, rules);
	ask(calls, "units_create", NULL, "{\"name\":\"zeimu\"}");
	(void)calls_user(calls, "kanri", "administrator", "", tokens[0]);
	(void)calls_user(calls, "shinsa", "reviewer", "zeimu", tokens[1]);
	(void)calls_user(calls, "kessai", "approver", "", tokens[2]);
	(void)calls_user(calls, "kessai2", "approver", "", tokens[3]);
	decide(calls, tokens[1], tokens[2], "release_sanitized",
	       "requests_approve");
	decide(calls, tokens[1], tokens[2], "release_original",
	       "requests_deny");
	decide(calls, tokens[1], tokens[2], "delete", "");
	make_rules(calls, tokens[0], tokens[2]);
	ask(calls, "session_logout", tokens[3], "");
	calls->tenant = "asahi";
	ask(calls, "units_create", NULL, "{\"name\":\"a-soumu\"}");
	assert_int_equal(store_checkpoint(calls->store), 0);
	world.signer = calls->store->signer;
	assert_int_equal(store_stop(calls->store), 0);
	store_close(calls->store);
	assert_true(alter_all(false, empty) > 300);
	free(calls->store);
	json_decref(calls->answer);
	assert_int_equal(chdir("/"), 0);
	vault_folder_remove(calls->folder);
	free(calls);
}

static void a_dropped_trigger_is_found(void **state)
{
	struct verify verify = {.signer = world.signer, .folder = "audit"};
	struct database database;
	struct problem problem = {0};

	(void)state;
	assert_int_equal(database_open(STORE_DATABASE, &database, &problem), 0);
	run(database.handle, "BEGIN; DROP TRIGGER item_next");
	assert_int_equal(verify_state(&verify, &database), 0);
	run(database.handle, "ROLLBACK");
	database_close(&database);
	assert_int_equal(verify_result(&verify), GRAVITY_ALTERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_of_items_and_log_changed_is_found),
	    cmocka_unit_test(a_dropped_trigger_is_found),
	};
	const struct CMUnitTest more[] = {
	    cmocka_unit_test(
		every_row_of_people_and_decisions_changed_is_found),
	};
	int failed = cmocka_run_group_tests(tests, make_world, unmake_world);

	return failed + cmocka_run_group_tests(more, NULL, NULL);
}
