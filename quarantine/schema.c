#include "quarantine/schema.h"

#include "base/banned.h"

/*
 * What the database itself does not allow, whoever writes to it:
 * - an item in a state it cannot be in, or a change that is no lawful
 *   transition from one state version to the next;
 * - an item whose state version has no transition, a transition without its
 *   audit record (deferred foreign keys: the commit fails);
 * - changing or deleting a transition, an audit record or a checkpoint.
 */
/* Version 2. Parts of a message that are kept by themselves; and which way
 * mail has been stopped. */
static const char lineage_table[] =
    "CREATE TABLE lineage ("
    " item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"
    " tenant TEXT NOT NULL,"
    " parent TEXT NOT NULL"
    "  CHECK (length(parent) = 32 AND parent NOT GLOB '*[^0-9a-f]*')"
    ") STRICT";
static const char lineage_index[] =
    "CREATE INDEX lineage_by_parent ON lineage (parent)";
static const char traffic_table[] =
    "CREATE TABLE traffic ("
    " direction TEXT NOT NULL PRIMARY KEY"
    "  CHECK (direction IN ('inbound', 'outbound')),"
    " tenant TEXT NOT NULL,"
    " stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),"
    " time_ms INTEGER NOT NULL,"
    " reason TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID";

/* Version 3. Where an item that waits for its password is to go. */
static const char delivery_table[] =
    "CREATE TABLE delivery ("
    " item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"
    " tenant TEXT NOT NULL,"
    " place TEXT NOT NULL"
    ") STRICT";

