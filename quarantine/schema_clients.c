#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * API clients: programs that hand in files (docs/accounts.md). The table was
 * there before and nothing ever wrote to it. A client is made once, is used,
 * and ends; nothing else of it changes. Each of its versions has a record
 * (people_evidence.h); `used_ms` is the time of its last use, which has a
 * record of its own.
 */
const char *const schema_clients[] = {
    "DROP TABLE api_client",
    "CREATE TABLE api_client ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " name TEXT NOT NULL CHECK (name <> ''),"
    " unit INTEGER NOT NULL REFERENCES org_unit (number),"
    " rights INTEGER NOT NULL CHECK (rights BETWEEN 1 AND 15),"
    " per_minute INTEGER NOT NULL CHECK (per_minute BETWEEN 1 AND 6000),"
    " token BLOB NOT NULL UNIQUE CHECK (length(token) = 32)," /* its hash */
    " state TEXT NOT NULL CHECK (state IN ('active', 'ended')),"
    " created_by INTEGER NOT NULL REFERENCES user (number),"
    " created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL," /* 0: never */
    " object TEXT NOT NULL CHECK (object = 'client:' || number),"
    " version INTEGER NOT NULL CHECK (version >= 1),"
    " UNIQUE (tenant, name),"
    " CHECK (expires_ms > created_ms),"
    " CHECK (expires_ms <= created_ms + 1096 * 86400000),"
    " FOREIGN KEY (object, version)"
    "  REFERENCES object_version (object, version)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT",
    "CREATE TRIGGER api_client_first BEFORE INSERT ON api_client"
    " WHEN NEW.version <> 1 OR NEW.state <> 'active' OR NEW.used_ms <> 0"
    " BEGIN SELECT RAISE(ABORT, 'api_client: not a first version'); END",
    "CREATE TRIGGER api_client_next BEFORE UPDATE ON api_client"
    " WHEN OLD.state = 'ended' OR NEW.number <> OLD.number"
    "  OR NEW.tenant <> OLD.tenant OR NEW.name <> OLD.name"
    "  OR NEW.unit <> OLD.unit OR NEW.rights <> OLD.rights"
    "  OR NEW.per_minute <> OLD.per_minute OR NEW.token <> OLD.token"
    "  OR NEW.created_by <> OLD.created_by"
    "  OR NEW.created_ms <> OLD.created_ms"
    "  OR NEW.expires_ms <> OLD.expires_ms OR NEW.used_ms < OLD.used_ms"
    "  OR NEW.version - OLD.version <> (NEW.state = 'ended')"
    " BEGIN SELECT RAISE(ABORT, 'api_client: unlawful change'); END",
    "CREATE TRIGGER api_client_stays BEFORE DELETE ON api_client"
    " BEGIN SELECT RAISE(ABORT, 'api_client: never deleted'); END",
    NULL,
};
