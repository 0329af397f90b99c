#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * Several tenants in one vault (tenant.h): stops are each tenant's own, and of
 * the records of others than the default tenant there is a row that says whose
 * they are. The log itself is one for all.
 */
const char *const schema_tenants[] = {
    "CREATE TABLE audit_scope ("
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " tenant TEXT NOT NULL CHECK (tenant NOT IN ('', 'default')),"
    " PRIMARY KEY (year, seq),"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    ") STRICT, WITHOUT ROWID",
    "CREATE TRIGGER audit_scope_fixed BEFORE UPDATE ON audit_scope"
    " BEGIN SELECT RAISE(ABORT, 'audit_scope: never changed'); END",
    "CREATE TRIGGER audit_scope_stays BEFORE DELETE ON audit_scope"
    " BEGIN SELECT RAISE(ABORT, 'audit_scope: never deleted'); END",

    "DROP INDEX item_by_department",
    "CREATE INDEX item_by_department ON item (tenant, department, number)",
    "DROP INDEX recipient_by_department",
    "CREATE INDEX recipient_by_department"
    " ON item_recipient (tenant, department, item)",

    "CREATE TABLE traffic_stop_before ("
    " tenant TEXT NOT NULL,"
    " scope TEXT NOT NULL"
    "  CHECK (scope IN ('intake', 'delivery', 'release')),"
    " direction TEXT NOT NULL"
    "  CHECK (direction IN ('inbound', 'outbound')),"
    " stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),"
    " login TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " version INTEGER NOT NULL CHECK (version >= 1),"
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED,"
    " PRIMARY KEY (tenant, scope, direction)"
    ") STRICT, WITHOUT ROWID",
    "INSERT INTO traffic_stop_before (tenant, scope, direction, stopped,"
    " login, time_ms, version, year, seq) SELECT tenant, scope, direction,"
    " stopped, login, time_ms, version, year, seq FROM traffic_stop",
    "DROP TABLE traffic_stop",
    "ALTER TABLE traffic_stop_before RENAME TO traffic_stop",
    "CREATE TRIGGER traffic_stop_next BEFORE UPDATE ON traffic_stop"
    " WHEN NEW.version <> OLD.version + 1 OR NEW.scope <> OLD.scope"
    "  OR NEW.direction <> OLD.direction OR NEW.tenant <> OLD.tenant"
    " BEGIN SELECT RAISE(ABORT, 'traffic_stop: unlawful change'); END",
    "CREATE TRIGGER traffic_stop_stays BEFORE DELETE ON traffic_stop"
    " BEGIN SELECT RAISE(ABORT, 'traffic_stop: never deleted'); END",
    NULL,
};
