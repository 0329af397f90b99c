#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * The policies, version by version, and every change of settings.
 *
 * A version is a text that never changes; what becomes of it is a state, each
 * with its record ("policy:ID", the row's hash in `after`). Who approved it is
 * not who wrote it, and one is in force at a time. What stands in the
 * configuration's file, and is put in force there, is a version of nobody's
 * approval (`origin` file), so that the vault always knows what is in force.
 *
 * A change of settings is a row and a record ("config:file", the bytes of the
 * configuration, or "config:policies") with the same hashes before and after.
 */
#define POLICY_VERSION                                                         \
	"CREATE TABLE policy_version ("                                        \
	" number INTEGER PRIMARY KEY,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" id TEXT NOT NULL UNIQUE"                                             \
	"  CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),"             \
	" state TEXT NOT NULL CHECK (state IN ('proposed', 'approved',"        \
	"  'in_force', 'replaced', 'refused', 'denied', 'withdrawn',"          \
	"  'superseded')),"                                                    \
	" origin TEXT NOT NULL CHECK (origin IN ('console', 'file')),"         \
	" text TEXT NOT NULL,"                                                 \
	" sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"                   \
	" base INTEGER REFERENCES policy_version (number),"                    \
	" rolls_back INTEGER REFERENCES policy_version (number),"              \
	" author INTEGER NOT NULL,"                                            \
	" author_login TEXT NOT NULL CHECK (author_login <> ''),"              \
	" approver INTEGER,"                                                   \
	" approver_login TEXT,"                                                \
	" time_ms INTEGER NOT NULL,"                                           \
	" decided_ms INTEGER,"                                                 \
	" result_ms INTEGER,"                                                  \
	" result TEXT NOT NULL," /* why it was refused: JSON */                \
	" first_year INTEGER NOT NULL,"                                        \
	" first_seq INTEGER NOT NULL,"                                         \
	" decided_year INTEGER," /* place of the decision's record */          \
	" decided_seq INTEGER,"                                                \
	" version INTEGER NOT NULL CHECK (version >= 1),"                      \
	" year INTEGER NOT NULL,"                                              \
	" seq INTEGER NOT NULL,"                                               \
	" CHECK (approver IS NULL OR approver <> author),"                     \
	" CHECK (approver_login IS NULL OR approver_login <> author_login),"   \
	" CHECK ((approver IS NULL) = (approver_login IS NULL)),"              \
	" CHECK ((origin = 'file') = (author = 0)),"                           \
	" CHECK (origin = 'file' OR approver IS NOT NULL"                      \
	"  OR state IN ('proposed', 'withdrawn', 'superseded')),"              \
	" CHECK (origin = 'console' OR approver IS NULL),"                     \
	" FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"          \
	"  DEFERRABLE INITIALLY DEFERRED"                                      \
	") STRICT"
#define POLICY_VERSION_FIRST                                                   \
	"CREATE TRIGGER policy_version_first BEFORE INSERT ON policy_version"  \
	" WHEN NEW.version <> 1 OR NEW.approver IS NOT NULL"                   \
	"  OR NEW.state <> iif(NEW.origin = 'file', 'in_force', 'proposed')"   \
	" BEGIN SELECT RAISE(ABORT, 'policy_version: not a first state'); END"
#define POLICY_VERSION_NEXT                                                    \
	"CREATE TRIGGER policy_version_next BEFORE UPDATE ON policy_version"   \
	" WHEN NEW.version <> OLD.version + 1 OR NEW.number <> OLD.number"     \
	"  OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id"                    \
	"  OR NEW.origin <> OLD.origin OR NEW.text <> OLD.text"                \
	"  OR NEW.sha256 <> OLD.sha256 OR NEW.base IS NOT OLD.base"            \
	"  OR NEW.rolls_back IS NOT OLD.rolls_back"                            \
	"  OR NEW.author <> OLD.author"                                        \
	"  OR NEW.author_login <> OLD.author_login"                            \
	"  OR NEW.time_ms <> OLD.time_ms"                                      \
	"  OR NEW.first_year <> OLD.first_year"                                \
	"  OR NEW.first_seq <> OLD.first_seq"                                  \
	"  OR (OLD.approver IS NOT NULL"                                       \
	"   AND NEW.approver IS NOT OLD.approver)"                             \
	"  OR OLD.state || '>' || NEW.state NOT IN ('proposed>approved',"      \
	"   'proposed>denied', 'proposed>withdrawn', 'proposed>superseded',"   \
	"   'approved>in_force', 'approved>refused', 'in_force>replaced')"     \
	" BEGIN SELECT RAISE(ABORT, 'policy_version: unlawful change'); END"
