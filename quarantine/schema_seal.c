#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/* One row: quarantine/seal.h. */
const char *const schema_seal[] = {
    "CREATE TABLE seal ("
    " number INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),"
    " year INTEGER NOT NULL,"
    " size INTEGER NOT NULL," /* records of the year */
    " previous BLOB NOT NULL CHECK (length(previous) = 32),"
    " version INTEGER NOT NULL," /* of the schema */
    " lanes BLOB NOT NULL CHECK (length(lanes) = 2048),"
    " signature BLOB NOT NULL CHECK (length(signature) = 64)"
    ") STRICT",
    NULL,
};
