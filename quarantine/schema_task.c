#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/* quarantine/task.h. Of the token only its hash; a task is never moved to
 * another item, and goes when its time is over. */
const char *const schema_task[] = {
    "CREATE TABLE password_task ("
    " item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"
    " tenant TEXT NOT NULL,"
    " token BLOB NOT NULL UNIQUE CHECK (length(token) = 32),"
    " ends_ms INTEGER NOT NULL"
    ") STRICT",
    "CREATE INDEX password_task_by_end ON password_task (ends_ms)",
    "CREATE TRIGGER password_task_fixed BEFORE UPDATE ON password_task"
    " BEGIN SELECT RAISE(ABORT, 'password_task: never changed'); END",
    NULL,
};