const char *const schema_statements[] = {
    delivery_table,
    lineage_table,
    lineage_index,
    traffic_table,

    "CREATE TABLE item ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " id TEXT NOT NULL UNIQUE"
    "  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"
    " state TEXT NOT NULL CHECK (state IN ('held', 'awaiting_password',"
    "  'ready', 'delivered', 'destroyed')),"
    " state_version INTEGER NOT NULL CHECK (state_version >= 1),"
    " created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " channel TEXT NOT NULL,"
    " direction TEXT NOT NULL,"
    " department TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " verdict TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " policy_sha256 BLOB NOT NULL CHECK (length(policy_sha256) = 32),"
    " FOREIGN KEY (number, state_version)"
    "  REFERENCES transition (item, state_version)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT",
    "CREATE INDEX item_by_state ON item (state, number)",

    "CREATE TABLE part ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " number INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " path TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " verdict TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " PRIMARY KEY (item, number)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE finding ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " number INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " kind TEXT NOT NULL," /* code and parameters, never prose */
    " path TEXT NOT NULL,"
    " detail TEXT NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " sha256 BLOB NOT NULL,"
    " PRIMARY KEY (item, number)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE blob ("
    " id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),"
    " tenant TEXT NOT NULL,"
    " item INTEGER NOT NULL REFERENCES item (number),"
    " bytes INTEGER NOT NULL," /* of the content */
    " wrapped_key BLOB,"       /* NULL: destroyed */
    " expires_ms INTEGER NOT NULL,"
    " destroyed_ms INTEGER,"
    " CHECK ((wrapped_key IS NULL) = (destroyed_ms IS NOT NULL))"
    ") STRICT, WITHOUT ROWID",
    "CREATE INDEX blob_by_item ON blob (item)",
    "CREATE INDEX blob_by_expiry ON blob (expires_ms)"
    " WHERE wrapped_key IS NOT NULL",

    "CREATE TABLE artifact ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " kind TEXT NOT NULL"
    "  CHECK (kind IN ('original', 'sanitized', 'report')),"
    " tenant TEXT NOT NULL,"
    " sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
    " bytes INTEGER NOT NULL,"
    " blob TEXT REFERENCES blob (id)," /* NULL: not kept, or in `content` */
    " content BLOB,"                   /* of a report */
    " PRIMARY KEY (item, kind)"
    ") STRICT",

    "CREATE TABLE transition ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " state_version INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " from_state TEXT NOT NULL," /* 'none' for the first */
    " to_state TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " PRIMARY KEY (item, state_version),"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE audit_entry ("
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL CHECK (seq >= 0),"
    " end_offset INTEGER NOT NULL," /* in the year's file, newline included */
    " line TEXT NOT NULL,"
    " leaf BLOB NOT NULL CHECK (length(leaf) = 32),"
    " PRIMARY KEY (year, seq)"
    ") STRICT, WITHOUT ROWID",

    /* Personal data that the record only commits to: deleting the row, salt
     * included, erases it without touching the log. */
    "CREATE TABLE audit_payload ("
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " salt BLOB NOT NULL CHECK (length(salt) = 32),"
    " payload TEXT NOT NULL,"
    " PRIMARY KEY (year, seq),"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE audit_checkpoint ("
    " year INTEGER NOT NULL,"
    " number INTEGER NOT NULL CHECK (number >= 1),"
    " size INTEGER NOT NULL,"
    " end_offset INTEGER NOT NULL,"
    " note TEXT NOT NULL,"
    " tree BLOB NOT NULL,"
    " PRIMARY KEY (year, number)"
    ") STRICT, WITHOUT ROWID",

    "CREATE TRIGGER item_first BEFORE INSERT ON item"
    " WHEN NEW.state_version <> 1 OR NEW.state NOT IN"
    "  ('held', 'awaiting_password', 'ready')"
    " BEGIN SELECT RAISE(ABORT, 'item: not a first state'); END",
    "CREATE TRIGGER item_next BEFORE UPDATE ON item"
    " WHEN NEW.number <> OLD.number OR NEW.id <> OLD.id"
    "  OR NEW.tenant <> OLD.tenant OR NEW.created_ms <> OLD.created_ms"
    "  OR NEW.state_version <> OLD.state_version + 1"
    "  OR OLD.state || '>' || NEW.state NOT IN ("
    "   'held>held', 'held>awaiting_password', 'held>ready',"
    "   'held>destroyed', 'awaiting_password>awaiting_password',"
    "   'awaiting_password>held', 'awaiting_password>ready',"
    "   'awaiting_password>destroyed', 'ready>ready', 'ready>held',"
    "   'ready>awaiting_password', 'ready>delivered',"
    "   'delivered>delivered')"
    " BEGIN SELECT RAISE(ABORT, 'item: unlawful transition'); END",
    "CREATE TRIGGER item_stays BEFORE DELETE ON item"
    " BEGIN SELECT RAISE(ABORT, 'item: never deleted'); END",
    "CREATE TRIGGER transition_matches BEFORE INSERT ON transition"
    " WHEN NOT EXISTS (SELECT 1 FROM item WHERE number = NEW.item"
    "  AND state_version = NEW.state_version AND state = NEW.to_state)"
    " BEGIN SELECT RAISE(ABORT, 'transition: not of the item'); END",
    "CREATE TRIGGER transition_fixed BEFORE UPDATE ON transition"
    " BEGIN SELECT RAISE(ABORT, 'transition: never changed'); END",
    "CREATE TRIGGER transition_stays BEFORE DELETE ON transition"
    " BEGIN SELECT RAISE(ABORT, 'transition: never deleted'); END",
    "CREATE TRIGGER blob_destroyed BEFORE UPDATE ON blob"
    " WHEN OLD.wrapped_key IS NULL"
    " BEGIN SELECT RAISE(ABORT, 'blob: destroyed'); END",
    "CREATE TRIGGER audit_entry_fixed BEFORE UPDATE ON audit_entry"
    " BEGIN SELECT RAISE(ABORT, 'audit_entry: never changed'); END",
    "CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry"
    " BEGIN SELECT RAISE(ABORT, 'audit_entry: never deleted'); END",
    "CREATE TRIGGER audit_payload_fixed BEFORE UPDATE ON audit_payload"
    " BEGIN SELECT RAISE(ABORT, 'audit_payload: never changed'); END",
    "CREATE TRIGGER audit_checkpoint_fixed BEFORE UPDATE ON audit_checkpoint"
    " BEGIN SELECT RAISE(ABORT, 'audit_checkpoint: never changed'); END",
    "CREATE TRIGGER audit_checkpoint_stays BEFORE DELETE ON audit_checkpoint"
    " BEGIN SELECT RAISE(ABORT, 'audit_checkpoint: never deleted'); END",
    NULL,
};

static const char *const to_version_2[] = {lineage_table, lineage_index,
					   traffic_table, NULL};

static const char *const to_version_3[] = {delivery_table, NULL};

const char *const *const schema_migrations[] = {
    to_version_2,
    to_version_3,
    schema_people,      /* version 4 */
    schema_seal,        /* version 5 */
    schema_review,      /* version 6 */
    schema_web,         /* version 7 */
    schema_certificate, /* version 8 */
    schema_clients,     /* version 9 */
    schema_task,        /* version 10 */
    schema_oversight,   /* version 11 */
    schema_policy,      /* version 12 */
    schema_tenants,     /* version 13 */
    schema_preview,     /* version 14 */
    NULL,
};
