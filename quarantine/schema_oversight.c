#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * Oversight: what the self-check found, and years of the log that were
 * destroyed. Each row names its audit record, whose hash covers it (for a run
 * also its results); none is ever changed or deleted.
 *
 * A record that belongs to a destroyed year may lose its line, and nothing
 * else: the rows that point to it stay, and so does its leaf in the tree.
 */
#define PROVEN                                                                 \
	" version INTEGER NOT NULL CHECK (version = 1),"                       \
	" year INTEGER NOT NULL,"                                              \
	" seq INTEGER NOT NULL,"                                               \
	" FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"          \
	"  DEFERRABLE INITIALLY DEFERRED"

#define FIXED(table)                                                           \
	"CREATE TRIGGER " table "_fixed BEFORE UPDATE ON " table               \
	" BEGIN SELECT RAISE(ABORT, '" table ": never changed'); END",         \
	    "CREATE TRIGGER " table "_stays BEFORE DELETE ON " table           \
	    " BEGIN SELECT RAISE(ABORT, '" table ": never deleted'); END"

const char *const schema_oversight[] = {
    "CREATE TABLE self_check ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " id TEXT NOT NULL UNIQUE"
    "  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"
    " kind TEXT NOT NULL CHECK (kind IN ('daily', 'asked', 'mail')),"
    " login TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL," PROVEN ") STRICT",
    "CREATE INDEX self_check_by_record ON self_check (year, seq)",
    "CREATE INDEX self_check_by_time ON self_check (kind, time_ms)",
    "CREATE TABLE self_check_result ("
    " run INTEGER NOT NULL REFERENCES self_check (number),"
    " name TEXT NOT NULL,"
    " tenant TEXT NOT NULL,"
    " result TEXT NOT NULL"
    "  CHECK (result IN ('ok', 'warning', 'failed', 'unknown')),"
    " value TEXT NOT NULL,"
    " measured_ms INTEGER NOT NULL," /* 0: never */
    " PRIMARY KEY (run, name)"
    ") STRICT, WITHOUT ROWID",
    FIXED("self_check"),
    FIXED("self_check_result"),

    "CREATE TABLE log_destroyed ("
    " tree INTEGER NOT NULL PRIMARY KEY," /* the fiscal year */
    " tenant TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " root BLOB NOT NULL CHECK (length(root) = 32),"
    " time_ms INTEGER NOT NULL," PROVEN ", CHECK (tree < year)"
    ") STRICT",
    "CREATE INDEX log_destroyed_by_record ON log_destroyed (year, seq)",
    FIXED("log_destroyed"),
    "DROP TRIGGER audit_entry_fixed",
    "CREATE TRIGGER audit_entry_fixed BEFORE UPDATE ON audit_entry"
    " WHEN NEW.line <> '' OR NEW.year <> OLD.year OR NEW.seq <> OLD.seq"
    "  OR NEW.end_offset <> OLD.end_offset OR NEW.leaf <> OLD.leaf"
    "  OR NOT EXISTS (SELECT 1 FROM log_destroyed WHERE tree = OLD.year)"
    " BEGIN SELECT RAISE(ABORT, 'audit_entry: never changed'); END",
    NULL,
};