#define POLICY_VERSION_STAYS                                                   \
	"CREATE TRIGGER policy_version_stays BEFORE DELETE ON policy_version"  \
	" BEGIN SELECT RAISE(ABORT, 'policy_version: never deleted'); END"

#define CONFIG_CHANGE                                                          \
	"CREATE TABLE config_change ("                                         \
	" number INTEGER PRIMARY KEY,"                                         \
	" tenant TEXT NOT NULL,"                                               \
	" subject TEXT NOT NULL CHECK (subject IN ('file', 'policies')),"      \
	" outcome TEXT NOT NULL CHECK (outcome IN ('taken', 'refused')),"      \
	" reason TEXT NOT NULL"                                                \
	"  CHECK (reason IN ('start', 'reload', 'version')),"                  \
	" actor TEXT NOT NULL CHECK (actor <> ''),"                            \
	" time_ms INTEGER NOT NULL,"                                           \
	" before_sha256 BLOB"                                                  \
	"  CHECK (before_sha256 IS NULL OR length(before_sha256) = 32),"       \
	" after_sha256 BLOB NOT NULL CHECK (length(after_sha256) = 32),"       \
	" policy TEXT NOT NULL," /* id of the version that it is about */      \
	" detail TEXT NOT NULL," /* why it was refused: JSON */                \
	" year INTEGER NOT NULL,"                                              \
	" seq INTEGER NOT NULL,"                                               \
	" FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"          \
	"  DEFERRABLE INITIALLY DEFERRED"                                      \
	") STRICT"
#define CONFIG_CHANGE_FOLLOWS                                                  \
	"CREATE TRIGGER config_change_follows BEFORE INSERT ON config_change"  \
	" WHEN NEW.before_sha256 IS NOT (SELECT after_sha256"                  \
	"  FROM config_change WHERE subject = NEW.subject"                     \
	"  AND outcome = 'taken' ORDER BY number DESC LIMIT 1)"                \
	" BEGIN SELECT RAISE(ABORT, 'config_change: not the last'); END"
#define CONFIG_CHANGE_FIXED                                                    \
	"CREATE TRIGGER config_change_fixed BEFORE UPDATE ON config_change"    \
	" BEGIN SELECT RAISE(ABORT, 'config_change: never changed'); END"
#define CONFIG_CHANGE_STAYS                                                    \
	"CREATE TRIGGER config_change_stays BEFORE DELETE ON config_change"    \
	" BEGIN SELECT RAISE(ABORT, 'config_change: never deleted'); END"

const char *const schema_policy[] = {
    POLICY_VERSION,
    "CREATE UNIQUE INDEX policy_version_in_force ON policy_version (tenant)"
    " WHERE state = 'in_force'",
    "CREATE UNIQUE INDEX policy_version_approved ON policy_version (tenant)"
    " WHERE state = 'approved'",
    "CREATE INDEX policy_version_by_record ON policy_version (year, seq)",
    POLICY_VERSION_FIRST,
    POLICY_VERSION_NEXT,
    POLICY_VERSION_STAYS,
    CONFIG_CHANGE,
    "CREATE INDEX config_change_by_record ON config_change (year, seq)",
    "CREATE INDEX config_change_by_subject ON config_change (subject, number)",
    CONFIG_CHANGE_FOLLOWS,
    CONFIG_CHANGE_FIXED,
    CONFIG_CHANGE_STAYS,
    NULL,
};
