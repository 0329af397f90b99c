/*
 * Whose a row is: every table with a column `tenant` (docs/decisions). While a
 * tenant is bound, whatever the vault's connection reads of these tables are
 * the bound tenant's rows, by any statement, and writing another's row is
 * -ERR_NOT_FOUND. Nobody's query has to say so; a new table is covered by
 * having the column.
 *
 * It works by temporary views of the tables' names, which SQLite finds in front
 * of the tables, and by temporary triggers. Statements that write name their
 * table as before: query_make() and database_run() lead them to it.
 *
 * SQL functions of every connection: tenant() is the bound tenant, "default"
 * where none is; tenant_free() is 1 where none is.
 */
#ifndef SEKISHO_QUARANTINE_TENANT_H
#define SEKISHO_QUARANTINE_TENANT_H

#include "quarantine/database.h"

enum { TENANT_MAX = 63 };

/* Who runs the gateway; the only one where there are no others. */
#define TENANT_DEFAULT "default"

/* Of an item's row, where the first parameter is the item's number. */
#define TENANT_OF_ITEM "(SELECT tenant FROM item WHERE number = ?1)"

struct tenant {
	char bound[TENANT_MAX + 1]; /* "": all of them */
};

/* Letters, digits and - of ASCII, in lower case. */
bool tenant_name_valid(const char *name);

/* Gives the connection the functions. For database.c. */
int tenant_register(struct database *database) MUST_CHECK;

/* Makes views and triggers: for the vault's own connection. */
int tenant_follow(struct database *database) MUST_CHECK;

/* A connection of its own for reading, bound from the beginning: for threads
 * that must not use the vault's. Free with database_close(). */
int tenant_open_readonly(const char *path, const char *tenant,
			 struct database *ret_database,
			 struct problem *problem) MUST_CHECK;

/* From here on; NULL: nobody's any more, and all is seen. */
void tenant_bind(struct database *database, const char *tenant);

/* What tenant() says. */
const char *tenant_now(const struct database *database);

/* Where an INSERT, UPDATE or DELETE names its table, as an offset; 0: it
 * writes nothing. */
size_t tenant_target(const char *sql);

#endif
