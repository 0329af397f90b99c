#include "quarantine/schema.h"

#include "base/banned.h"

/*
 * People: departments, users, what they prove themselves with, what they may
 * do and where, sessions. What the database itself does not allow, whoever
 * writes to it:
 * - a user or department whose present version has no audit record, or that
 *   is deleted, or whose login name is given to somebody else (ACL-1);
 * - one user who both acts and audits (ACL-2); a role that somebody gives to
 *   himself; a role that is changed instead of ended;
 * - fewer than two administrators once there are two, but in an emergency,
 *   which is on record as one (ACL-4);
 * - departments that contain themselves; sessions that come back.
 *
 * Which record covers which row: object_version leads from each version of a
 * user, department or client to its record, whose evidence hash
 * (people_evidence.h) covers the row, and of a user its credentials, roles and
 * open sessions too. login_event points to the record it tells of.
 */
#define COVERED(kind)                                                          \
	" object TEXT NOT NULL CHECK (object = '" kind ":' || number),"        \
	" version INTEGER NOT NULL CHECK (version >= 1),"                      \
	" FOREIGN KEY (object, version)"                                       \
	"  REFERENCES object_version (object, version)"                        \
	"  DEFERRABLE INITIALLY DEFERRED"

/* The others who administer everything and can log in. */
#define OTHER_ADMINISTRATORS(tenant, user)                                     \
	"(SELECT count(DISTINCT g.user) FROM role_grant g"                     \
	" JOIN user u ON u.number = g.user"                                    \
	" JOIN org_unit o ON o.number = g.unit"                                \
	" WHERE g.role = 'administrator' AND g.ended_ms IS NULL"               \
	" AND u.state = 'active' AND o.parent IS NULL"                         \
	" AND g.tenant = " tenant " AND g.user <> " user ")"

