/* Everything that can be done to the database with the file in hand is found:
 * each column of each row in turn. */
#include "tests/support/audit_world.h"

#include "base/bytes.h"
#include "quarantine/store.h"

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

/* Of these the records alone tell, without the seal. */
static bool by_records;

static bool is_told_by_records(const char *table)
{
	static const char *const tables[] = {
	    "item",        "part",          "finding",
	    "artifact",    "blob",          "transition",
	    "audit_entry", "audit_payload", "audit_checkpoint"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i], table) == 0)
			return true;
	return false;
}

static bool alteration_is_found(struct database *database,
				const struct triggers *triggers,
				const char *sql, bool *ret_done)
{
	struct verify verify = {
	    .signer = world.signer, .folder = "audit", .language = LANGUAGE_EN};
	bool done;

	run(database->handle, "BEGIN");
	for (int i = 0; i < triggers->count; i++) {
		char *drop =
		    sqlite3_mprintf("DROP TRIGGER %s", triggers->names[i]);

		run(database->handle, drop);
		sqlite3_free(drop);
	}
	done = sqlite3_exec(database->handle, sql, NULL, NULL, NULL) ==
		   SQLITE_OK &&
	       sqlite3_changes(database->handle) > 0;
	for (int i = 0; i < triggers->count; i++)
		run(database->handle, triggers->sql[i]);
	assert_int_equal(verify_state(&verify, database), 0);
	run(database->handle, "ROLLBACK");
	*ret_done = done;
	/* Whatever else says so, the seal over all rows must. */
	if (done && !is_of_seal(sql) && verify.found[VERIFY_STATE_ROWS] == 0)
		return false;
	if (!by_records)
		return verify_result(&verify) == GRAVITY_ALTERED;
	verify.found[VERIFY_STATE_ROWS] = 0;
	return verify_result(&verify) == GRAVITY_ALTERED;
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
	bool done;

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
		if (!alteration_is_found(database, triggers, sql, &done) &&
		    done)
			fail_msg("not found: %s.%s of row %d", table,
				 columns[i].name, row);
		changes += done;
	}
	(void)snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE %s", table,
		       where);
	if (!alteration_is_found(database, triggers, sql, &done) || !done)
		fail_msg("not found: deletion of %s row %d", table, row);
	return changes + 1;
}

/* The first row once more under another key. */
static void add_row(struct database *database, const struct triggers *triggers,
		    const char *table, const struct column *columns, int count)
{
	char values[2048] = "";
	char sql[4096];
	bool done;
	int last_key = 0;

	for (int i = 0; i < count; i++)
		if (columns[i].key || strcmp(columns[i].name, "id") == 0)
			last_key = i;
	for (int i = 0; i < count; i++) {
		size_t used = strlen(values);
		const char *name = columns[i].name;
		bool number = strcmp(columns[i].type, "INTEGER") == 0;

		if (strcmp(table, "item") == 0 && columns[i].key)
			(void)snprintf(values + used, sizeof(values) - used,
				       "%s + 1000,", name);
		else if (i == last_key && number)
			(void)snprintf(values + used, sizeof(values) - used,
				       "%s + 1000,", name);
		else if (i == last_key && strcmp(name, "kind") != 0)
			(void)snprintf(values + used, sizeof(values) - used,
				       "substr(%s, 2) || substr(%s, 1, 1),",
				       name, name);
		else if (i == last_key)
			(void)snprintf(values + used, sizeof(values) - used,
				       "'sanitized',");
		else
			(void)snprintf(values + used, sizeof(values) - used,
				       "%s,", name);
	}
	values[strlen(values) - 1] = '\0';
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO %s SELECT %s FROM %s LIMIT 1", table,
		       values, table);
	if (!alteration_is_found(database, triggers, sql, &done) || !done)
		fail_msg("not found: a row added to %s (%d)", table, done);
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

static void every_row_changed_is_found(void **state)
{
	static char tables[TABLES_MAX][64];
	struct database database;
	struct problem problem = {0};
	struct triggers triggers;
	int changes = 0;
	int table_count;

	(void)state;
	assert_int_equal(database_open(STORE_DATABASE, &database, &problem), 0);
	run(database.handle, "PRAGMA foreign_keys=OFF;"
			     "PRAGMA ignore_check_constraints=ON;"
			     "PRAGMA secure_delete=OFF");
	read_triggers(database.handle, &triggers);
	/* Dropping and making the triggers again is no alteration by itself. */
	assert_false(alteration_is_found(&database, &triggers,
					 "UPDATE item SET name = name",
					 &(bool){false}));
	table_count = read_tables(database.handle, tables);
	for (int i = 0; i < table_count; i++) {
		struct column columns[32];
		int count = read_columns(database.handle, tables[i], columns);
		int rows = count_rows(database.handle, tables[i]);

		by_records = is_told_by_records(tables[i]);
		assert_true(rows > 0 || !by_records);
		for (int row = 0; row < rows; row++)
			changes += alter_row(&database, &triggers, tables[i],
					     columns, count, row);
		if (by_records)
			add_row(&database, &triggers, tables[i], columns,
				count);
	}
	print_message("%d alterations of %d tables\n", changes, table_count);
	free_triggers(&triggers);
	database_close(&database);
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
	    cmocka_unit_test(every_row_changed_is_found),
	    cmocka_unit_test(a_dropped_trigger_is_found),
	};

	return cmocka_run_group_tests(tests, make_world, unmake_world);
}
