#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * What people hand in by console and API: whose it is, from before there is an
 * item. Each row names its audit record (file.hand_in), is never changed, and
 * stays.
 *
 * Answers that were given under an Idempotency-Key: for a day, sealed with the
 * vault's key, since an answer may hold what is shown only once. They decide
 * nothing but what a repeated call is answered.
 */
const char *const schema_web[] = {
    "CREATE TABLE upload ("
    " id TEXT NOT NULL PRIMARY KEY"
    "  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"
    " tenant TEXT NOT NULL,"
    " user INTEGER NOT NULL,"
    " department TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT, WITHOUT ROWID",
    "CREATE INDEX upload_by_user ON upload (user, time_ms)",
    "CREATE TRIGGER upload_fixed BEFORE UPDATE ON upload"
    " BEGIN SELECT RAISE(ABORT, 'upload: never changed'); END",
    "CREATE TRIGGER upload_stays BEFORE DELETE ON upload"
    " BEGIN SELECT RAISE(ABORT, 'upload: never deleted'); END",

    "CREATE TABLE idempotency ("
    " user INTEGER NOT NULL,"
    " key TEXT NOT NULL,"
    " tenant TEXT NOT NULL,"
    " call BLOB NOT NULL CHECK (length(call) = 32)," /* what was asked */
    " time_ms INTEGER NOT NULL,"
    " answer BLOB NOT NULL," /* nonce and sealed JSON */
    " PRIMARY KEY (user, key)"
    ") STRICT, WITHOUT ROWID",
    "CREATE INDEX idempotency_by_time ON idempotency (time_ms)",

    /* A record is written after the rows that name it: SQLite then looks in
     * each table that refers to records for rows that waited for it, and
     * without these reads all of it every time. */
    "CREATE INDEX transition_by_record ON transition (year, seq)",
    "CREATE INDEX object_version_by_record ON object_version (year, seq)",
    "CREATE INDEX login_event_by_record ON login_event (year, seq)",
    "CREATE INDEX upload_by_record ON upload (year, seq)",
    NULL,
};