const char *const schema_people[] = {
    "CREATE TABLE object_version ("
    " object TEXT NOT NULL," /* as in the record: user:7 */
    " version INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " PRIMARY KEY (object, version),"
    " UNIQUE (year, seq),"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT, WITHOUT ROWID",
    "CREATE TRIGGER object_version_next BEFORE INSERT ON object_version"
    " WHEN NEW.version <> 1 + coalesce((SELECT max(version) FROM"
    "  object_version WHERE object = NEW.object), 0)"
    " BEGIN SELECT RAISE(ABORT, 'object_version: not the next'); END",
    "CREATE TRIGGER object_version_fixed BEFORE UPDATE ON object_version"
    " BEGIN SELECT RAISE(ABORT, 'object_version: never changed'); END",
    "CREATE TRIGGER object_version_stays BEFORE DELETE ON object_version"
    " BEGIN SELECT RAISE(ABORT, 'object_version: never deleted'); END",

    /* The root of each tenant has the name "" and holds everything, items
     * without a department included. Number 1 is made here and has no
     * record: version 0. */
    "CREATE TABLE org_unit ("
    " number INTEGER PRIMARY KEY,"
    " object TEXT CHECK (object = 'unit:' || number)," /* NULL: version 0 */
    " tenant TEXT NOT NULL,"
    " parent INTEGER REFERENCES org_unit (number),"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),"
    " version INTEGER NOT NULL CHECK (version >= 0),"
    " UNIQUE (tenant, name),"
    " CHECK ((parent IS NULL) = (name = '')),"
    " CHECK ((version = 0) = (object IS NULL)),"
    " FOREIGN KEY (object, version)"
    "  REFERENCES object_version (object, version)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT",
    "INSERT INTO org_unit VALUES"
    " (1, NULL, 'default', NULL, '', 'active', 0)",
    "CREATE INDEX org_unit_by_parent ON org_unit (parent)",
    "CREATE TRIGGER org_unit_next BEFORE UPDATE ON org_unit"
    " WHEN NEW.number <> OLD.number OR NEW.tenant <> OLD.tenant"
    "  OR NEW.version <> OLD.version + 1"
    " BEGIN SELECT RAISE(ABORT, 'org_unit: not the next version'); END",
    "CREATE TRIGGER org_unit_tree BEFORE UPDATE OF parent ON org_unit"
    " WHEN EXISTS (WITH RECURSIVE up (number) AS (SELECT NEW.parent"
    "  UNION SELECT o.parent FROM org_unit o JOIN up"
    "  ON o.number = up.number) SELECT 1 FROM up"
    "  WHERE up.number = NEW.number)"
    " BEGIN SELECT RAISE(ABORT, 'org_unit: within itself'); END",
    "CREATE TRIGGER org_unit_stays BEFORE DELETE ON org_unit"
    " BEGIN SELECT RAISE(ABORT, 'org_unit: never deleted'); END",

    "CREATE TABLE user ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " login TEXT NOT NULL CHECK (login = lower(login) AND login <> ''),"
    " name TEXT NOT NULL,"
    " mail TEXT NOT NULL,"
    " unit INTEGER NOT NULL REFERENCES org_unit (number),"
    " source TEXT NOT NULL CHECK (source IN ('local', 'directory')),"
    " state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),"
    " reason TEXT NOT NULL CHECK (reason IN ('', 'left', 'moved', 'dormant',"
    "  'incident', 'emergency', 'other')),"
    " failures INTEGER NOT NULL CHECK (failures >= 0),"
    " failed_ms INTEGER NOT NULL," /* the last one; 0: none */
    " locked_ms INTEGER NOT NULL," /* until then; 0: not locked */
    " login_ms INTEGER NOT NULL,"  /* the last one; 0: never */
    " created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL,"
    " salt BLOB NOT NULL CHECK (length(salt) = 32)," /* of the evidence */
    COVERED("user") ", UNIQUE (tenant, login)"
		    ") STRICT",
    "CREATE TRIGGER user_first BEFORE INSERT ON user"
    " WHEN NEW.version <> 1"
    " BEGIN SELECT RAISE(ABORT, 'user: not a first version'); END",
    "CREATE TRIGGER user_next BEFORE UPDATE ON user"
    " WHEN NEW.number <> OLD.number OR NEW.tenant <> OLD.tenant"
    "  OR NEW.login <> OLD.login OR NEW.created_ms <> OLD.created_ms"
    "  OR NEW.version <> OLD.version + 1"
    " BEGIN SELECT RAISE(ABORT, 'user: not the next version'); END",
    "CREATE TRIGGER user_stays BEFORE DELETE ON user"
    " BEGIN SELECT RAISE(ABORT, 'user: never deleted'); END",

    "CREATE TABLE credential ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (number),"
    " kind TEXT NOT NULL"
    "  CHECK (kind IN ('password', 'totp', 'recovery', 'fido2')),"
    " state TEXT NOT NULL CHECK (state IN ('active', 'temporary', 'pending',"
    "  'former')),"
    " secret BLOB NOT NULL,"     /* sealed with the vault's key */
    " handle BLOB NOT NULL,"     /* id of a FIDO2 credential; else empty */
    " counter INTEGER NOT NULL," /* last step of a TOTP, count of a key */
    " label TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL" /* 0: never */
    ") STRICT",
    "CREATE INDEX credential_by_user ON credential (user, kind)",
    "CREATE UNIQUE INDEX credential_password ON credential (user)"
    " WHERE kind = 'password' AND state <> 'former'",
    "CREATE UNIQUE INDEX credential_totp ON credential (user, state)"
    " WHERE kind = 'totp'",
    "CREATE UNIQUE INDEX credential_handle ON credential (tenant, handle)"
    " WHERE kind = 'fido2'",
    "CREATE TRIGGER credential_counts BEFORE UPDATE ON credential"
    " WHEN NEW.user <> OLD.user OR NEW.kind <> OLD.kind"
    "  OR NEW.counter < OLD.counter OR OLD.state = 'former'"
    " BEGIN SELECT RAISE(ABORT, 'credential: going back'); END",

    "CREATE TABLE role_grant ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (number),"
    " role TEXT NOT NULL CHECK (role IN ('staff', 'reviewer', 'approver',"
    "  'administrator', 'auditor')),"
    " unit INTEGER NOT NULL REFERENCES org_unit (number),"
    " granted_ms INTEGER NOT NULL,"
    " granted_by INTEGER REFERENCES user (number)," /* NULL: operator */
    " ended_ms INTEGER,"
    " ended_by INTEGER REFERENCES user (number),"
    " ended_reason TEXT NOT NULL,"
    " CHECK (granted_by IS NULL OR granted_by <> user),"
    " CHECK ((ended_ms IS NULL) <= (ended_reason = ''))"
    ") STRICT",
    "CREATE INDEX role_grant_by_user ON role_grant (user)"
    " WHERE ended_ms IS NULL",
    "CREATE UNIQUE INDEX role_grant_once ON role_grant (user, role, unit)"
    " WHERE ended_ms IS NULL",
    "CREATE TRIGGER role_grant_separate BEFORE INSERT ON role_grant"
    " WHEN EXISTS (SELECT 1 FROM role_grant WHERE user = NEW.user"
    "  AND ended_ms IS NULL"
    "  AND (role = 'auditor') <> (NEW.role = 'auditor'))"
    " BEGIN SELECT RAISE(ABORT, 'role_grant: acts and audits'); END",
    "CREATE TRIGGER role_grant_ends BEFORE UPDATE ON role_grant"
    " WHEN OLD.ended_ms IS NOT NULL OR NEW.ended_ms IS NULL"
    "  OR NEW.number <> OLD.number OR NEW.tenant <> OLD.tenant"
    "  OR NEW.user <> OLD.user OR NEW.role <> OLD.role"
    "  OR NEW.unit <> OLD.unit OR NEW.granted_ms <> OLD.granted_ms"
    "  OR NEW.granted_by IS NOT OLD.granted_by"
    " BEGIN SELECT RAISE(ABORT, 'role_grant: can only end'); END",
    "CREATE TRIGGER role_grant_stays BEFORE DELETE ON role_grant"
    " BEGIN SELECT RAISE(ABORT, 'role_grant: never deleted'); END",
    "CREATE TRIGGER role_grant_two BEFORE UPDATE ON role_grant"
    " WHEN OLD.role = 'administrator' AND NEW.ended_reason <> 'emergency'"
    "  AND EXISTS (SELECT 1 FROM org_unit"
    "   WHERE number = OLD.unit AND parent IS NULL)"
    "  AND EXISTS (SELECT 1 FROM user"
    "   WHERE number = OLD.user AND state = 'active')"
    "  AND " OTHER_ADMINISTRATORS(
	"OLD.tenant", "OLD.user") " < 2"
				  " BEGIN SELECT RAISE(ABORT, 'administrators: "
				  "two at least'); END",
    "CREATE TRIGGER user_two BEFORE UPDATE OF state ON user"
    " WHEN OLD.state = 'active' AND NEW.state <> 'active'"
    "  AND NEW.reason <> 'emergency'"
    "  AND EXISTS (SELECT 1 FROM role_grant g JOIN org_unit o"
    "   ON o.number = g.unit WHERE g.user = OLD.number"
    "   AND g.role = 'administrator' AND g.ended_ms IS NULL"
    "   AND o.parent IS NULL)"
    "  AND " OTHER_ADMINISTRATORS(
	"OLD.tenant", "OLD.number") " < 2"
				    " BEGIN SELECT RAISE(ABORT, "
				    "'administrators: two at least'); END",

    "CREATE TABLE session ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (number),"
    " token BLOB NOT NULL UNIQUE CHECK (length(token) = 32)," /* its hash */
    " state TEXT NOT NULL CHECK (state IN ('second_factor', 'password',"
    "  'enrol', 'active', 'ended')),"
    " source TEXT NOT NULL,"
    " challenge BLOB NOT NULL," /* of a FIDO2 exchange; else empty */
    " created_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL," /* to the minute; in no evidence */
    " expires_ms INTEGER NOT NULL,"
    " ended_ms INTEGER,"
    " ended_reason TEXT NOT NULL,"
    " CHECK ((state = 'ended') = (ended_ms IS NOT NULL))"
    ") STRICT",
    "CREATE INDEX session_by_user ON session (user, number)",
    "CREATE INDEX session_open ON session (used_ms) WHERE ended_ms IS NULL",
    "CREATE TRIGGER session_next BEFORE UPDATE ON session"
    " WHEN NEW.number <> OLD.number OR NEW.user <> OLD.user"
    "  OR NEW.created_ms <> OLD.created_ms OR OLD.ended_ms IS NOT NULL"
    " BEGIN SELECT RAISE(ABORT, 'session: over'); END",

    "CREATE TABLE login_event ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (number),"
    " time_ms INTEGER NOT NULL,"
    " kind TEXT NOT NULL," /* last word of the record's action */
    " reason TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " session INTEGER," /* NULL: none came of it */
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED"
    ") STRICT",
    "CREATE INDEX login_event_by_user ON login_event (user, number)",
    "CREATE TRIGGER login_event_fixed BEFORE UPDATE ON login_event"
    " BEGIN SELECT RAISE(ABORT, 'login_event: never changed'); END",
    "CREATE TRIGGER login_event_stays BEFORE DELETE ON login_event"
    " BEGIN SELECT RAISE(ABORT, 'login_event: never deleted'); END",

    "CREATE TABLE api_client ("
    " number INTEGER PRIMARY KEY,"
    " tenant TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES user (number)," /* in whose name */
    " token BLOB NOT NULL UNIQUE CHECK (length(token) = 32)," /* its hash */
    " state TEXT NOT NULL CHECK (state IN ('active', 'ended')),"
    " created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL," COVERED("client") ", UNIQUE (tenant, name)"
						      ") STRICT",
    "CREATE TRIGGER api_client_next BEFORE UPDATE ON api_client"
    " WHEN NEW.number <> OLD.number OR NEW.user <> OLD.user"
    "  OR NEW.token <> OLD.token OR NEW.version <> OLD.version + 1"
    "  OR OLD.state = 'ended'"
    " BEGIN SELECT RAISE(ABORT, 'api_client: not the next version'); END",
    "CREATE TRIGGER api_client_stays BEFORE DELETE ON api_client"
    " BEGIN SELECT RAISE(ABORT, 'api_client: never deleted'); END",
    NULL,
};
